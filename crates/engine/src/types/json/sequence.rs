//! A list in chunks: what an array or an object of a large document is made of.

use std::ops::Range;
use std::sync::Arc;

use crate::limits::JSON_CHUNK_ITEMS;
use crate::memory::{SHARED_VEC_BYTES, allocated};

/// Items in order. A change costs a move inside one chunk and a walk over the chunks behind it. A clone shares all chunks
/// until either sequence changes them.
#[derive(Debug, Clone)]
pub(crate) struct Sequence<T> {
    chunks: Vec<Chunk<T>>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Chunk<T> {
    /// The index of its first item.
    start: usize,
    items: Arc<Vec<T>>,
}

impl<T> Default for Sequence<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Clone> FromIterator<T> for Sequence<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut sequence = Self::default();
        let mut items = items.into_iter();
        loop {
            let chunk: Vec<T> = items.by_ref().take(JSON_CHUNK_ITEMS).collect();
            if chunk.is_empty() {
                return sequence;
            }
            sequence.append(chunk);
        }
    }
}

impl<T: Clone> Sequence<T> {
    fn append(&mut self, items: Vec<T>) {
        let start = self.len;
        self.len += items.len();
        self.chunks.push(Chunk { start, items: Arc::new(items) });
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The number of the chunk that holds the item at `index`, or of the last one.
    fn chunk_of(&self, index: usize) -> usize {
        self.chunks.partition_point(|chunk| chunk.start <= index).saturating_sub(1)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let chunk = self.chunks.get(self.chunk_of(index))?;
        chunk.items.get(index.checked_sub(chunk.start)?)
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let number = self.chunk_of(index);
        let chunk = self.chunks.get_mut(number)?;
        Arc::make_mut(&mut chunk.items).get_mut(index.checked_sub(chunk.start)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.items.iter())
    }

    /// Bytes of its chunks, but for their items.
    pub(crate) fn memory_bytes(&self) -> usize {
        allocated(self.chunks.capacity() * size_of::<Chunk<T>>()) + self.chunks.len() * SHARED_VEC_BYTES
    }

    /// Puts items in front of the one at `index`, which is at most the length.
    pub(crate) fn insert(&mut self, index: usize, items: Vec<T>) {
        if self.chunks.is_empty() {
            *self = items.into_iter().collect();
            return;
        }
        let number = self.chunk_of(index);
        let Some(chunk) = self.chunks.get_mut(number) else { return };
        let within = index.saturating_sub(chunk.start).min(chunk.items.len());
        let total = chunk.items.len() + items.len();
        Arc::make_mut(&mut chunk.items).splice(within..within, items);
        if total > JSON_CHUNK_ITEMS {
            self.divide(number);
        }
        self.renumber(number);
    }

    /// Makes several chunks of one that has grown too long, each half full, so that the next item finds room.
    fn divide(&mut self, number: usize) {
        let Some(chunk) = self.chunks.get_mut(number) else { return };
        let mut items = std::mem::take(Arc::make_mut(&mut chunk.items)).into_iter();
        let mut parts = Vec::new();
        loop {
            let part: Vec<T> = items.by_ref().take(JSON_CHUNK_ITEMS / 2).collect();
            if part.is_empty() {
                break;
            }
            parts.push(Chunk { start: 0, items: Arc::new(part) });
        }
        self.chunks.splice(number..=number, parts);
    }

    /// Takes out the items of ranges that ascend and do not touch, each with the index it had.
    pub(crate) fn remove(&mut self, ranges: &[Range<usize>]) -> Vec<(usize, T)> {
        let mut removed = Vec::new();
        let Some(first) = ranges.first().map(|range| self.chunk_of(range.start)) else { return removed };
        let mut ranges = ranges.iter().cloned().peekable();
        for chunk in self.chunks.iter_mut().skip(first) {
            let end = chunk.start + chunk.items.len();
            while let Some(range) = ranges.peek_mut().filter(|range| range.start < end) {
                // What went before moved the items of this chunk to the front.
                let gone = end - chunk.start - chunk.items.len();
                let here = range.start - chunk.start - gone..range.end.min(end) - chunk.start - gone;
                let items = Arc::make_mut(&mut chunk.items).drain(here);
                removed.extend((range.start..).zip(items));
                range.start = end;
                if range.end > end {
                    break;
                }
                ranges.next();
            }
            if ranges.peek().is_none() {
                break;
            }
        }
        self.tidy(first);
        removed
    }

    /// Puts items back to where [`Sequence::remove`] took them from.
    pub(crate) fn restore(&mut self, removed: Vec<(usize, T)>) {
        let Some(first) = removed.first().map(|(index, _)| self.chunk_of(*index)) else { return };
        let mut removed = removed.into_iter().peekable();
        let mut at = self.chunks.get(first).map_or(0, |chunk| chunk.start);
        let tail: Vec<Chunk<T>> = self.chunks.drain(first..).collect();
        self.len = at;
        let mut items = Vec::new();
        for chunk in tail {
            if items.is_empty() && removed.peek().is_none_or(|(index, _)| *index > at + chunk.items.len()) {
                at += chunk.items.len();
                self.len = at;
                self.chunks.push(chunk);
                continue;
            }
            for item in chunk.items.iter() {
                while let Some((_, item)) = removed.next_if(|(index, _)| *index == at) {
                    items.push(item);
                    at += 1;
                }
                items.push(item.clone());
                at += 1;
            }
        }
        items.extend(removed.map(|(_, item)| item));
        for part in items.chunks(JSON_CHUNK_ITEMS) {
            self.append(part.to_vec());
        }
        self.renumber(first);
    }

    /// Drops empty chunks from `first` on, and joins those that have become short.
    fn tidy(&mut self, first: usize) {
        let tail: Vec<Chunk<T>> = self.chunks.drain(first..).collect();
        for chunk in tail {
            match self.chunks.last_mut() {
                _ if chunk.items.is_empty() => {}
                Some(last) if last.items.len() + chunk.items.len() <= JSON_CHUNK_ITEMS / 2 => {
                    Arc::make_mut(&mut last.items).extend_from_slice(&chunk.items);
                }
                _ => self.chunks.push(chunk),
            }
        }
        self.renumber(first.saturating_sub(1));
    }

    /// Counts the items from the chunk `first` on.
    fn renumber(&mut self, first: usize) {
        let before = first.checked_sub(1).and_then(|number| self.chunks.get(number));
        let mut start = before.map_or(0, |chunk| chunk.start + chunk.items.len());
        for chunk in self.chunks.iter_mut().skip(first) {
            chunk.start = start;
            start += chunk.items.len();
        }
        self.len = start;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(usize, usize),
        Remove(Vec<(usize, usize)>),
        Set(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (any::<usize>(), 1usize..400).prop_map(|(at, count)| Step::Insert(at, count)),
            proptest::collection::vec((0usize..200, 1usize..200), 1..5).prop_map(Step::Remove),
            any::<usize>().prop_map(Step::Set),
        ];
        proptest::collection::vec(step, 0..30)
    }

    fn check(sequence: &Sequence<u32>, expected: &[u32]) {
        assert_eq!(sequence.len(), expected.len());
        assert!(sequence.iter().eq(expected));
        let mut runs = sequence.chunks.iter().map(|chunk| chunk.items.len());
        assert!(runs.all(|len| (1..=JSON_CHUNK_ITEMS).contains(&len)));
        for index in (0..expected.len() + 2).step_by(7) {
            assert_eq!(sequence.get(index), expected.get(index));
        }
    }

    proptest! {
        /// Against a vector; every removal is also taken back, and a copy never changes with the original.
        #[test]
        fn a_sequence_is_a_vector(steps in steps()) {
            let (mut sequence, mut expected) = (Sequence::<u32>::default(), Vec::new());
            let mut next = 0u32;
            for step in steps {
                let (copy, before) = (sequence.clone(), expected.clone());
                match step {
                    Step::Insert(at, count) => {
                        let at = at % (expected.len() + 1);
                        let items: Vec<u32> = (next..).take(count).collect();
                        next += 1000;
                        sequence.insert(at, items.clone());
                        expected.splice(at..at, items);
                    }
                    Step::Remove(steps) => {
                        let (mut ranges, mut at) = (Vec::new(), 0);
                        for (gap, count) in steps {
                            let start = at + gap;
                            let end = (start + count).min(expected.len());
                            if start < end {
                                ranges.push(start..end);
                            }
                            at = end + 1;
                        }
                        let removed = sequence.remove(&ranges);
                        for range in ranges.into_iter().rev() {
                            expected.drain(range);
                        }
                        let mut restored = sequence.clone();
                        restored.restore(removed);
                        check(&restored, &before);
                    }
                    Step::Set(at) if !expected.is_empty() => {
                        let at = at % expected.len();
                        *sequence.get_mut(at).unwrap() = next;
                        expected[at] = next;
                    }
                    Step::Set(_) => {}
                }
                check(&sequence, &expected);
                check(&copy, &before);
            }
        }
    }
}
