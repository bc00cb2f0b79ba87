//! The context of a read.

use std::cell::Cell;

use super::memo::{Memo, Watcher};
use super::notices::Notices;
use crate::cx::{Lookup, Seen};
use crate::entry::{EntryRef, Record};
use crate::events::Event;
use crate::functions::Libraries;
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::{Keyspace, ReadGuards, Sequence, Shards, WriteGuards, random_entry, scan};
use crate::post::{ChannelKind, Post};
use crate::random;
use crate::time::Now;
use crate::version::{Standing, Version};

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
    random: Cell<u64>,
    memo: Memo<'a>,
    watcher: Watcher,
    roams: bool,
    is_in_script: bool,
    notices: Notices<'a>,
}

impl<'a> ReadCx<'a> {
    /// A context over locked shards.
    #[must_use]
    pub fn new(keyspace: &'a Keyspace, guards: &'a ReadGuards<'_>, now: Now) -> Self {
        Self::over(keyspace, guards.shards(), now)
    }

    /// A context for a read inside a transaction or script that writes.
    #[must_use]
    pub fn within(keyspace: &'a Keyspace, guards: &'a WriteGuards<'_>, now: Now) -> Self {
        Self::over(keyspace, guards.view(), now)
    }

    /// The libraries of functions.
    #[must_use]
    pub fn libraries(&self) -> Libraries {
        self.keyspace.libraries()
    }

    fn over(keyspace: &'a Keyspace, shards: Shards<'a>, now: Now) -> Self {
        let random = Cell::new(now.us());
        Self {
            keyspace,
            shards,
            now,
            random,
            memo: Memo::default(),
            watcher: Watcher::default(),
            roams: false,
            is_in_script: false,
            notices: Notices::default(),
        }
    }

    /// A context that holds no shard: it locks one after the other while it scans or counts, and looks no key up.
    #[must_use]
    pub fn roaming(keyspace: &'a Keyspace, now: Now) -> Self {
        Self { roams: true, ..Self::over(keyspace, Shards::none(), now) }
    }

    /// Seeds [`ReadCx::random`], which otherwise draws the same numbers for the same microsecond.
    #[must_use]
    pub fn with_random(self, seed: u64) -> Self {
        Self { random: Cell::new(seed), ..self }
    }

    /// Says that a script runs the command.
    #[must_use]
    pub fn in_script(self) -> Self {
        Self { is_in_script: true, ..self }
    }

    /// Gives messages and events a way out. Without one they reach nobody.
    #[must_use]
    pub fn with_post(self, post: &'a dyn Post) -> Self {
        Self { notices: Notices::new(post), ..self }
    }

    /// The live entry of `key`, for a command that tells about it without using it: finding nothing is no miss.
    #[must_use]
    pub(crate) fn inspect(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let hash = self.memo.hash(self.keyspace, key);
        self.watcher.find(self.shards.of(hash), hash, key, self.now.ms())
    }

    /// Posts a message. Returns how many subscriptions it reaches.
    pub fn publish(&self, kind: ChannelKind, channel: &[u8], message: &[u8]) -> usize {
        self.notices.post.map_or(0, |post| post.post(kind, channel, message))
    }

    /// Remembers the hash that was computed to lock the shard of `key`, so that it is not computed again.
    #[must_use]
    pub fn with_key(self, key: &'a [u8], hash: KeyHash) -> Self {
        Self { memo: Memo::new(key, hash), ..self }
    }

    pub(crate) fn hasher(&self) -> KeyHasher {
        self.keyspace.hasher()
    }

    /// The version of `key` as a client is told it. The reply waits until all that it stands for is committed.
    ///
    /// Two of them are equal only if nothing happened to the key in between. What has expired but is still stored counts as
    /// absent, and its removal afterwards as a change.
    pub(crate) fn told_version(&self, key: &[u8]) -> Version {
        let hash = self.memo.hash(self.keyspace, key);
        let standing = match self.entry(key) {
            Some(entry) => Standing::Present(entry.version()),
            None => {
                let shard = self.shards.of(hash);
                let expired = shard.present_version(hash, key);
                let sequence = shard.absence_version().max(expired.unwrap_or_default());
                self.watcher.note(sequence);
                Standing::Absent(sequence)
            }
        };
        Version { stamp: self.keyspace.version_stamp(hash), standing }
    }

    /// Whether nothing has happened to `key` since it had that version. A no may be wrong where a key is absent: after a
    /// clear, or where [`REMOVALS_TRACKED_MAX`](crate::limits::REMOVALS_TRACKED_MAX) others of its shard were removed. A yes
    /// never is.
    pub(crate) fn has_version(&self, key: &[u8], version: Version) -> bool {
        let hash = self.memo.hash(self.keyspace, key);
        if version.stamp != self.keyspace.version_stamp(hash) {
            return false;
        }
        match (self.entry(key), version.standing) {
            // Fields expire without a mutation.
            (Some(entry), Standing::Present(sequence)) => {
                entry.version() == sequence && !entry.stores_expired_fields(self.now.ms())
            }
            (None, Standing::Absent(sequence)) => {
                !self.shards.of(hash).may_have_been_there(hash, key, sequence)
            }
            (Some(_), Standing::Absent(_)) | (None, Standing::Present(_)) => false,
        }
    }

    /// The next number of this command's own generator: for choices that need no secrecy.
    pub fn random(&self) -> u64 {
        let mut state = self.random.get();
        let number = random::next(&mut state);
        self.random.set(state);
        number
    }
}

impl Lookup for ReadCx<'_> {
    fn now(&self) -> Now {
        self.now
    }

    fn entry(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let found = self.inspect(key);
        if found.is_none() {
            self.notices.notify(Event::KEYMISS, key);
        }
        found
    }

    fn is_in_script(&self) -> bool {
        self.is_in_script
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
        let mut visit = |record: &Record| self.watcher.meet(record, now_ms).into_iter().for_each(&mut *visit);
        if self.roams {
            scan(&|index, look| self.keyspace.look_at(index, look), cursor, count, &mut visit)
        } else {
            scan(&|index, look| self.shards.all().nth(index).map_or((), look), cursor, count, &mut visit)
        }
    }

    fn random_entry(&self, random: u64) -> Option<EntryRef<'_>> {
        let now_ms = self.now.ms();
        random_entry(self.shards.all(), random, |record| self.watcher.meet(record, now_ms).is_some())
            .map(|record| EntryRef::at(record, self.watcher.moment(now_ms)))
    }

    fn len(&self) -> usize {
        if self.roams {
            return self.keyspace.counts().entries();
        }
        self.shards.all().map(|shard| shard.counts().entries()).sum()
    }
}
