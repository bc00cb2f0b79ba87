//! Lists in chunks that a copy shares until one of the two is changed.

use std::sync::Arc;

/// Chunks per group, so that the list of chunks never regrows as a whole either.
const GROUP_CHUNKS: usize = 256;

/// A list in chunks of `SIZE` items: it never regrows as a whole, and a change to a shared chunk copies that one.
#[derive(Debug, Clone)]
pub(crate) struct Chunks<T, const SIZE: usize> {
    groups: Vec<Vec<Chunk<T>>>,
    len: usize,
}

/// A list that was never copied owns its chunks and pays nothing for the sharing.
#[derive(Debug, Clone)]
enum Chunk<T> {
    Own(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T: Clone> Chunk<T> {
    #[inline]
    fn items(&self) -> &[T] {
        match self {
            Self::Own(items) => items,
            Self::Shared(items) => items,
        }
    }

    /// To be changed: what another list still looks at is copied first.
    #[inline]
    fn items_mut(&mut self) -> &mut Vec<T> {
        match self {
            Self::Own(items) => items,
            Self::Shared(items) => Arc::make_mut(items),
        }
    }
}

impl<T: Clone, const SIZE: usize> Chunks<T, SIZE> {
    pub(crate) const fn new() -> Self {
        Self { groups: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.run(index).first()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.run_mut(index).first_mut()
    }

    /// The first chunk grows as it is filled, so that a short list stays small; further ones get their room at once.
    pub(crate) fn push(&mut self, item: T) {
        match self.last_mut().filter(|chunk| chunk.items().len() < SIZE) {
            Some(chunk) => chunk.items_mut().push(item),
            None => {
                let mut chunk = Vec::with_capacity(if self.len == 0 { 1 } else { SIZE });
                chunk.push(item);
                match self.groups.last_mut().filter(|group| group.len() < GROUP_CHUNKS) {
                    Some(group) => group.push(Chunk::Own(chunk)),
                    None => self.groups.push(vec![Chunk::Own(chunk)]),
                }
            }
        }
        self.len += 1;
    }

    fn last_mut(&mut self) -> Option<&mut Chunk<T>> {
        self.groups.last_mut()?.last_mut()
    }

    /// Appends items, as many as fit into each chunk.
    pub(crate) fn extend_from_slice(&mut self, mut items: &[T]) {
        while let Some((first, rest)) = items.split_first() {
            let room = SIZE - self.len % SIZE;
            if room == SIZE {
                self.push(first.clone());
                items = rest;
                continue;
            }
            let (now, later) = items.split_at(room.min(items.len()));
            if let Some(chunk) = self.last_mut() {
                chunk.items_mut().extend_from_slice(now);
            }
            self.len += now.len();
            items = later;
        }
    }

    /// The items from an index on to the end of their chunk.
    #[inline]
    pub(crate) fn run(&self, index: usize) -> &[T] {
        let group = self.groups.get(index / (SIZE * GROUP_CHUNKS));
        let chunk = group.and_then(|group| group.get(index / SIZE % GROUP_CHUNKS));
        chunk.and_then(|chunk| chunk.items().get(index % SIZE..)).unwrap_or_default()
    }

    /// [`Chunks::run`], to be changed.
    #[inline]
    pub(crate) fn run_mut(&mut self, index: usize) -> &mut [T] {
        let group = self.groups.get_mut(index / (SIZE * GROUP_CHUNKS));
        let chunk = group.and_then(|group| group.get_mut(index / SIZE % GROUP_CHUNKS));
        chunk.and_then(|chunk| chunk.items_mut().get_mut(index % SIZE..)).unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.groups.iter().flatten().flat_map(Chunk::items)
    }

    /// A copy that costs a pointer for each chunk.
    pub(crate) fn share(&mut self) -> Self {
        for chunk in self.groups.iter_mut().flatten() {
            if let Chunk::Own(items) = chunk {
                *chunk = Chunk::Shared(Arc::new(std::mem::take(items)));
            }
        }
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_chunks_is_a_list() {
        let mut list = Chunks::<u8, 10>::new();
        let mut expected = Vec::new();
        for round in 0..120u8 {
            list.push(round);
            expected.push(round);
            let items = vec![round; usize::from(round)];
            list.extend_from_slice(&items);
            expected.extend(items);
        }
        assert!(list.iter().eq(&expected) && list.len() == expected.len());
        assert!(expected.len() > 2 * 10 * GROUP_CHUNKS);
        for (at, item) in expected.iter().enumerate() {
            assert_eq!(list.get(at), Some(item));
            let run = list.run(at);
            assert_eq!(run.len(), (10 - at % 10).min(expected.len() - at));
            assert_eq!(run, &expected[at..at + run.len()]);
        }
        assert!(list.get(expected.len()).is_none() && list.run(expected.len() + 10).is_empty());
        let mut copy = list.share();
        copy.run_mut(25)[0] = 255;
        assert!(list.iter().eq(&expected));
        *list.get_mut(25).unwrap() = 254;
        assert_eq!((copy.get(25), copy.get(26)), (Some(&255), Some(&expected[26])));
    }
}
