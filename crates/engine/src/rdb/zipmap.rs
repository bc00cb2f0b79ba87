//! Zipmaps: small hashes before Redis 2.6. A count, then names and values, each behind its length, and an end byte.

use std::borrow::Cow;

use super::LoadError;
use super::reader::Reader;

const END: u8 = 0xff;

/// A length that does not fit into this one byte; a count that is not kept.
const LONG: u8 = 0xfe;

/// The names and values of a zipmap by turns, each looked at before it is handed out. The last item is an error if what holds them
/// together is damaged.
///
/// # Errors
/// [`LoadError::Damaged`] if what stands in front is.
pub(super) fn strings(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<Cow<'_, [u8]>, LoadError>>, LoadError> {
    let mut walk = Walk::new(bytes)?;
    Ok(std::iter::from_fn(move || walk.string().transpose()))
}

#[derive(Debug)]
struct Walk<'a> {
    reader: Reader<'a>,
    announced: u8,
    found: u64,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let mut reader = Reader::new(bytes);
        let announced = reader.byte()?;
        Ok(Self { reader, announced, found: 0 })
    }

    fn string(&mut self) -> Result<Option<Cow<'a, [u8]>>, LoadError> {
        let is_value = self.found % 2 == 1;
        let first = self.reader.byte()?;
        let len = match first {
            END => {
                let counted = self.announced >= LONG || 2 * u64::from(self.announced) == self.found;
                self.reader.finish()?;
                return if counted && !is_value { Ok(None) } else { Err(LoadError::Damaged) };
            }
            LONG => {
                let len = u32::from_le_bytes(self.reader.array()?);
                if len < u32::from(LONG) {
                    return Err(LoadError::Damaged);
                }
                len as usize
            }
            short => usize::from(short),
        };
        // Behind a value there may be room that an earlier one left.
        let spare = if is_value { usize::from(self.reader.byte()?) } else { 0 };
        let string = self.reader.take(len)?;
        self.reader.take(spare)?;
        self.found += 1;
        Ok(Some(Cow::Borrowed(string)))
    }
}
