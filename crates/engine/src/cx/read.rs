//! The context of a read.

use super::memo::{Memo, Watcher};
use crate::cx::{Lookup, Seen};
use crate::entry::EntryRef;
use crate::hash::KeyHash;
use crate::keyspace::{Keyspace, ReadGuards, Sequence, Shards, WriteGuards, random_entry, scan};
use crate::time::Now;

/// Looks at the entries of the shards that `guards` hold. It cannot change anything.
///
/// # Panics
/// Its lookups panic for a key whose shard is not held: the scope of a command comes from the key positions in its
/// table entry.
#[derive(Debug)]
pub struct ReadCx<'a> {
    keyspace: &'a Keyspace,
    shards: Shards<'a>,
    now: Now,
    memo: Memo<'a>,
    watcher: Watcher,
}

impl<'a> ReadCx<'a> {
    /// A context over locked shards.
    #[must_use]
    pub fn new(keyspace: &'a Keyspace, guards: &'a ReadGuards<'_>, now: Now) -> Self {
        let shards = guards.shards();
        Self { keyspace, shards, now, memo: Memo::default(), watcher: Watcher::default() }
    }

    /// A context for a read inside a transaction or script that writes.
    #[must_use]
    pub fn within(keyspace: &'a Keyspace, guards: &'a WriteGuards<'_>, now: Now) -> Self {
        Self { keyspace, shards: guards.view(), now, memo: Memo::default(), watcher: Watcher::default() }
    }

    /// Remembers the hash that was computed to lock the shard of `key`, so that it is not computed again.
    #[must_use]
    pub fn with_key(self, key: &'a [u8], hash: KeyHash) -> Self {
        Self { memo: Memo::new(key, hash), ..self }
    }
}

impl Lookup for ReadCx<'_> {
    fn now(&self) -> Now {
        self.now
    }

    fn entry(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let hash = self.memo.hash(self.keyspace, key);
        self.watcher.find(self.shards.of(hash), hash, key, self.now.ms()).map(EntryRef::new)
    }

    fn version(&self, key: &[u8]) -> Sequence {
        let hash = self.memo.hash(self.keyspace, key);
        self.shards.of(hash).version(hash, key)
    }

    fn seen(&self) -> Seen {
        self.watcher.seen()
    }

    fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(EntryRef<'_>)) -> u64 {
        let now_ms = self.now.ms();
        scan(self.shards.all(), cursor, count, &mut |record| {
            if !record.is_expired(now_ms) {
                visit(EntryRef::new(record));
            }
        })
    }

    fn random_entry(&self, random: u64) -> Option<EntryRef<'_>> {
        let now_ms = self.now.ms();
        random_entry(self.shards.all(), random, |record| !record.is_expired(now_ms)).map(EntryRef::new)
    }

    fn len(&self) -> usize {
        self.shards.all().map(|shard| shard.counts().entries()).sum()
    }
}
