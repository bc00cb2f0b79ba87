//! Listpacks: the packed form of Redis 7. The total of bytes, a count, the elements, and an end byte.
//!
//! An element is its encoding, its bytes, and the length of both once more for walks from the end.

use std::borrow::Cow;

use super::LoadError;
use super::reader::Reader;

const END: u8 = 0xff;

/// The count of a listpack with more elements than 16 bits hold.
const UNCOUNTED: u16 = u16::MAX;

/// The elements of a listpack, each looked at before it is handed out. The last item is an error if what holds them
/// together is damaged.
///
/// # Errors
/// [`LoadError::Damaged`] if what stands in front is.
pub(super) fn elements(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<Cow<'_, [u8]>, LoadError>>, LoadError> {
    let mut walk = Walk::new(bytes)?;
    Ok(std::iter::from_fn(move || walk.element().transpose()))
}

#[derive(Debug)]
struct Walk<'a> {
    reader: Reader<'a>,
    announced: u16,
    found: u64,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let mut reader = Reader::new(bytes);
        let total = u32::from_le_bytes(reader.array()?);
        if usize::try_from(total) != Ok(bytes.len()) {
            return Err(LoadError::Damaged);
        }
        let announced = u16::from_le_bytes(reader.array()?);
        Ok(Self { reader, announced, found: 0 })
    }

    fn element(&mut self) -> Result<Option<Cow<'a, [u8]>>, LoadError> {
        let before = self.reader.left();
        let first = self.reader.byte()?;
        if first == END {
            let counted = self.announced == UNCOUNTED || u64::from(self.announced) == self.found;
            self.reader.finish()?;
            return if counted { Ok(None) } else { Err(LoadError::Damaged) };
        }
        let element = encoded(first, &mut self.reader)?;
        let len = before - self.reader.left();
        if !self.reader.take(back_len(len).len())?.iter().copied().eq(back_len(len)) {
            return Err(LoadError::Damaged);
        }
        self.found += 1;
        Ok(Some(element))
    }
}

/// The element that `first` begins.
fn encoded<'a>(first: u8, reader: &mut Reader<'a>) -> Result<Cow<'a, [u8]>, LoadError> {
    let number = match first {
        0x00..=0x7f => i64::from(first),
        0x80..=0xbf => return reader.take(usize::from(first & 0x3f)).map(Cow::Borrowed),
        // Thirteen bits, the highest of which is the sign.
        0xc0..=0xdf => i64::from(i16::from_be_bytes([first << 3, 0]) >> 3) | i64::from(reader.byte()?),
        0xe0..=0xef => {
            let len = u16::from_be_bytes([first & 0x0f, reader.byte()?]);
            return reader.take(usize::from(len)).map(Cow::Borrowed);
        }
        0xf0 => {
            let len = u32::from_le_bytes(reader.array()?);
            return reader.take(len as usize).map(Cow::Borrowed);
        }
        0xf1 => i64::from(i16::from_le_bytes(reader.array()?)),
        0xf2 => i64::from(i24(reader.array()?)),
        0xf3 => i64::from(i32::from_le_bytes(reader.array()?)),
        0xf4 => i64::from_le_bytes(reader.array()?),
        _ => return Err(LoadError::Damaged),
    };
    Ok(Cow::Owned(number.to_string().into_bytes()))
}

/// A signed number of 24 bits.
pub(super) fn i24([low, middle, high]: [u8; 3]) -> i32 {
    i32::from_le_bytes([0, low, middle, high]) >> 8
}

/// The length behind an element: seven bits in a byte, the highest first; all but the first have their top bit set.
fn back_len(len: usize) -> impl ExactSizeIterator<Item = u8> {
    // Redis takes a byte more for those lengths that just fit, but for the smallest ones.
    let bytes: u32 = match len {
        0..=0x7f => 1,
        0x80..0x3fff => 2,
        0x3fff..0x001f_ffff => 3,
        0x001f_ffff..0x0fff_ffff => 4,
        _ => 5,
    };
    (0..bytes).map(move |index| {
        let low = (len >> (7 * (bytes - 1 - index))) & 0x7f;
        let more = if index == 0 { 0 } else { 0x80 };
        u8::try_from(low).unwrap_or_default() | more
    })
}
