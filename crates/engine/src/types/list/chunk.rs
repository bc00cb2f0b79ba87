//! A chunk of a large list.

use std::ops::Range;
use std::sync::Arc;

use crate::cx::End;
use crate::limits::{LIST_CHUNK_BYTES, LIST_CHUNK_ELEMENTS};
use crate::memory::{SHARED_VEC_BYTES, allocated};
use crate::types::packed::{self, Elements};
use crate::varint;

/// Elements behind their lengths, from `start` on: room in front is kept, so that pops and pushes there move nothing.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    bytes: Arc<Vec<u8>>,
    start: usize,
    count: usize,
}

impl Chunk {
    pub(super) fn new(element: &[u8]) -> Self {
        let mut chunk = Self { bytes: Arc::default(), start: 0, count: 0 };
        chunk.push_back(element);
        chunk
    }

    /// How many elements it holds.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bytes it takes, used or not.
    #[cfg(test)]
    pub(super) fn stored_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes that it takes outside of itself.
    pub(super) fn memory_bytes(&self) -> usize {
        allocated(self.bytes.capacity()) + SHARED_VEC_BYTES
    }

    fn used_bytes(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn has_room_for(&self, element: &[u8]) -> bool {
        self.count < LIST_CHUNK_ELEMENTS
            && self.used_bytes() + packed::packed_bytes(element) <= LIST_CHUNK_BYTES
    }

    /// Whether the elements of `next` have room behind its own.
    pub(super) fn has_room_for_all(&self, next: &Self) -> bool {
        self.count + next.count <= LIST_CHUNK_ELEMENTS
            && self.used_bytes() + next.used_bytes() <= LIST_CHUNK_BYTES
    }

    pub(super) fn elements(&self) -> Elements<'_> {
        Elements::bare(self.bytes.get(self.start..).unwrap_or_default())
    }

    pub(super) fn push_back(&mut self, element: &[u8]) {
        // A queue that stays short would otherwise only ever move towards the end of its chunk.
        let bytes = Arc::make_mut(&mut self.bytes);
        if self.start > LIST_CHUNK_BYTES {
            bytes.drain(..self.start);
            self.start = 0;
        }
        varint::put(bytes, element.len() as u64);
        bytes.extend_from_slice(element);
        self.count += 1;
    }

    pub(super) fn push_front(&mut self, element: &[u8]) {
        let prefix = packed::prefix(element);
        let prefix = prefix.as_slice();
        let needed = prefix.len() + element.len();
        let bytes = Arc::make_mut(&mut self.bytes);
        if self.start < needed {
            // Doubles the room, so that a run of pushes moves each byte a few times only.
            let gap = needed.max(bytes.len() - self.start).min(LIST_CHUNK_BYTES.max(needed));
            let missing = gap - self.start;
            bytes.splice(0..0, std::iter::repeat_n(0, missing));
            self.start += missing;
        }
        let at = self.start - needed;
        for (place, part) in [(at, prefix), (at + prefix.len(), element)] {
            if let Some(place) = bytes.get_mut(place..place + part.len()) {
                place.copy_from_slice(part);
            }
        }
        self.start = at;
        self.count += 1;
    }

    /// Drops `count` elements, handing each to `gone`: from the front in order, from the back last first.
    pub(super) fn drop_elements(&mut self, end: End, count: usize, gone: &mut dyn FnMut(&[u8])) {
        match end {
            End::Front => {
                let mut elements = self.elements();
                elements.by_ref().take(count).for_each(&mut *gone);
                self.start += elements.at();
            }
            End::Back => {
                let mut elements = self.elements();
                elements.by_ref().take(self.count - count).for_each(drop);
                let keep = self.start + elements.at();
                let dropped: Vec<&[u8]> = elements.collect();
                dropped.into_iter().rev().for_each(&mut *gone);
                // A chunk without elements is dropped by the caller: its bytes need not be copied to be cut.
                if count < self.count {
                    Arc::make_mut(&mut self.bytes).truncate(keep);
                }
            }
        }
        self.count -= count;
    }

    /// Puts an element in front of the one at `within`.
    pub(super) fn insert(&mut self, within: usize, element: &[u8]) {
        let at = self.place_of(within).start;
        self.splice(at..at, Some(element));
        self.count += 1;
    }

    /// Puts another element in the place of the one at `within`, if it has room there. An element alone always has.
    pub(super) fn replace(&mut self, within: usize, element: &[u8]) -> bool {
        let old = self.place_of(within);
        let fits = self.used_bytes() - old.len() + packed::packed_bytes(element) <= LIST_CHUNK_BYTES
            || self.count == 1;
        if fits {
            self.splice(old, Some(element));
        }
        fits
    }

    pub(super) fn remove(&mut self, within: usize) {
        let old = self.place_of(within);
        self.splice(old, None);
        self.count -= 1;
    }

    /// Takes out the elements from `within` on.
    pub(super) fn split_off(&mut self, within: usize) -> Self {
        let at = self.place_of(within).start;
        let tail = self.bytes.get(at..).unwrap_or_default().to_vec();
        Arc::make_mut(&mut self.bytes).truncate(at);
        let count = std::mem::replace(&mut self.count, within) - within;
        Self { bytes: Arc::new(tail), start: 0, count }
    }

    pub(super) fn append(&mut self, next: &Self) {
        Arc::make_mut(&mut self.bytes).extend_from_slice(next.bytes.get(next.start..).unwrap_or_default());
        self.count += next.count;
    }

    /// Where an element lies in `bytes`, its length included; the end if there is none.
    fn place_of(&self, within: usize) -> Range<usize> {
        let mut elements = self.elements();
        elements.by_ref().take(within).for_each(drop);
        let start = self.start + elements.at();
        elements.next();
        start..self.start + elements.at()
    }

    fn splice(&mut self, old: Range<usize>, new: Option<&[u8]>) {
        let prefix = new.map(packed::prefix);
        let prefix = prefix.as_ref().map_or(&[][..], |prefix| prefix.as_slice());
        Arc::make_mut(&mut self.bytes).splice(old, prefix.iter().chain(new.unwrap_or_default()).copied());
    }
}
