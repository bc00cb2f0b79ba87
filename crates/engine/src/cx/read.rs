//! The context of a read.

use crate::cx::{Lookup, Seen};
use crate::entry::EntryRef;
use crate::hash::KeyHash;
use crate::keyspace::{Keyspace, ReadGuards};
use crate::time::Now;

/// Looks at the entries of the shards that `guards` hold. It cannot change anything.
#[derive(Debug)]
pub struct ReadCx<'a> {
    keyspace: &'a Keyspace,
    guards: &'a ReadGuards<'a>,
    now: Now,
}

impl<'a> ReadCx<'a> {
    /// A context over locked shards.
    #[must_use]
    pub fn new(keyspace: &'a Keyspace, guards: &'a ReadGuards<'a>, now: Now) -> Self {
        Self { keyspace, guards, now }
    }

    /// Remembers the hash that was computed to lock the shard of `key`, so that it is not computed again.
    #[must_use]
    pub fn with_key(self, _key: &'a [u8], _hash: KeyHash) -> Self {
        let _ = (self.keyspace, self.guards);
        self
    }
}

impl Lookup for ReadCx<'_> {
    fn now(&self) -> Now {
        self.now
    }

    fn entry(&self, _key: &[u8]) -> Option<EntryRef<'_>> {
        unimplemented!()
    }

    fn seen(&self) -> Seen {
        unimplemented!()
    }

    fn scan(&self, _cursor: u64, _count: usize, _visit: &mut dyn FnMut(EntryRef<'_>)) -> u64 {
        unimplemented!()
    }

    fn len(&self) -> usize {
        unimplemented!()
    }
}
