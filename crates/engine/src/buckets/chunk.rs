//! A stretch of a table's buckets: the unit in which tables share what they hold.

use std::sync::Arc;

use super::bucket::Bucket;

/// Buckets per chunk, some 2,200 records: the list of buckets never regrows as a whole, and a write to a shared chunk
/// copies this much.
pub(super) const CHUNK_BUCKETS: usize = 64;

/// Up to [`CHUNK_BUCKETS`] buckets. A table that was never copied owns its chunks and pays nothing for the sharing.
#[derive(Debug, Clone)]
pub(super) enum Chunk<R> {
    Own(Vec<Bucket<R>>),
    Shared(Arc<Vec<Bucket<R>>>),
}

impl<R: Clone> Chunk<R> {
    /// The only chunk of a small table.
    pub(super) fn new(first: Bucket<R>) -> Self {
        Self::Own(vec![first])
    }

    /// A further chunk, which will be filled.
    pub(super) fn with_room(first: Bucket<R>) -> Self {
        let mut buckets = Vec::with_capacity(CHUNK_BUCKETS);
        buckets.push(first);
        Self::Own(buckets)
    }

    #[inline]
    pub(super) fn buckets(&self) -> &[Bucket<R>] {
        match self {
            Self::Own(buckets) => buckets,
            Self::Shared(buckets) => buckets,
        }
    }

    /// To be changed: what another table still looks at is copied first.
    #[inline]
    pub(super) fn buckets_mut(&mut self) -> &mut Vec<Bucket<R>> {
        match self {
            Self::Own(buckets) => buckets,
            Self::Shared(buckets) => Arc::make_mut(buckets),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.buckets().len() < CHUNK_BUCKETS
    }

    /// Makes its clones share its buckets.
    pub(super) fn share(&mut self) {
        if let Self::Own(buckets) = self {
            *self = Self::Shared(Arc::new(std::mem::take(buckets)));
        }
    }
}
