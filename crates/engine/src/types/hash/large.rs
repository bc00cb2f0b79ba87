//! Large hashes: a table of pairs, and an index of those that expire.

use super::{Field, Pair};
use crate::buckets::Table;
use crate::expire::ExpiryIndex;
use crate::hash::KeyHasher;
use crate::limits::EXPIRED_BUCKETS_MAX;
use crate::memory::Samples;
use crate::time::Milliseconds;

/// A hash that has outgrown the packed form.
#[derive(Debug, Clone)]
pub(crate) struct LargeHash {
    table: Table<Pair>,
    /// Made with the first field that expires, then kept.
    expiry: Option<Box<FieldExpiry>>,
}

/// Which fields expire.
#[derive(Debug, Clone, Default)]
struct FieldExpiry {
    /// The buckets of the hash's own table by what is due in them.
    index: ExpiryIndex,
    /// How many fields expire.
    count: usize,
    /// No field expires later than this.
    last_ms: Milliseconds,
    /// The hash of the last field that was given this time. It nearly always still has it, and shows that the entry lives.
    last_hash: u64,
}

impl LargeHash {
    pub(crate) fn new<'f>(hasher: KeyHasher, fields: impl Iterator<Item = Field<'f>>) -> Self {
        let mut hash = Self { table: Table::new(hasher, 0), expiry: None };
        fields.for_each(|field| drop(hash.put(Pair::new(field))));
        hash
    }

    /// A copy that shares the fields until either hash changes them. The index is copied: an item for each bucket.
    pub(crate) fn share(&mut self) -> Self {
        Self { table: self.table.share(), expiry: self.expiry.clone() }
    }

    /// The table of its fields, expired ones included.
    pub(crate) fn table(&self) -> &Table<Pair> {
        &self.table
    }

    /// Bytes that it takes.
    pub(crate) fn memory_bytes(&self, samples: Samples) -> usize {
        // The index has an item for each bucket, in a tree that is two thirds full.
        let index = self.expiry.as_ref().map_or(0, |_| self.table.bucket_count() as usize * 24);
        self.table.memory_bytes(samples, Pair::memory_bytes) + index
    }

    /// A field, expired or not.
    pub(crate) fn get(&self, name: &[u8]) -> Option<Field<'_>> {
        self.table.get(self.table.hash(name), name).map(Pair::field)
    }

    /// Stores a field in place of the one with its name, which is returned.
    pub(crate) fn put(&mut self, pair: Pair) -> Option<Pair> {
        let expire_at_ms = pair.expire_at_ms();
        if expire_at_ms.is_some() {
            self.expiry.get_or_insert_default();
        }
        let buckets_before = self.table.bucket_count();
        let hash = self.table.hash(pair.field().name);
        let (old, bucket) = self.table.put(hash, pair);
        if let Some(expiry) = &mut self.expiry {
            expiry.index.adopt_new(&self.table, buckets_before);
            expiry.count -= usize::from(old.as_ref().is_some_and(|old| old.expire_at_ms().is_some()));
            if let Some(at_ms) = expire_at_ms {
                expiry.count += 1;
                if at_ms >= expiry.last_ms {
                    (expiry.last_ms, expiry.last_hash) = (at_ms, hash);
                }
                expiry.index.lower(&mut self.table, bucket, at_ms);
            }
        }
        old
    }

    pub(crate) fn take(&mut self, name: &[u8]) -> Option<Pair> {
        let old = self.table.take(self.table.hash(name), name)?;
        if let (Some(expiry), Some(_)) = (&mut self.expiry, old.expire_at_ms()) {
            expiry.count -= 1;
        }
        Some(old)
    }

    /// No field expires before this time; a lower bound.
    pub(crate) fn due_ms(&self) -> Option<Milliseconds> {
        self.expiry.as_ref()?.index.next_due_ms()
    }

    /// Whether some field is alive.
    pub(crate) fn is_alive(&self, now_ms: Milliseconds) -> bool {
        let Some(expiry) = &self.expiry else { return true };
        if expiry.index.next_due_ms().is_none_or(|due_ms| now_ms <= due_ms) {
            return true;
        }
        if expiry.count < self.table.len() || now_ms > expiry.last_ms {
            return expiry.count < self.table.len();
        }
        let likely = self.table.bucket_id(expiry.last_hash);
        std::iter::once(likely)
            .chain(expiry.index.latest_first())
            .flat_map(|bucket| self.table.bucket_records(bucket))
            .any(|pair| !pair.field().is_expired(now_ms))
    }

    /// How many fields have expired, though they are still stored. Walks the due buckets.
    pub(crate) fn expired_count(&self, now_ms: Milliseconds) -> usize {
        let Some(expiry) = &self.expiry else { return 0 };
        expiry
            .index
            .due(now_ms)
            .flat_map(|bucket| self.table.bucket_records(bucket))
            .filter(|pair| pair.field().is_expired(now_ms))
            .count()
    }

    /// Hands out expired fields until `found` has enough of them and says so with false, or a number of buckets was visited.
    /// Raises the bounds of buckets that turn out not to be due.
    pub(crate) fn visit_expired(&mut self, now_ms: Milliseconds, found: &mut dyn FnMut(&[u8]) -> bool) {
        if let Some(expiry) = &mut self.expiry {
            expiry.index.visit_due(&mut self.table, now_ms, EXPIRED_BUCKETS_MAX, &mut |pair| {
                found(pair.field().name)
            });
        }
    }
}
