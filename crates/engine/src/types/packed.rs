//! Packed lists and sets: a count byte, then each element behind its length. Elements keep the order in which they came.

use std::ops::Range;

use crate::limits::{PACKED_BYTES_MAX, PACKED_COUNT_MAX};
use crate::varint::{self, Varint};

/// The elements of a packed collection.
#[derive(Debug, Clone)]
pub(crate) struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    /// The elements of a whole packed value, count byte included.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 1 }
    }

    /// The elements of bytes that have no count in front.
    pub(crate) fn bare(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the next element starts.
    pub(crate) fn at(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (len, prefix) = varint::read(self.bytes.get(self.at..)?)?;
        let start = self.at + prefix;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        let element = self.bytes.get(start..end)?;
        self.at = end;
        Some(element)
    }
}

pub(crate) fn count(bytes: &[u8]) -> usize {
    usize::from(bytes.first().copied().unwrap_or_default())
}

/// Where an element lies, its length included.
pub(crate) fn find(bytes: &[u8], element: &[u8]) -> Option<Range<usize>> {
    let mut elements = Elements::new(bytes);
    loop {
        let start = elements.at();
        if elements.next()? == element {
            return Some(start..elements.at());
        }
    }
}

/// Where the element with this index starts, or the end.
pub(crate) fn offset_of(bytes: &[u8], index: usize) -> usize {
    let mut elements = Elements::new(bytes);
    for _ in 0..index {
        if elements.next().is_none() {
            break;
        }
    }
    elements.at()
}

/// Whether a collection of that many entries and bytes stays packed.
pub(crate) fn fits(count: usize, bytes: usize) -> bool {
    count <= PACKED_COUNT_MAX && bytes <= PACKED_BYTES_MAX
}

/// The count byte of a collection that [`fits`].
pub(crate) fn count_byte(count: usize) -> [u8; 1] {
    [u8::try_from(count).unwrap_or(u8::MAX)]
}

/// The length in front of an element.
pub(crate) fn prefix(element: &[u8]) -> Varint {
    Varint::new(element.len() as u64)
}

/// Bytes of a length or a count.
pub(crate) fn prefix_bytes(len: usize) -> usize {
    Varint::new(len as u64).as_slice().len()
}

/// Bytes that an element takes with its length.
pub(crate) fn packed_bytes(element: &[u8]) -> usize {
    prefix_bytes(element.len()) + element.len()
}
