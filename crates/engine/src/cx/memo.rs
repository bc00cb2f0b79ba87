//! What the contexts remember while a command runs.

use std::cell::Cell;

use crate::cx::Seen;
use crate::entry::{EntryRef, Record};
use crate::expire::Moment;
use crate::hash::KeyHash;
use crate::keyspace::{Keyspace, Sequence, Shard};
use crate::time::Milliseconds;

/// The hash of the command's first key, which was computed to lock its shard.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memo<'a> {
    first: Option<(&'a [u8], KeyHash)>,
}

impl<'a> Memo<'a> {
    pub(super) fn new(key: &'a [u8], hash: KeyHash) -> Self {
        Self { first: Some((key, hash)) }
    }

    /// The same slice has the same hash: the memo borrows it, so it cannot have changed.
    #[inline]
    pub(super) fn hash(self, keyspace: &Keyspace, key: &[u8]) -> KeyHash {
        match self.first {
            Some((first, hash)) if std::ptr::eq(first, key) => hash,
            _ => keyspace.hash(key),
        }
    }
}

/// Collects [`Seen`] behind a shared reference.
#[derive(Debug, Default)]
pub(super) struct Watcher {
    highest: Cell<Sequence>,
    expired: Cell<bool>,
}

impl Watcher {
    pub(super) fn seen(&self) -> Seen {
        Seen { highest_version: self.highest.get(), expired: self.expired.get() }
    }

    /// The moment of a look at `now_ms`: what it meets is noted here.
    pub(super) fn moment(&self, now_ms: Milliseconds) -> Moment<'_> {
        Moment::new(now_ms, &self.expired)
    }

    /// Looks a live entry up and notes what was met.
    #[inline]
    pub(super) fn find<'s>(
        &'s self,
        shard: &'s Shard,
        hash: KeyHash,
        key: &[u8],
        now_ms: Milliseconds,
    ) -> Option<EntryRef<'s>> {
        let Some(record) = shard.get(hash, key) else {
            self.note(shard.absence_seen(hash));
            return None;
        };
        self.note(record.version());
        self.meet(record, now_ms)
    }

    /// The entry of a record that a walk comes to, if it is alive; notes if it is not.
    pub(super) fn meet<'s>(&'s self, record: &'s Record, now_ms: Milliseconds) -> Option<EntryRef<'s>> {
        if record.is_expired(now_ms) {
            self.expired.set(true);
            return None;
        }
        Some(EntryRef::at(record, self.moment(now_ms)))
    }

    pub(super) fn note(&self, version: Sequence) {
        self.highest.set(self.highest.get().max(version));
    }
}
