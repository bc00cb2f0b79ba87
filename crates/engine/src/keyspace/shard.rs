//! One shard: a table of entries, its expiry index, its counts.

use crate::buckets::{Keyed, NEVER_DUE, Table};
use crate::entry::{Head, Large, Record};
use crate::expire::{ExpiredSlice, ExpiryIndex};
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::removals::Removals;
use crate::keyspace::{SHARD_BITS, Sequence};
use crate::time::Milliseconds;
use crate::types::DataType;

/// Entries whose hashes start with the same six bits.
#[derive(Debug)]
pub(crate) struct Shard {
    index: u8,
    table: Table<Record>,
    expiry: ExpiryIndex,
    pub(crate) removals: Removals,
    counts: Counts,
}

/// How many entries there are, by type, and how many expire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Strings.
    pub strings: usize,
    /// Hashes.
    pub hashes: usize,
    /// Lists.
    pub lists: usize,
    /// Sets.
    pub sets: usize,
    /// Entries of any type with an expiry.
    pub expiring: usize,
}

impl Counts {
    /// All entries, expired ones that are still stored included.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.strings + self.hashes + self.lists + self.sets
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.strings += other.strings;
        self.hashes += other.hashes;
        self.lists += other.lists;
        self.sets += other.sets;
        self.expiring += other.expiring;
    }

    fn of(&mut self, data_type: DataType) -> &mut usize {
        match data_type {
            DataType::String => &mut self.strings,
            DataType::Hash => &mut self.hashes,
            DataType::List => &mut self.lists,
            DataType::Set => &mut self.sets,
        }
    }

    fn enter(&mut self, head: Head) {
        *self.of(head.data_type) += 1;
        self.expiring += usize::from(head.expire_at_ms.is_some());
    }

    fn leave(&mut self, head: Head) {
        *self.of(head.data_type) -= 1;
        self.expiring -= usize::from(head.expire_at_ms.is_some());
    }
}

impl Shard {
    pub(super) fn new(index: u8, hasher: KeyHasher) -> Self {
        Self {
            index,
            table: Table::new(hasher, SHARD_BITS),
            expiry: ExpiryIndex::default(),
            removals: Removals::default(),
            counts: Counts::default(),
        }
    }

    pub(crate) fn index(&self) -> u8 {
        self.index
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn hasher(&self) -> KeyHasher {
        self.table.hasher()
    }

    pub(crate) fn table(&self) -> &Table<Record> {
        &self.table
    }

    #[inline]
    pub(crate) fn get(&self, hash: KeyHash, key: &[u8]) -> Option<&Record> {
        self.table.get(hash.0, key)
    }

    /// For changes that keep type and expiry.
    pub(crate) fn get_mut(&mut self, hash: KeyHash, key: &[u8]) -> Option<&mut Record> {
        self.table.get_mut(hash.0, key)
    }

    pub(crate) fn large_mut(&mut self, hash: KeyHash, key: &[u8]) -> Option<&mut Large> {
        self.get_mut(hash, key).and_then(Record::large_mut)
    }

    /// Stores a record in place of the one with its key, which is returned.
    pub(crate) fn put(&mut self, hash: KeyHash, record: Record) -> Option<Record> {
        let head = record.head();
        let buckets_before = self.table.bucket_count();
        let (old, bucket) = self.table.put(hash.0, record);
        // A new bucket has the bound of the one it was split from.
        for new in buckets_before..self.table.bucket_count() {
            self.expiry.update(new, NEVER_DUE, self.table.due_ms(new));
        }
        if let Some(old) = &old {
            self.counts.leave(old.head());
        }
        self.counts.enter(head);
        self.lower_due(bucket, head.expire_at_ms);
        old
    }

    pub(crate) fn take(&mut self, hash: KeyHash, key: &[u8]) -> Option<Record> {
        let record = self.table.take(hash.0, key)?;
        self.counts.leave(record.head());
        Some(record)
    }

    /// Sets version and expiry of an entry.
    pub(crate) fn set_head(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        version: Sequence,
        expire_at_ms: Option<Milliseconds>,
    ) {
        let Some(record) = self.table.get_mut(hash.0, key) else { return };
        let before = record.expire_at_ms().is_some();
        record.set_version(version);
        record.set_expire_at_ms(expire_at_ms);
        self.counts.expiring -= usize::from(before);
        self.counts.expiring += usize::from(expire_at_ms.is_some());
        self.lower_due(self.table.bucket_id(hash.0), expire_at_ms);
    }

    /// Empties the shard; returns it as it was.
    pub(crate) fn clear(&mut self, sequence: Sequence) -> Self {
        let mut empty = Self::new(self.index, self.hasher());
        empty.removals = Removals::cleared(sequence);
        std::mem::replace(self, empty)
    }

    /// The largest version to wait for when the key of this hash is absent.
    pub(crate) fn absence_seen(&self, hash: KeyHash) -> Sequence {
        self.removals.seen(hash.0)
    }

    /// The version of every absent key.
    pub(crate) fn absence_version(&self) -> Sequence {
        self.removals.last()
    }

    /// The version of what is stored at a key, expired or not.
    pub(crate) fn present_version(&self, hash: KeyHash, key: &[u8]) -> Option<Sequence> {
        self.get(hash, key).map(Record::version)
    }

    /// The version of an entry, or of its absence.
    pub(crate) fn version(&self, hash: KeyHash, key: &[u8]) -> Sequence {
        self.present_version(hash, key).unwrap_or_else(|| self.absence_version())
    }

    pub(crate) fn next_due_ms(&self) -> Option<Milliseconds> {
        self.expiry.next_due_ms()
    }

    /// Finds expired keys in due buckets, visiting at most `buckets_max` of them. Raises the bounds of buckets that turn
    /// out not to be due; those with expired keys keep theirs until the keys are removed.
    pub(super) fn expired_slice(&mut self, now_ms: Milliseconds, buckets_max: usize) -> ExpiredSlice {
        let mut slice = ExpiredSlice::default();
        let mut after = None;
        for _ in 0..buckets_max {
            let Some((due_ms, bucket)) = self.expiry.due_after(after, now_ms) else { break };
            let records = self.table.bucket_records(bucket);
            let found_before = slice.keys.len();
            let expired = records.iter().filter(|record| record.is_expired(now_ms));
            slice.keys.extend(expired.map(|record| Box::from(record.key())));
            if slice.keys.len() == found_before {
                let bound = records.iter().filter_map(Record::expire_at_ms).min().unwrap_or(NEVER_DUE);
                self.expiry.update(bucket, due_ms, bound);
                self.table.set_due_ms(bucket, bound);
            } else {
                after = Some((due_ms, bucket));
            }
        }
        slice.more = self.expiry.due_after(after, now_ms).is_some();
        slice.next_due_ms = self.expiry.next_due_ms();
        slice
    }

    fn lower_due(&mut self, bucket: u32, expire_at_ms: Option<Milliseconds>) {
        let Some(at) = expire_at_ms else { return };
        let due_ms = self.table.due_ms(bucket);
        if at < due_ms {
            self.expiry.update(bucket, due_ms, at);
            self.table.set_due_ms(bucket, at);
        }
    }
}
