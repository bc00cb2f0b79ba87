//! Parts of streams, as mutations carry them.

use crate::time::Milliseconds;
use crate::types::StreamId;
use crate::types::packed::Elements;
use crate::varint;

/// Fields of an entry: names and values in turn, each behind its length; at least one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamWords<'a>(&'a [u8]);

impl<'a> StreamWords<'a> {
    /// Names and values in turn, as [`Members::pack`](super::Members::pack) puts them together. None if the bytes make no sense.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut words = Elements::bare(bytes);
        let count = words.by_ref().count();
        (words.at() == bytes.len() && count > 0 && count.is_multiple_of(2)).then_some(Self(bytes))
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Ids that ascend. Each is the distance of its milliseconds from the one before, or from 0, and its number, as the count of
/// numbers between where the milliseconds are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamIds<'a>(&'a [u8]);

impl<'a> StreamIds<'a> {
    /// The bytes of ids that ascend.
    pub(crate) fn pack(ids: impl IntoIterator<Item = StreamId>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut last = None;
        for id in ids {
            put_id(&mut bytes, last.replace(id), id);
        }
        bytes
    }

    /// Ids that were put together by [`StreamIds::pack`], or that come from a log. None if the bytes make no sense.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            reader.id()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The ids, ascending.
    pub(crate) fn iter(self) -> impl Iterator<Item = StreamId> + Clone + use<'a> {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || reader.id())
    }
}

/// Entries by ascending ids, as [`StreamIds`] has them, each with when it was given out last, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deliveries<'a>(&'a [u8]);

impl<'a> Deliveries<'a> {
    /// The bytes of entries whose ids ascend.
    pub(crate) fn pack(entries: impl IntoIterator<Item = (StreamId, Milliseconds, u64)>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut last = None;
        for (id, delivered_at_ms, deliveries) in entries {
            put_id(&mut bytes, last.replace(id), id);
            varint::put(&mut bytes, delivered_at_ms);
            varint::put(&mut bytes, deliveries);
        }
        bytes
    }

    /// Entries that were put together by [`Deliveries::pack`], or that come from a log. None if the bytes make no sense.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            reader.delivery()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Ids, times and counts.
    pub(crate) fn iter(self) -> impl Iterator<Item = (StreamId, Milliseconds, u64)> + use<'a> {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || reader.delivery())
    }
}

/// Appends an id behind the one before.
pub(super) fn put_id(bytes: &mut Vec<u8>, last: Option<StreamId>, id: StreamId) {
    let distance = id.ms.saturating_sub(last.map_or(0, |last| last.ms));
    varint::put(bytes, distance);
    match last {
        Some(last) if distance == 0 => {
            varint::put(bytes, id.number.saturating_sub(last.number).saturating_sub(1))
        }
        _ => varint::put(bytes, id.number),
    }
}

/// Takes numbers, ids and strings off the front of bytes.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    last: Option<StreamId>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, last: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let (value, len) = varint::read(self.rest)?;
        self.rest = self.rest.get(len..)?;
        Some(value)
    }

    /// An id behind the one before.
    pub(super) fn id(&mut self) -> Option<StreamId> {
        let (distance, number) = (self.number()?, self.number()?);
        let id = match self.last {
            Some(last) if distance == 0 => {
                StreamId { number: last.number.checked_add(number)?.checked_add(1)?, ..last }
            }
            last => StreamId { ms: last.map_or(0, |last| last.ms).checked_add(distance)?, number },
        };
        self.last = Some(id);
        Some(id)
    }

    /// An id that stands alone.
    pub(super) fn whole_id(&mut self) -> Option<StreamId> {
        Some(StreamId::new(self.number()?, self.number()?))
    }

    pub(super) fn option(&mut self) -> Option<Option<u64>> {
        Some(self.number()?.checked_sub(1))
    }

    /// Bytes behind their length.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    fn delivery(&mut self) -> Option<(StreamId, Milliseconds, u64)> {
        Some((self.id()?, self.number()?, self.number()?))
    }
}
