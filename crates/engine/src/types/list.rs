//! Lists: packed, or a queue of packed chunks.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::cx::End;
use crate::limits::{LIST_CHUNK_BYTES, LIST_CHUNK_ELEMENTS};
use crate::types::packed::{self, Elements};
use crate::varint;

/// A long list. Both ends cost at most a walk or a move inside one chunk. A clone shares the bytes of all chunks until
/// either list changes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    chunks: VecDeque<Chunk>,
    len: usize,
}

/// Elements behind their lengths, from `start` on: room in front is kept, so that pops and pushes there move nothing.
#[derive(Debug, Clone)]
struct Chunk {
    bytes: Arc<Vec<u8>>,
    start: usize,
    count: usize,
}

impl Chunk {
    fn new(element: &[u8]) -> Self {
        let mut chunk = Self { bytes: Arc::default(), start: 0, count: 0 };
        chunk.push_back(element);
        chunk
    }

    fn has_room_for(&self, element: &[u8]) -> bool {
        self.count < LIST_CHUNK_ELEMENTS
            && self.bytes.len() - self.start + packed::prefix(element).as_slice().len() + element.len()
                <= LIST_CHUNK_BYTES
    }

    fn elements(&self) -> Elements<'_> {
        Elements::bare(self.bytes.get(self.start..).unwrap_or_default())
    }

    fn push_back(&mut self, element: &[u8]) {
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

    fn push_front(&mut self, element: &[u8]) {
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
    fn drop_elements(&mut self, end: End, count: usize, gone: &mut dyn FnMut(&[u8])) {
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
}

impl List {
    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// Bytes in its chunks, used or not.
    #[cfg(test)]
    pub(crate) fn stored_bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes.len()).sum()
    }

    pub(crate) fn push(&mut self, end: End, element: &[u8]) {
        self.len += 1;
        let outer = match end {
            End::Front => self.chunks.front_mut(),
            End::Back => self.chunks.back_mut(),
        };
        match (outer.filter(|chunk| chunk.has_room_for(element)), end) {
            (Some(chunk), End::Front) => chunk.push_front(element),
            (Some(chunk), End::Back) => chunk.push_back(element),
            (None, End::Front) => self.chunks.push_front(Chunk::new(element)),
            (None, End::Back) => self.chunks.push_back(Chunk::new(element)),
        }
    }

    /// Drops up to `count` elements at one end, handing each to `gone` in the order they leave.
    pub(crate) fn drop_elements(&mut self, end: End, mut count: usize, gone: &mut dyn FnMut(&[u8])) {
        while count > 0 {
            let outer = match end {
                End::Front => self.chunks.front_mut(),
                End::Back => self.chunks.back_mut(),
            };
            let Some(chunk) = outer else { return };
            let now = chunk.count.min(count);
            chunk.drop_elements(end, now, gone);
            if chunk.count == 0 {
                match end {
                    End::Front => self.chunks.pop_front(),
                    End::Back => self.chunks.pop_back(),
                };
            }
            self.len -= now;
            count -= now;
        }
    }

    /// The chunk that holds the element `index`, and the element's place in it. Walks the counts from the nearer end.
    fn seek(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.len {
            return None;
        }
        if index <= self.len / 2 {
            let mut before = 0;
            for (number, chunk) in self.chunks.iter().enumerate() {
                if index < before + chunk.count {
                    return Some((number, index - before));
                }
                before += chunk.count;
            }
        } else {
            let mut after = self.len;
            for (number, chunk) in self.chunks.iter().enumerate().rev() {
                after -= chunk.count;
                if index >= after {
                    return Some((number, index - after));
                }
            }
        }
        None
    }

    fn iter_from(&self, start: usize) -> impl Iterator<Item = &[u8]> {
        let (chunk, within) = self.seek(start).unwrap_or((usize::MAX, 0));
        self.chunks.range(chunk.min(self.chunks.len())..).flat_map(Chunk::elements).skip(within)
    }
}

/// A list in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct ListRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(&'a [u8]),
    Chunked(&'a List),
}

impl<'a> ListRef<'a> {
    pub(crate) fn packed(bytes: &'a [u8]) -> Self {
        Self(Form::Packed(bytes))
    }

    pub(crate) fn chunked(list: &'a List) -> Self {
        Self(Form::Chunked(list))
    }

    /// The number of elements, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty list is no entry")]
    pub fn len(self) -> usize {
        match self.0 {
            Form::Packed(bytes) => packed::count(bytes),
            Form::Chunked(list) => list.len,
        }
    }

    /// The element at an index from the head.
    #[must_use]
    pub fn get(self, index: usize) -> Option<&'a [u8]> {
        self.iter_from(index).next()
    }

    /// The elements from index `start` on.
    pub fn iter_from(self, start: usize) -> impl Iterator<Item = &'a [u8]> {
        let (bytes, list) = match self.0 {
            Form::Packed(bytes) => (bytes, None),
            Form::Chunked(list) => (&[][..], Some(list)),
        };
        Elements::new(bytes).skip(start).chain(list.into_iter().flat_map(move |list| list.iter_from(start)))
    }

    /// All elements from the head.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.iter_from(0)
    }
}
