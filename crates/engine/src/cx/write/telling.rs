//! How a write tells of what it does to keys.

use super::WriteCx;
use crate::cx::Lookup;
use crate::events::Event;
use crate::hash::KeyHash;
use crate::mutation::{Mutation, Touched};
use crate::types::DataType;

impl WriteCx<'_> {
    /// Tells of what a command did to `key`. Costs nothing while nobody wants to hear of it.
    ///
    /// Keys that are new, expire or are replaced by `set_string` and the like are told of by the door itself.
    #[inline]
    pub fn notify(&self, event: Event, key: &[u8]) {
        self.notices.notify(event, key);
    }

    /// Tells of a miss if nothing is at `key`, for a command that looks there as a read does.
    pub(crate) fn notify_miss(&self, key: &[u8]) {
        if self.notices.wants(Event::KEYMISS) && !self.exists(key) {
            self.notify(Event::KEYMISS, key);
        }
    }

    /// Tells of what a command took out of `key`, and that the key went with its last element.
    pub fn notify_taken(&self, event: Event, key: &[u8]) {
        self.notify(event, key);
        if self.notices.wants(Event::DEL) && !self.exists(key) {
            self.notify(Event::DEL, key);
        }
    }

    /// Tells of a result that was stored at `key`. One without elements leaves nothing, and deletes what was there.
    pub fn notify_stored(&self, event: Event, key: &[u8], was_there: bool) {
        if !self.notices.wants(event) && !self.notices.wants(Event::DEL) {
            return;
        }
        if self.exists(key) {
            self.notify(event, key);
        } else if was_there {
            self.notify(Event::DEL, key);
        }
    }

    /// Changes in several steps that put a value in the place of whatever `key` holds: told of as one.
    pub(crate) fn replacing<T>(&mut self, key: &[u8], change: impl FnOnce(&mut Self) -> T) -> T {
        let told = [Event::NEW, Event::OVERWRITTEN, Event::TYPE_CHANGED];
        if !told.into_iter().any(|event| self.notices.wants(event)) {
            return change(self);
        }
        let before = self.data_type(key);
        self.notices.replaces = true;
        let result = change(self);
        self.notices.replaces = false;
        match before {
            Some(before) => self.notify_replaced(key, before),
            None if self.exists(key) => self.notify(Event::NEW, key),
            None => {}
        }
        result
    }

    /// Tells that what is at `key` now took the place of something of type `before`.
    pub(crate) fn notify_replaced(&self, key: &[u8], before: DataType) {
        if let Some(after) = self.data_type(key) {
            self.notify(Event::OVERWRITTEN, key);
            if after != before {
                self.notify(Event::TYPE_CHANGED, key);
            }
        }
    }

    /// The key of a mutation if it is not there, and somebody wants to hear of it when it comes.
    pub(super) fn key_to_come<'k>(&self, hash: KeyHash, mutation: &Mutation<'k>) -> Option<&'k [u8]> {
        if self.notices.replaces || !self.notices.wants(Event::NEW) {
            return None;
        }
        match mutation.touched() {
            Touched::One(key) if self.shards.get(hash).get(hash, key).is_none() => Some(key),
            _ => None,
        }
    }
}
