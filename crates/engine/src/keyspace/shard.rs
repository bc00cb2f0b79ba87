//! One shard: a table of entries, its expiry index, its counts.

use crate::buckets::{Keyed, Table};
use crate::entry::{Head, Large, Record};
use crate::expire::{Collector, ExpiredSlice, Expires, ExpiryIndex};
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
    /// Sorted sets.
    pub sorted_sets: usize,
    /// JSON documents.
    pub documents: usize,
    /// Streams.
    pub streams: usize,
    /// Entries of any type with an expiry.
    pub expiring: usize,
}

impl Counts {
    /// All entries, expired ones that are still stored included.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.strings + self.hashes + self.lists + self.sets + self.sorted_sets + self.streams + self.documents
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.strings += other.strings;
        self.hashes += other.hashes;
        self.lists += other.lists;
        self.sets += other.sets;
        self.sorted_sets += other.sorted_sets;
        self.documents += other.documents;
        self.streams += other.streams;
        self.expiring += other.expiring;
    }

    fn of(&mut self, data_type: DataType) -> &mut usize {
        match data_type {
            DataType::String => &mut self.strings,
            DataType::Hash => &mut self.hashes,
            DataType::List => &mut self.lists,
            DataType::Set => &mut self.sets,
            DataType::SortedSet => &mut self.sorted_sets,
            DataType::Json => &mut self.documents,
            DataType::Stream => &mut self.streams,
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
        let (head, due_ms) = (record.head(), record.due_ms());
        let buckets_before = self.table.bucket_count();
        let (old, bucket) = self.table.put(hash.0, record);
        self.expiry.adopt_new(&self.table, buckets_before);
        if let Some(old) = &old {
            self.counts.leave(old.head());
        }
        self.counts.enter(head);
        self.expiry.lower(&mut self.table, bucket, due_ms);
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
        self.lower_due(hash, expire_at_ms);
    }

    /// Something under this hash expires at that time.
    pub(crate) fn lower_due(&mut self, hash: KeyHash, expire_at_ms: Option<Milliseconds>) {
        if let Some(at_ms) = expire_at_ms {
            let bucket = self.table.bucket_id(hash.0);
            self.expiry.lower(&mut self.table, bucket, at_ms);
        }
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

    /// Whether the key of this hash may have been there after `sequence`, at which it was not.
    pub(crate) fn may_have_been_there(&self, hash: KeyHash, key: &[u8], sequence: Sequence) -> bool {
        let stored = self.present_version(hash, key);
        stored.is_some_and(|version| version > sequence) || self.removals.may_be_after(sequence, hash.0)
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

    /// Whether anything may have expired.
    pub(crate) fn is_due(&self, now_ms: Milliseconds) -> bool {
        self.next_due_ms().is_some_and(|due_ms| due_ms < now_ms)
    }

    /// Finds what has expired in at most `buckets_max` due buckets.
    pub(super) fn expired_slice(&mut self, now_ms: Milliseconds, buckets_max: usize) -> ExpiredSlice {
        let mut collector = Collector::default();
        let more = self.expiry.visit_due(&mut self.table, now_ms, buckets_max, &mut |record| {
            collect_expired(record, now_ms, &mut collector);
            !collector.is_full()
        });
        ExpiredSlice { expired: collector.expired, next_due_ms: self.expiry.next_due_ms(), more }
    }

    /// Finds what has expired of one entry.
    pub(super) fn collect_expired(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        now_ms: Milliseconds,
        collector: &mut Collector,
    ) {
        if let Some(record) = self.get_mut(hash, key) {
            collect_expired(record, now_ms, collector);
        }
    }
}

fn collect_expired(record: &mut Record, now_ms: Milliseconds, collector: &mut Collector) {
    let key: Box<[u8]> = record.key().into();
    if record.is_expired(now_ms) {
        collector.entry(&key);
        return;
    }
    record.visit_expired_fields(now_ms, &mut |field| {
        collector.field(&key, field);
        !collector.is_full()
    });
}
