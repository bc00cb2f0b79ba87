//! The context of a write: the door through which every change goes.

use crate::batch::Batch;
use crate::cx::{End, Lookup, Seen};
use crate::entry::EntryRef;
use crate::hash::KeyHash;
use crate::keyspace::{Keyspace, WriteGuards};
use crate::time::{Milliseconds, Now};

/// Looks at and changes the entries of the shards that `guards` hold. Every change is applied and recorded in the batch.
///
/// A change to a key of another type does nothing and returns what "nothing there" returns: handlers look the key up
/// (which answers WRONGTYPE) before they change it.
#[derive(Debug)]
pub struct WriteCx<'a> {
    keyspace: &'a Keyspace,
    batch: &'a mut Batch,
    now: Now,
    random: u64,
}

impl<'a> WriteCx<'a> {
    /// A context over locked shards. `random` seeds [`WriteCx::random`].
    #[must_use]
    pub fn new(
        keyspace: &'a Keyspace,
        _guards: &'a mut WriteGuards<'_>,
        batch: &'a mut Batch,
        now: Now,
        random: u64,
    ) -> Self {
        Self { keyspace, batch, now, random }
    }

    /// Remembers the hash that was computed to lock the shard of `key`, so that it is not computed again.
    #[must_use]
    pub fn with_key(self, _key: &'a [u8], _hash: KeyHash) -> Self {
        let _ = (self.keyspace, &self.batch, self.random);
        self
    }

    /// The next number of this command's own generator.
    pub fn random(&mut self) -> u64 {
        unimplemented!()
    }

    /// Makes `key` a string, whatever it was, with this expiry or none.
    pub fn set_string(&mut self, _key: &[u8], _value: &[u8], _expire_at_ms: Option<Milliseconds>) {
        unimplemented!()
    }

    /// Writes `bytes` into the string at `offset`, extending it with zeros where needed. Creates the key; keeps the expiry.
    pub fn write_string(&mut self, _key: &[u8], _offset: usize, _bytes: &[u8]) {
        unimplemented!()
    }

    /// Removes the entry. Whether a live one was there.
    pub fn remove(&mut self, _key: &[u8]) -> bool {
        unimplemented!()
    }

    /// Removes the entry if it has expired. Whether it did.
    pub fn remove_expired(&mut self, _key: &[u8]) -> bool {
        unimplemented!()
    }

    /// Sets or clears the expiry. Whether the key is there.
    pub fn set_expiry(&mut self, _key: &[u8], _expire_at_ms: Option<Milliseconds>) -> bool {
        unimplemented!()
    }

    /// Sets one field. Whether it is new.
    pub fn hash_set(&mut self, _key: &[u8], _field: &[u8], _value: &[u8]) -> bool {
        unimplemented!()
    }

    /// Removes one field, and the key with the last one. Whether it was there.
    pub fn hash_remove(&mut self, _key: &[u8], _field: &[u8]) -> bool {
        unimplemented!()
    }

    /// Puts one element at an end of the list.
    pub fn list_push(&mut self, _key: &[u8], _end: End, _element: &[u8]) {
        unimplemented!()
    }

    /// Takes one element from an end, and removes the key with the last one.
    pub fn list_pop(&mut self, _key: &[u8], _end: End) -> Option<Vec<u8>> {
        unimplemented!()
    }

    /// Drops `front` elements at the head and `back` at the tail, and removes the key if nothing stays.
    pub fn list_trim(&mut self, _key: &[u8], _front: usize, _back: usize) {
        unimplemented!()
    }

    /// Adds one member. Whether it is new.
    pub fn set_add(&mut self, _key: &[u8], _member: &[u8]) -> bool {
        unimplemented!()
    }

    /// Removes one member, and the key with the last one. Whether it was there.
    pub fn set_remove(&mut self, _key: &[u8], _member: &[u8]) -> bool {
        unimplemented!()
    }

    /// Gives the entry of `from` the key `to`, in place of what was there; the expiry moves along. False if `from` is absent.
    pub fn rename(&mut self, _from: &[u8], _to: &[u8]) -> bool {
        unimplemented!()
    }

    /// Removes every entry. Needs all shards locked.
    pub fn clear(&mut self) {
        unimplemented!()
    }
}

impl Lookup for WriteCx<'_> {
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
