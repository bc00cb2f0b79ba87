//! Listpacks: the packed form of Redis 7. The total of bytes, a count, the elements, and an end byte.
//!
//! An element is its encoding, its bytes, and the length of both once more for walks from the end.

use std::borrow::Cow;

use super::LoadError;
use super::reader::Reader;
use crate::numbers::parse_integer;

const END: u8 = 0xff;

/// Bytes around the elements: the total, the count, the end.
const FRAME_BYTES: usize = 7;

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

/// Puts a listpack together.
#[derive(Debug, Default)]
pub(super) struct ListpackWriter {
    elements: Vec<u8>,
    count: usize,
}

impl ListpackWriter {
    /// Appends a string; one that spells an integer as that.
    pub(super) fn push(&mut self, element: &[u8]) {
        if let Some(number) = parse_integer(element) {
            return self.push_integer(number);
        }
        self.push_encoded(|out| {
            let len = element.len();
            match (u8::try_from(len), u16::try_from(len)) {
                (Ok(short @ 0..=0x3f), _) => out.push(0x80 | short),
                (_, Ok(middle @ 0..=0x0fff)) => out.extend_from_slice(&(0xe000 | middle).to_be_bytes()),
                _ => {
                    out.push(0xf0);
                    out.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
                }
            }
            out.extend_from_slice(element);
        });
    }

    /// Appends an integer.
    pub(super) fn push_integer(&mut self, number: i64) {
        self.push_encoded(|out| match (i16::try_from(number), i32::try_from(number)) {
            (Ok(small @ 0..=0x7f), _) => out.extend(small.to_be_bytes().last()),
            (Ok(small @ -0x1000..=0x0fff), _) => {
                // Thirteen bits, the highest of which is the sign.
                out.extend_from_slice(&(0xc000 | small.cast_unsigned() & 0x1fff).to_be_bytes());
            }
            (Ok(middle), _) => {
                out.push(0xf1);
                out.extend_from_slice(&middle.to_le_bytes());
            }
            (_, Ok(long @ -0x80_0000..=0x7f_ffff)) => {
                out.push(0xf2);
                out.extend(long.to_le_bytes().iter().take(3));
            }
            (_, Ok(long)) => {
                out.push(0xf3);
                out.extend_from_slice(&long.to_le_bytes());
            }
            _ => {
                out.push(0xf4);
                out.extend_from_slice(&number.to_le_bytes());
            }
        });
    }

    /// Appends a count.
    pub(super) fn push_count(&mut self, count: usize) {
        self.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn push_encoded(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let before = self.elements.len();
        encode(&mut self.elements);
        let len = self.elements.len() - before;
        self.elements.extend(back_len(len));
        self.count += 1;
    }

    /// Appends the elements of another one.
    pub(super) fn append(&mut self, other: &Self) {
        self.elements.extend_from_slice(&other.elements);
        self.count += other.count;
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    /// The bytes of the listpack.
    pub(super) fn finish(self) -> Vec<u8> {
        let total = u32::try_from(self.elements.len() + FRAME_BYTES).unwrap_or(u32::MAX);
        let count = u16::try_from(self.count).unwrap_or(UNCOUNTED);
        [&total.to_le_bytes()[..], &count.to_le_bytes(), &self.elements, &[END]].concat()
    }
}
