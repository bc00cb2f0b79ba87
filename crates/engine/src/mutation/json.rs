//! Changes inside a JSON document, as a mutation carries them.

use std::ops::Range;

use crate::limits::JSON_DEPTH_MAX;
use crate::types::{PackedJson, PackedValues};
use crate::varint;

/// Where in a document: for each level the position of an element or a member, as LEB128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonPlace<'a>(&'a [u8]);

impl<'a> JsonPlace<'a> {
    /// Puts positions together.
    pub(crate) fn pack(path: &[u32]) -> Vec<u8> {
        let mut packed = Vec::with_capacity(path.len());
        path.iter().for_each(|position| varint::put(&mut packed, u64::from(*position)));
        packed
    }

    /// Positions that were put together by [`JsonPlace::pack`], or that come from a log. None if they make no sense.
    pub(crate) fn new(packed: &'a [u8]) -> Option<Self> {
        let mut rest = packed;
        let mut levels = 0;
        while !rest.is_empty() {
            let (position, len) = varint::read(rest)?;
            u32::try_from(position).ok()?;
            rest = rest.get(len..)?;
            levels += 1;
        }
        (levels <= JSON_DEPTH_MAX).then_some(Self(packed))
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The positions, from the root on.
    pub(crate) fn positions(self) -> Vec<u32> {
        let mut rest = self.0;
        let mut positions = Vec::new();
        while let Some((position, len)) = varint::read(rest) {
            rest = rest.get(len..).unwrap_or_default();
            positions.push(u32::try_from(position).unwrap_or(u32::MAX));
        }
        positions
    }
}

/// Ranges of positions that ascend and do not touch: for each how many lie between it and the one before, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranges<'a>(&'a [u8]);

impl<'a> Ranges<'a> {
    /// Puts ranges together.
    pub(crate) fn pack(ranges: &[Range<usize>]) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut end = 0;
        for range in ranges {
            varint::put(&mut packed, range.start.saturating_sub(end) as u64);
            varint::put(&mut packed, range.len() as u64);
            end = range.end;
        }
        packed
    }

    /// Ranges that were put together by [`Ranges::pack`], or that come from a log. None if they make no sense.
    pub(crate) fn new(packed: &'a [u8]) -> Option<Self> {
        let mut rest = packed;
        let mut end = 0u64;
        while !rest.is_empty() {
            let (between, len) = varint::read(rest)?;
            rest = rest.get(len..)?;
            let (count, len) = varint::read(rest)?;
            rest = rest.get(len..)?;
            if count == 0 || (between == 0 && end > 0) {
                return None;
            }
            end = end.checked_add(between)?.checked_add(count)?;
        }
        (end > 0).then_some(Self(packed))
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The ranges, ascending.
    pub(crate) fn ranges(self) -> Vec<Range<usize>> {
        let mut rest = self.0;
        let mut end = 0;
        let mut number = || {
            let (number, len) = varint::read(rest)?;
            rest = rest.get(len..)?;
            usize::try_from(number).ok()
        };
        let mut ranges = Vec::new();
        while let (Some(between), Some(count)) = (number(), number()) {
            let start = end + between;
            end = start + count;
            ranges.push(start..end);
        }
        ranges
    }
}

/// What happens at a place of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonChange<'a> {
    /// It becomes another value.
    Replace(PackedJson<'a>),
    /// Elements come into an array.
    Insert {
        /// Where the first will stand.
        index: u64,
        /// The elements.
        values: PackedValues<'a>,
    },
    /// A member comes into an object, behind the others.
    Put {
        /// Its name.
        name: &'a str,
        /// Its value.
        value: PackedJson<'a>,
    },
    /// Elements or members go.
    Remove(Ranges<'a>),
    /// A string gets longer.
    Append(&'a str),
}
