//! Expiry: the index that finds what is due in a table, and what a search for it brings.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Bound;

use crate::buckets::{Keyed, NEVER_DUE, Table};
use crate::limits::{EXPIRED_BYTES_MAX, EXPIRED_REMOVALS_MAX};
use crate::time::Milliseconds;

/// The instant at which something is looked at, and where it is noted that something met had expired by then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    now_ms: Milliseconds,
    met_expired: Option<&'a Cell<bool>>,
}

impl<'a> Moment<'a> {
    /// Sees everything that is stored, expired or not.
    pub(crate) const NEVER: Self = Self { now_ms: 0, met_expired: None };

    pub(crate) fn new(now_ms: Milliseconds, met_expired: &'a Cell<bool>) -> Self {
        Self { now_ms, met_expired: Some(met_expired) }
    }

    pub(crate) fn now_ms(self) -> Milliseconds {
        self.now_ms
    }

    /// Something was met that has expired.
    pub(crate) fn note_expired(self) {
        if let Some(met_expired) = self.met_expired {
            met_expired.set(true);
        }
    }
}

/// What may expire, as a whole or in part.
pub(crate) trait Expires {
    /// Nothing of it expires before this time; a lower bound. [`NEVER_DUE`]: nothing of it ever does.
    fn due_ms(&self) -> Milliseconds;
}

/// The buckets of a table by a lower bound of their records' expiry times. Buckets in which nothing expires are not in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExpiryIndex {
    buckets: BTreeSet<(Milliseconds, u32)>,
}

impl ExpiryIndex {
    /// A record of this bucket is due at `at_ms`.
    pub(crate) fn lower<R: Keyed>(&mut self, table: &mut Table<R>, bucket: u32, at_ms: Milliseconds) {
        if at_ms < table.due_ms(bucket) {
            self.set(table, bucket, at_ms);
        }
    }

    /// The table has new buckets since it had `buckets_before`. Each has the bound of the one it was split from.
    pub(crate) fn adopt_new<R: Keyed>(&mut self, table: &Table<R>, buckets_before: u32) {
        for bucket in buckets_before..table.bucket_count() {
            let due_ms = table.due_ms(bucket);
            if due_ms != NEVER_DUE {
                self.buckets.insert((due_ms, bucket));
            }
        }
    }

    /// The smallest bound.
    pub(crate) fn next_due_ms(&self) -> Option<Milliseconds> {
        self.buckets.first().map(|(due_ms, _)| *due_ms)
    }

    /// The buckets whose bound has passed.
    pub(crate) fn due(&self, now_ms: Milliseconds) -> impl Iterator<Item = u32> {
        self.buckets.range(..(now_ms, 0)).map(|(_, bucket)| *bucket)
    }

    /// All buckets in which something expires, the largest bound first.
    pub(crate) fn latest_first(&self) -> impl Iterator<Item = u32> {
        self.buckets.iter().rev().map(|(_, bucket)| *bucket)
    }

    /// Hands out the due records of at most `buckets_max` due buckets, until `found` has enough and says so with false.
    /// Raises the bounds of buckets that turn out not to be due; the others keep theirs until the records are removed.
    ///
    /// Returns whether anything still looks due. `found` may raise the bound of the record it gets.
    pub(crate) fn visit_due<R: Keyed + Expires>(
        &mut self,
        table: &mut Table<R>,
        now_ms: Milliseconds,
        buckets_max: usize,
        found: &mut dyn FnMut(&mut R) -> bool,
    ) -> bool {
        let mut after = None;
        for _ in 0..buckets_max {
            let Some((due_ms, bucket)) = self.due_after(after, now_ms) else { break };
            let mut bound_ms = NEVER_DUE;
            for record in table.bucket_records_mut(bucket) {
                if record.due_ms() < now_ms && !found(record) {
                    return true;
                }
                bound_ms = bound_ms.min(record.due_ms());
            }
            if bound_ms < now_ms {
                after = Some((due_ms, bucket));
            } else {
                self.set(table, bucket, bound_ms);
            }
        }
        self.due_after(None, now_ms).is_some()
    }

    /// The first bucket behind `after` whose bound has passed.
    fn due_after(
        &self,
        after: Option<(Milliseconds, u32)>,
        now_ms: Milliseconds,
    ) -> Option<(Milliseconds, u32)> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let first = self.buckets.range((start, Bound::Unbounded)).next().copied();
        first.filter(|(due_ms, _)| *due_ms < now_ms)
    }

    /// Moves a bucket to another bound.
    fn set<R: Keyed>(&mut self, table: &mut Table<R>, bucket: u32, due_ms: Milliseconds) {
        self.buckets.remove(&(table.due_ms(bucket), bucket));
        if due_ms != NEVER_DUE {
            self.buckets.insert((due_ms, bucket));
        }
        table.set_due_ms(bucket, due_ms);
    }
}

/// Something that has expired, to be removed through the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The key of the entry.
    pub key: Box<[u8]>,
    /// Fields of it that have expired. Empty: the whole entry has.
    pub fields: Vec<Box<[u8]>>,
}

/// What a slice of expiry found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpiredSlice {
    /// What has expired, to be removed through the door.
    pub expired: Vec<Expired>,
    /// Nothing expires before this time (it is dead from one millisecond later on). None: nothing expires.
    pub next_due_ms: Option<Milliseconds>,
    /// Something still looks due, if only what was found: come back soon.
    pub more: bool,
}

/// Collects what has expired, as much as one batch removes.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    pub(crate) expired: Vec<Expired>,
    removals: usize,
    bytes: usize,
}

impl Collector {
    /// A whole entry has expired.
    pub(crate) fn entry(&mut self, key: &[u8]) {
        self.count(key.len());
        self.expired.push(Expired { key: key.into(), fields: Vec::new() });
    }

    /// A field of the entry has expired.
    pub(crate) fn field(&mut self, key: &[u8], field: &[u8]) {
        self.count(key.len() + field.len());
        match self.expired.last_mut() {
            Some(last) if *last.key == *key => last.fields.push(field.into()),
            _ => self.expired.push(Expired { key: key.into(), fields: vec![field.into()] }),
        }
    }

    /// Whether it has as much as a batch should remove.
    pub(crate) fn is_full(&self) -> bool {
        self.removals >= EXPIRED_REMOVALS_MAX || self.bytes >= EXPIRED_BYTES_MAX
    }

    fn count(&mut self, bytes: usize) {
        self.removals += 1;
        self.bytes += bytes;
    }
}
