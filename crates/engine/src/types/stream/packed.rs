//! The packed form: the head as five numbers, and a block behind the number of its entries and its base.

use super::block::{self, StreamEntry};
use super::{StreamHead, StreamId};
use crate::varint;

/// A stream in one piece, which has no groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedStream<'a> {
    pub(super) head: StreamHead,
    pub(super) count: usize,
    pub(super) base: StreamId,
    pub(super) block: &'a [u8],
}

impl<'a> PackedStream<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut rest = bytes;
        let mut number = || {
            let (value, len) = varint::read(rest).unwrap_or_default();
            rest = rest.get(len..).unwrap_or_default();
            value
        };
        let last_id = StreamId::new(number(), number());
        let head = StreamHead {
            last_id,
            entries_added: number(),
            max_deleted_id: StreamId::new(number(), number()),
        };
        let count = usize::try_from(number()).unwrap_or_default();
        Self { head, count, base: StreamId::new(number(), number()), block: rest }
    }

    pub(super) fn entries(self) -> impl Iterator<Item = StreamEntry<'a>> + Clone {
        block::entries(self.base, self.block).map(|(_, entry)| entry).take(self.count)
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.block.len() + 32);
        let StreamHead { last_id, entries_added, max_deleted_id } = self.head;
        let ids = [last_id.ms, last_id.number, entries_added, max_deleted_id.ms, max_deleted_id.number];
        ids.into_iter().for_each(|number| varint::put(&mut bytes, number));
        varint::put(&mut bytes, self.count as u64);
        varint::put(&mut bytes, self.base.ms);
        varint::put(&mut bytes, self.base.number);
        bytes.extend_from_slice(self.block);
        bytes
    }
}
