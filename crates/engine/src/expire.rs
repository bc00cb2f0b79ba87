//! The expiry index of a shard: which buckets hold something that is due.

use std::collections::BTreeSet;

use crate::buckets::NEVER_DUE;
use crate::time::Milliseconds;

/// Buckets by a lower bound of their records' expiry times. Buckets in which nothing expires are not in it.
#[derive(Debug, Default)]
pub(crate) struct ExpiryIndex {
    buckets: BTreeSet<(Milliseconds, u32)>,
}

impl ExpiryIndex {
    /// Moves a bucket from one bound to another.
    pub(crate) fn update(&mut self, bucket: u32, from_ms: Milliseconds, to_ms: Milliseconds) {
        if from_ms != NEVER_DUE {
            self.buckets.remove(&(from_ms, bucket));
        }
        if to_ms != NEVER_DUE {
            self.buckets.insert((to_ms, bucket));
        }
    }

    /// The first bucket behind `after` whose bound has passed.
    pub(crate) fn due_after(
        &self,
        after: Option<(Milliseconds, u32)>,
        now_ms: Milliseconds,
    ) -> Option<(Milliseconds, u32)> {
        let start = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let first = self.buckets.range((start, std::ops::Bound::Unbounded)).next().copied();
        first.filter(|(due_ms, _)| *due_ms < now_ms)
    }

    /// The smallest bound.
    pub(crate) fn next_due_ms(&self) -> Option<Milliseconds> {
        self.buckets.first().map(|(due_ms, _)| *due_ms)
    }
}

/// What a slice of expiry found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpiredSlice {
    /// Keys that have expired, to be removed through the door.
    pub keys: Vec<Box<[u8]>>,
    /// No entry expires before this time (it is dead from one millisecond later on). None: nothing expires.
    pub next_due_ms: Option<Milliseconds>,
    /// The budget ended before the due buckets did: come back soon.
    pub more: bool,
}
