//! Ziplists: the packed form before Redis 7. The total of bytes, where the last entry begins, a count, the entries, and an
//! end byte.
//!
//! An entry is the length of the one before, its encoding, and its bytes.

use std::borrow::Cow;

use super::LoadError;
use super::listpack::i24;
use super::reader::Reader;

const END: u8 = 0xff;

/// The count of a ziplist with more entries than 16 bits hold.
const UNCOUNTED: u16 = u16::MAX;

/// A length of the entry before that does not fit into this one byte.
const LONG: u8 = 0xfe;

/// The entries of a ziplist, each looked at before it is handed out. The last item is an error if what holds them
/// together is damaged.
///
/// # Errors
/// [`LoadError::Damaged`] if what stands in front is.
pub(super) fn entries(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<Cow<'_, [u8]>, LoadError>>, LoadError> {
    let mut walk = Walk::new(bytes)?;
    Ok(std::iter::from_fn(move || walk.entry().transpose()))
}

#[derive(Debug)]
struct Walk<'a> {
    reader: Reader<'a>,
    total: usize,
    last_at: usize,
    announced: u16,
    found: u64,
    /// Where the entry before begins, and its length.
    before: (usize, usize),
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let mut reader = Reader::new(bytes);
        let (total, last_at) = (u32::from_le_bytes(reader.array()?), u32::from_le_bytes(reader.array()?));
        let announced = u16::from_le_bytes(reader.array()?);
        if usize::try_from(total) != Ok(bytes.len()) {
            return Err(LoadError::Damaged);
        }
        let before = (bytes.len() - reader.left(), 0);
        Ok(Self { reader, total: bytes.len(), last_at: last_at as usize, announced, found: 0, before })
    }

    fn entry(&mut self) -> Result<Option<Cow<'a, [u8]>>, LoadError> {
        let at = self.total - self.reader.left();
        let first = self.reader.byte()?;
        if first == END {
            let counted = self.announced == UNCOUNTED || u64::from(self.announced) == self.found;
            self.reader.finish()?;
            return if counted && self.before.0 == self.last_at { Ok(None) } else { Err(LoadError::Damaged) };
        }
        let before_len = match first {
            LONG => u32::from_le_bytes(self.reader.array()?) as usize,
            short => usize::from(short),
        };
        if before_len != self.before.1 {
            return Err(LoadError::Damaged);
        }
        let entry = encoded(&mut self.reader)?;
        self.before = (at, self.total - self.reader.left() - at);
        self.found += 1;
        Ok(Some(entry))
    }
}

fn encoded<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, [u8]>, LoadError> {
    let first = reader.byte()?;
    let number = match first {
        0x00..=0x3f => return reader.take(usize::from(first)).map(Cow::Borrowed),
        0x40..=0x7f => {
            let len = u16::from_be_bytes([first & 0x3f, reader.byte()?]);
            return reader.take(usize::from(len)).map(Cow::Borrowed);
        }
        0x80 => {
            let len = u32::from_be_bytes(reader.array()?);
            return reader.take(len as usize).map(Cow::Borrowed);
        }
        0xc0 => i64::from(i16::from_le_bytes(reader.array()?)),
        0xd0 => i64::from(i32::from_le_bytes(reader.array()?)),
        0xe0 => i64::from_le_bytes(reader.array()?),
        0xf0 => i64::from(i24(reader.array()?)),
        0xfe => i64::from(i8::from_le_bytes(reader.array()?)),
        0xf1..=0xfd => i64::from(first & 0x0f) - 1,
        _ => return Err(LoadError::Damaged),
    };
    Ok(Cow::Owned(number.to_string().into_bytes()))
}
