//! The entries of a large stream: blocks in the order of their ids.

use std::sync::Arc;

use super::block::{self, StreamEntry};
use super::{Bounds, StreamId};
use crate::limits::{STREAM_BLOCK_BYTES, STREAM_BLOCK_ENTRIES};
use crate::memory::{SHARED_VEC_BYTES, Samples, allocated};
use crate::types::sorted_map::SortedMap;

/// Entries by id. An entry comes at the end and goes from anywhere; a change moves bytes inside one block. A clone costs a
/// pointer for each hundred blocks or so, and the first change behind it copies one block and the pointers beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    /// By the id of the first entry that each was made for.
    blocks: SortedMap<StreamId, Block>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Block {
    /// Never 0.
    count: usize,
    bytes: Arc<Vec<u8>>,
}

impl Entries {
    /// The entries of one block.
    pub(super) fn of_block(base: StreamId, count: usize, bytes: &[u8]) -> Self {
        let mut blocks = SortedMap::default();
        if count > 0 {
            blocks.insert(base, Block { count, bytes: Arc::new(bytes.to_vec()) });
        }
        Self { blocks, len: count }
    }

    /// The base, the count and the bytes of its only block. None if there are several.
    pub(super) fn only_block(&self) -> Option<(StreamId, usize, &[u8])> {
        let (base, block) = self.blocks.last()?;
        (self.blocks.len() == 1).then_some((*base, block.count, block.bytes.as_slice()))
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// Bytes that they take.
    pub(super) fn memory_bytes(&self, samples: Samples) -> usize {
        self.blocks.memory_bytes(samples, |_, block| SHARED_VEC_BYTES + allocated(block.bytes.capacity()))
    }

    /// Adds an entry whose id is above all others. Its fields are names and values in turn, each behind its length.
    pub(super) fn push(&mut self, id: StreamId, words: &[u8]) {
        self.len += 1;
        if let Some((base, block)) = self.blocks.last() {
            let base = *base;
            let left = STREAM_BLOCK_BYTES.saturating_sub(block.bytes.len());
            let has_room = block.count < STREAM_BLOCK_ENTRIES
                && block::is_near(base, id)
                && (words.len() <= left || block::fields_bytes(&block.bytes, words) <= left);
            if let Some(block) = self.blocks.get_mut(&base) {
                let bytes = Arc::make_mut(&mut block.bytes);
                if has_room {
                    block.count += 1;
                    return block::append(bytes, base, id, words);
                }
                bytes.shrink_to_fit();
            }
        }
        self.blocks.insert(id, Block { count: 1, bytes: Arc::new(block::start(words)) });
    }

    /// Takes an entry out. Whether it was there.
    pub(super) fn remove(&mut self, id: StreamId) -> bool {
        let Some((base, block)) = self.blocks.floor(&id) else { return false };
        let (base, count) = (*base, block.count);
        let found = block::entries(base, &block.bytes).find(|(_, entry)| entry.id >= id);
        let Some((place, _)) = found.filter(|(_, entry)| entry.id == id) else { return false };
        self.len -= 1;
        if count == 1 {
            self.blocks.remove(&base);
        } else if let Some(block) = self.blocks.get_mut(&base) {
            block.count -= 1;
            Arc::make_mut(&mut block.bytes).drain(place);
        }
        true
    }

    /// Takes the first entries out.
    pub(super) fn remove_first(&mut self, mut count: usize) {
        while count > 0 {
            let Some((base, block)) = self.blocks.iter().next() else { return };
            let base = *base;
            if block.count <= count {
                count -= block.count;
                self.len -= block.count;
                self.blocks.remove(&base);
                continue;
            }
            let mut gone = block::entries(base, &block.bytes).take(count).map(|(place, _)| place);
            let first = gone.next();
            let last = gone.last().or_else(|| first.clone());
            if let (Some(first), Some(last), Some(block)) = (first, last, self.blocks.get_mut(&base)) {
                block.count -= count;
                Arc::make_mut(&mut block.bytes).drain(first.start..last.end);
            }
            self.len -= count;
            return;
        }
    }

    pub(super) fn get(&self, id: StreamId) -> Option<StreamEntry<'_>> {
        let (base, block) = self.blocks.floor(&id)?;
        let found = block::entries(*base, &block.bytes).map(|(_, entry)| entry).find(|entry| entry.id >= id);
        found.filter(|entry| entry.id == id)
    }

    /// The entries within bounds, in order.
    pub(super) fn range(&self, bounds: Bounds) -> impl Iterator<Item = StreamEntry<'_>> + Clone {
        let all = self.blocks_of(bounds).flat_map(|(base, block)| block::entries(*base, &block.bytes));
        bounds.of(all.map(|(_, entry)| entry))
    }

    /// The entries within bounds, the last one first.
    pub(super) fn range_back(&self, bounds: Bounds) -> impl Iterator<Item = StreamEntry<'_>> + Clone {
        let blocks = self.blocks_of(bounds).rev();
        blocks.flat_map(move |(base, block)| {
            bounds.back_of(block::entries(*base, &block.bytes).map(|(_, entry)| entry))
        })
    }

    fn blocks_of(&self, bounds: Bounds) -> impl DoubleEndedIterator<Item = &(StreamId, Block)> + Clone {
        let first = self.blocks.floor(&bounds.start).map_or(bounds.start, |(base, _)| *base);
        // Nothing lies between bounds that cross.
        self.blocks.range(first..=bounds.end.max(first))
    }

    /// Panics where its parts do not agree.
    #[cfg(test)]
    pub(super) fn check(&self) {
        self.blocks.check();
        assert_eq!(self.blocks.iter().map(|(_, block)| block.count).sum::<usize>(), self.len);
        let bounds = Bounds::ALL;
        assert_eq!(self.range(bounds).count(), self.len);
        assert!(self.range(bounds).zip(self.range(bounds).skip(1)).all(|(a, b)| a.id < b.id));
        let sizes =
            self.blocks.iter().map(|(base, block)| (block, block::entries(*base, &block.bytes).count()));
        sizes.for_each(|(block, count)| assert!(block.count == count && count > 0));
    }
}
