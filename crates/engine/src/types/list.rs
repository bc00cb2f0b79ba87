//! Lists: packed, or a queue of packed chunks.

mod chunk;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use chunk::Chunk;

use crate::cx::End;
use crate::memory::{Samples, allocated};
use crate::types::packed::{self, Elements};

/// A long list. A change costs a walk over the chunks from the nearer end, and a walk or a move inside one chunk. A clone
/// shares the bytes of all chunks until either list changes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    chunks: VecDeque<Chunk>,
    len: usize,
}

impl List {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// Bytes in its chunks, used or not.
    #[cfg(test)]
    pub(crate) fn stored_bytes(&self) -> usize {
        self.chunks.iter().map(Chunk::stored_bytes).sum()
    }

    /// Bytes that it takes.
    pub(crate) fn memory_bytes(&self, samples: Samples) -> usize {
        let sizes = self.chunks.iter().map(Chunk::memory_bytes);
        allocated(self.chunks.capacity() * size_of::<Chunk>()) + samples.sum(self.chunks.len(), sizes)
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
            let now = chunk.count().min(count);
            chunk.drop_elements(end, now, gone);
            if chunk.count() == 0 {
                match end {
                    End::Front => self.chunks.pop_front(),
                    End::Back => self.chunks.pop_back(),
                };
            }
            self.len -= now;
            count -= now;
        }
    }

    /// Puts an element in front of the one at `index`, or at the end if that is the length.
    pub(crate) fn insert(&mut self, index: usize, element: &[u8]) {
        let Some((number, within)) = self.seek(index) else { return self.push(End::Back, element) };
        let Some(chunk) = self.chunks.get_mut(number) else { return };
        self.len += 1;
        if chunk.has_room_for(element) {
            return chunk.insert(within, element);
        }
        let tail = chunk.split_off(within);
        let mut next = number + 1;
        if chunk.count() == 0 || chunk.has_room_for(element) {
            chunk.push_back(element);
        } else {
            self.chunks.insert(next, Chunk::new(element));
            next += 1;
        }
        self.chunks.insert(next, tail);
        // Inserts at one place would otherwise leave a chunk of one element behind each time.
        self.join(next);
        self.join_before(number);
    }

    /// Puts another element in the place of the one at `index`.
    pub(crate) fn set(&mut self, index: usize, element: &[u8]) {
        let Some((number, within)) = self.seek(index) else { return };
        if !self.chunks.get_mut(number).is_some_and(|chunk| chunk.replace(within, element)) {
            self.remove(index);
            self.insert(index, element);
        }
    }

    /// Takes out the element at `index`.
    pub(crate) fn remove(&mut self, index: usize) {
        let Some((number, within)) = self.seek(index) else { return };
        let Some(chunk) = self.chunks.get_mut(number) else { return };
        chunk.remove(within);
        self.len -= 1;
        if chunk.count() == 0 {
            self.chunks.remove(number);
        } else {
            self.join(number);
        }
        self.join_before(number);
    }

    /// Takes out the elements at these indexes, which ascend, in one walk over the chunks.
    pub(crate) fn remove_all(&mut self, indexes: impl IntoIterator<Item = usize>) {
        let mut indexes = indexes.into_iter().peekable();
        let old = std::mem::take(self);
        let mut at = 0;
        for chunk in old.chunks {
            let end = at + chunk.count();
            if indexes.peek().is_none_or(|index| *index >= end) {
                self.append(chunk);
            } else {
                for (index, element) in (at..).zip(chunk.elements()) {
                    if indexes.next_if_eq(&index).is_none() {
                        self.push(End::Back, element);
                    }
                }
            }
            at = end;
        }
    }

    /// Puts elements back to where [`List::remove_all`] took them from, in one walk over the chunks.
    pub(crate) fn insert_all(&mut self, elements: impl IntoIterator<Item = (usize, Box<[u8]>)>) {
        let mut elements = elements.into_iter().peekable();
        let old = std::mem::take(self);
        for chunk in old.chunks {
            let end = self.len + chunk.count();
            if elements.peek().is_none_or(|(index, _)| *index >= end) {
                self.append(chunk);
                continue;
            }
            for element in chunk.elements() {
                while let Some((_, element)) = elements.next_if(|(index, _)| *index == self.len) {
                    self.push(End::Back, &element);
                }
                self.push(End::Back, element);
            }
        }
        elements.for_each(|(_, element)| self.push(End::Back, &element));
    }

    fn append(&mut self, chunk: Chunk) {
        self.len += chunk.count();
        self.chunks.push_back(chunk);
    }

    /// Makes one chunk of this one and the next, if they fit.
    fn join(&mut self, number: usize) {
        let (Some(chunk), Some(next)) = (self.chunks.get(number), self.chunks.get(number + 1)) else {
            return;
        };
        if chunk.has_room_for_all(next)
            && let Some(next) = self.chunks.remove(number + 1)
            && let Some(chunk) = self.chunks.get_mut(number)
        {
            chunk.append(&next);
        }
    }

    fn join_before(&mut self, number: usize) {
        if let Some(before) = number.checked_sub(1) {
            self.join(before);
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
                if index < before + chunk.count() {
                    return Some((number, index - before));
                }
                before += chunk.count();
            }
        } else {
            let mut after = self.len;
            for (number, chunk) in self.chunks.iter().enumerate().rev() {
                after -= chunk.count();
                if index >= after {
                    return Some((number, index - after));
                }
            }
        }
        None
    }

    fn iter_back(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().rev().flat_map(|chunk| backwards(chunk.elements()))
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

    /// Copies of the elements at these indexes, which ascend, each with its index.
    pub(crate) fn pick(self, indexes: impl Iterator<Item = usize>) -> Vec<(usize, Box<[u8]>)> {
        let mut indexes = indexes.peekable();
        let Some(first) = indexes.peek().copied() else { return Vec::new() };
        let mut picked = Vec::new();
        for (index, element) in (first..).zip(self.iter_from(first)) {
            if indexes.next_if_eq(&index).is_some() {
                picked.push((index, element.into()));
            }
            if indexes.peek().is_none() {
                break;
            }
        }
        picked
    }

    /// All elements from the head.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.iter_from(0)
    }

    /// All elements from the tail.
    pub fn iter_back(self) -> impl Iterator<Item = &'a [u8]> {
        let (bytes, list) = match self.0 {
            Form::Packed(bytes) => (bytes, None),
            Form::Chunked(list) => (&[0][..], Some(list)),
        };
        backwards(Elements::new(bytes)).chain(list.into_iter().flat_map(List::iter_back))
    }
}

/// Elements know their length in front only: walking back means having walked forward.
fn backwards<'a>(elements: Elements<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    elements.collect::<Vec<_>>().into_iter().rev()
}
