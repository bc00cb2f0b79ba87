//! Lists in chunks that a copy shares until one of the two is changed.

use std::sync::Arc;

/// A list in chunks of `SIZE` items: it never regrows as a whole, and a change to a shared chunk copies that one.
#[derive(Debug, Clone)]
pub(crate) struct Chunks<T, const SIZE: usize> {
    chunks: Vec<Chunk<T>>,
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
        Self { chunks: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.chunks.get(index / SIZE)?.items().get(index % SIZE)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.chunks.get_mut(index / SIZE)?.items_mut().get_mut(index % SIZE)
    }

    /// The first chunk grows as it is filled, so that a short list stays small; further ones get their room at once.
    pub(crate) fn push(&mut self, item: T) {
        match self.chunks.last_mut().filter(|chunk| chunk.items().len() < SIZE) {
            Some(chunk) => chunk.items_mut().push(item),
            None => {
                let mut chunk = Vec::with_capacity(if self.chunks.is_empty() { 1 } else { SIZE });
                chunk.push(item);
                self.chunks.push(Chunk::Own(chunk));
            }
        }
        self.len += 1;
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(Chunk::items)
    }

    /// A copy that costs a pointer for each chunk.
    pub(crate) fn share(&mut self) -> Self {
        for chunk in &mut self.chunks {
            if let Chunk::Own(items) = chunk {
                *chunk = Chunk::Shared(Arc::new(std::mem::take(items)));
            }
        }
        self.clone()
    }
}
