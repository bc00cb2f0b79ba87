//! The context of a write: the door through which every change goes.

mod telling;

use std::ops::Range;

use super::memo::{Memo, Watcher};
use super::notices::Notices;
use crate::batch::{Batch, decode_batch};
use crate::cx::{End, Lookup, Seen};
use crate::entry::{EntryRef, Record, saturated};
use crate::events::Event;
use crate::expire::Expired;
use crate::functions::{Functions, Libraries, Library};
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::{Keyspace, Outcome, Sequence, ShardsMut, WriteGuards, apply, random_entry, scan};
use crate::mutation::{
    Fields, JsonChange, JsonPlace, Members, Mutation, Positions, ScoredMembers, StreamBody, Touched,
};
use crate::post::Post;
use crate::random;
use crate::rdb::Restored;
use crate::time::{Milliseconds, Now};
use crate::types::{Field, PackedJson};

/// Looks at and changes the entries of the shards that `guards` hold. Every change is applied and recorded in the batch.
///
/// A change to a key of another type does nothing and returns what "nothing there" returns: handlers look the key up
/// (which answers WRONGTYPE) before they change it.
///
/// # Panics
/// Panics for a key whose shard is not held: the scope of a command comes from the key positions in its table entry.
#[derive(Debug)]
pub struct WriteCx<'a> {
    keyspace: &'a Keyspace,
    shards: ShardsMut<'a>,
    batch: &'a mut Batch,
    now: Now,
    random: u64,
    memo: Memo<'a>,
    watcher: Watcher,
    notices: Notices<'a>,
    is_in_script: bool,
}

impl<'a> WriteCx<'a> {
    /// A context over locked shards. `random` seeds [`WriteCx::random`].
    #[must_use]
    pub fn new(
        keyspace: &'a Keyspace,
        guards: &'a mut WriteGuards<'_>,
        batch: &'a mut Batch,
        now: Now,
        random: u64,
    ) -> Self {
        let shards = guards.shards();
        let (memo, watcher, notices) = (Memo::default(), Watcher::default(), Notices::default());
        Self { keyspace, shards, batch, now, random, memo, watcher, notices, is_in_script: false }
    }

    /// Says that a script runs the command.
    #[must_use]
    pub fn in_script(self) -> Self {
        Self { is_in_script: true, ..self }
    }

    /// Remembers the hash that was computed to lock the shard of `key`, so that it is not computed again.
    #[must_use]
    pub fn with_key(self, key: &'a [u8], hash: KeyHash) -> Self {
        Self { memo: Memo::new(key, hash), ..self }
    }

    /// Gives events a way out. Without one they reach nobody.
    #[must_use]
    pub fn with_post(self, post: &'a dyn Post) -> Self {
        Self { notices: Notices::new(post), ..self }
    }

    pub(crate) fn hasher(&self) -> KeyHasher {
        self.keyspace.hasher()
    }

    /// The next number of this command's own generator.
    pub fn random(&mut self) -> u64 {
        random::next(&mut self.random)
    }

    /// Makes `key` a string, whatever it was, with this expiry or none.
    pub fn set_string(&mut self, key: &[u8], value: &[u8], expire_at_ms: Option<Milliseconds>) {
        self.replacing(key, |cx| cx.update_string(key, value, expire_at_ms));
    }

    /// The same for a change that a command makes to the string that is there.
    pub(crate) fn update_string(&mut self, key: &[u8], value: &[u8], expire_at_ms: Option<Milliseconds>) {
        let expire_at_ms = saturated(expire_at_ms);
        self.change(key, &Mutation::StringSet { key, value, expire_at_ms });
    }

    /// Writes `bytes` into the string at `offset`, extending it with zeros where needed. Creates the key; keeps the expiry.
    pub fn write_string(&mut self, key: &[u8], offset: usize, bytes: &[u8]) {
        self.change(key, &Mutation::StringWrite { key, offset: offset as u64, bytes });
    }

    /// Removes the entry. Whether a live one was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        self.change(key, &Mutation::Remove { key }) != Outcome::Unchanged
    }

    /// Removes what was found to have expired, unless it was written anew meanwhile.
    pub fn remove_expired(&mut self, expired: &Expired) {
        let hash = self.memo.hash(self.keyspace, &expired.key);
        if !self.expire(hash, &expired.key) {
            let removed =
                expired.fields.iter().filter(|field| self.expire_field(hash, &expired.key, field)).count();
            if removed > 0 {
                self.notify_taken(Event::HEXPIRED, &expired.key);
            }
        }
    }

    /// Sets or clears the expiry. Whether the key is there.
    pub fn set_expiry(&mut self, key: &[u8], expire_at_ms: Option<Milliseconds>) -> bool {
        let expire_at_ms = saturated(expire_at_ms);
        self.change(key, &Mutation::ExpirySet { key, expire_at_ms }) != Outcome::Unchanged
    }

    /// Sets one field; it does not expire afterwards. Whether it is new.
    pub fn hash_set(&mut self, key: &[u8], field: &[u8], value: &[u8]) -> bool {
        self.hash_put(key, Field { name: field, value, expire_at_ms: None })
    }

    /// Sets one field with this expiry or none. Whether it is new.
    pub fn hash_put(&mut self, key: &[u8], field: Field<'_>) -> bool {
        let hash = self.memo.hash(self.keyspace, key);
        self.expire(hash, key);
        let was_expired = self.is_field_expired(hash, key, field.name);
        let Field { name: field, value, expire_at_ms } = field;
        let outcome = match saturated(expire_at_ms) {
            None => self.mutate(hash, &Mutation::HashSet { key, field, value }),
            Some(expire_at_ms) => {
                self.mutate(hash, &Mutation::HashSetExpiring { key, field, value, expire_at_ms })
            }
        };
        was_expired || outcome == Outcome::Added
    }

    /// Sets or clears the expiry of one field. Whether the field is there.
    pub fn hash_set_expiry(&mut self, key: &[u8], field: &[u8], expire_at_ms: Option<Milliseconds>) -> bool {
        let hash = self.memo.hash(self.keyspace, key);
        self.expire(hash, key);
        if self.expire_field(hash, key, field) {
            return false;
        }
        let mutation = Mutation::HashExpirySet { key, field, expire_at_ms: saturated(expire_at_ms) };
        self.mutate(hash, &mutation) != Outcome::Unchanged
    }

    /// Removes one field, and the key with the last one. Whether a live one was there.
    pub fn hash_remove(&mut self, key: &[u8], field: &[u8]) -> bool {
        let hash = self.memo.hash(self.keyspace, key);
        self.expire(hash, key);
        !self.expire_field(hash, key, field)
            && self.mutate(hash, &Mutation::HashRemove { key, field }) != Outcome::Unchanged
    }

    /// Puts one element at an end of the list.
    pub fn list_push(&mut self, key: &[u8], end: End, element: &[u8]) {
        self.change(key, &Mutation::ListPush { key, end, element });
    }

    /// Takes one element from an end, and removes the key with the last one.
    pub fn list_pop(&mut self, key: &[u8], end: End) -> Option<Vec<u8>> {
        let list = self.list(key).ok()??;
        let index = match end {
            End::Front => 0,
            End::Back => list.len() - 1,
        };
        let element = list.get(index)?.to_vec();
        self.change(key, &Mutation::ListPop { key, end, count: 1 });
        Some(element)
    }

    /// Drops `front` elements at the head and `back` at the tail, and removes the key if nothing stays.
    pub fn list_trim(&mut self, key: &[u8], front: usize, back: usize) {
        self.change(key, &Mutation::ListTrim { key, front: front as u64, back: back as u64 });
    }

    /// Puts another element in the place of the one at `index`, which is there.
    pub fn list_set(&mut self, key: &[u8], index: usize, element: &[u8]) {
        self.change(key, &Mutation::ListSet { key, index: index as u64, element });
    }

    /// Puts an element in front of the one at `index`, which is there.
    pub fn list_insert(&mut self, key: &[u8], index: usize, element: &[u8]) {
        self.change(key, &Mutation::ListInsert { key, index: index as u64, element });
    }

    /// Takes out the elements at these indexes, which ascend, and removes the key with the last one.
    pub fn list_remove(&mut self, key: &[u8], indexes: &[usize]) {
        let mut packed = Vec::with_capacity(indexes.len());
        let mut next = 0;
        for index in indexes {
            Positions::push(&mut packed, index.saturating_sub(next));
            next = index + 1;
        }
        if let Some(positions) = Positions::new(&packed) {
            self.change(key, &Mutation::ListRemove { key, positions });
        }
    }

    /// Adds one member. Whether it is new.
    pub fn set_add(&mut self, key: &[u8], member: &[u8]) -> bool {
        self.change(key, &Mutation::SetAdd { key, member }) == Outcome::Added
    }

    /// Removes one member, and the key with the last one. Whether it was there.
    pub fn set_remove(&mut self, key: &[u8], member: &[u8]) -> bool {
        self.change(key, &Mutation::SetRemove { key, member }) != Outcome::Unchanged
    }

    /// Makes `key` a set of these members, whatever it was, without an expiry; without members it is removed.
    pub(crate) fn set_store(&mut self, key: &[u8], members: Members<'_>) {
        self.replacing(key, |cx| cx.change(key, &Mutation::SetStore { key, members }));
    }

    /// Gives one member of a sorted set a score, which is not NaN.
    pub(crate) fn set_score(&mut self, key: &[u8], member: &[u8], score: f64) -> Outcome {
        debug_assert!(!score.is_nan(), "NaN has no place in an order");
        self.change(key, &Mutation::SortedSetAdd { key, member, score })
    }

    /// Makes `key` a sorted set of these members, whatever it was, without an expiry; without members it is removed.
    pub(crate) fn sorted_set_store(&mut self, key: &[u8], members: ScoredMembers<'_>) {
        self.replacing(key, |cx| cx.change(key, &Mutation::SortedSetStore { key, members }));
    }

    /// Removes one member of a sorted set, and the key with the last one. Whether it was there.
    pub fn sorted_set_remove(&mut self, key: &[u8], member: &[u8]) -> bool {
        self.change(key, &Mutation::SortedSetRemove { key, member }) != Outcome::Unchanged
    }

    /// Removes the members of a sorted set that have these ranks, and the key if none stays.
    pub fn sorted_set_remove_range(&mut self, key: &[u8], ranks: Range<usize>) {
        let (start, count) = (ranks.start as u64, ranks.len() as u64);
        self.change(key, &Mutation::SortedSetRemoveRange { key, start, count });
    }

    /// Makes `key` this value, whatever it was, with this expiry or none; a hash without fields removes it.
    pub(crate) fn restore(&mut self, key: &[u8], value: &Restored<'_>, expire_at_ms: Option<Milliseconds>) {
        let mutation = match value {
            Restored::String(value) => return self.update_string(key, value, expire_at_ms),
            Restored::Json(document) => return self.json_set(key, document.packed(), expire_at_ms),
            Restored::List(packed) => {
                Members::new(packed).map(|elements| Mutation::ListStore { key, elements })
            }
            Restored::Set(packed) => Members::new(packed).map(|members| Mutation::SetStore { key, members }),
            Restored::Hash(packed) => Fields::new(packed).map(|fields| Mutation::HashStore { key, fields }),
            Restored::SortedSet(packed) => {
                ScoredMembers::new(packed).map(|members| Mutation::SortedSetStore { key, members })
            }
            Restored::Stream(packed) => {
                StreamBody::new(packed).map(|body| Mutation::StreamStore { key, body })
            }
        };
        debug_assert!(mutation.is_some(), "whoever restores has checked");
        if let Some(mutation) = mutation {
            self.change(key, &mutation);
            if expire_at_ms.is_some() {
                self.set_expiry(key, expire_at_ms);
            }
        }
    }

    /// Makes `key` this JSON document, whatever it was, with this expiry or none.
    pub fn json_set(&mut self, key: &[u8], value: PackedJson<'_>, expire_at_ms: Option<Milliseconds>) {
        self.change(key, &Mutation::JsonSet { key, value, expire_at_ms: saturated(expire_at_ms) });
    }

    /// Changes a JSON document at the place that positions lead to. Whether it could.
    pub fn json_change(&mut self, key: &[u8], path: &[u32], change: JsonChange<'_>) -> bool {
        let place = JsonPlace::pack(path);
        let Some(place) = JsonPlace::new(&place) else { return false };
        self.change(key, &Mutation::JsonChange { key, place, change }) != Outcome::Unchanged
    }

    /// Applies a mutation of the stream at `key`. Whether it changed anything.
    pub(crate) fn change_stream(&mut self, key: &[u8], mutation: &Mutation<'_>) -> bool {
        self.change(key, mutation) != Outcome::Unchanged
    }

    /// Gives the entry of `from` the key `to`, in place of what was there; the expiry moves along. False if `from` is
    /// absent. A rename to itself changes nothing.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        if self.entry(from).is_none() {
            return false;
        }
        if from != to {
            let to_hash = self.memo.hash(self.keyspace, to);
            self.expire(to_hash, to);
            self.change(from, &Mutation::Rename { from, to });
            // Whatever it replaced.
            self.notify(Event::NEW, to);
        }
        true
    }

    /// Makes `to` a copy of the entry of `from`, expiry included, in place of what was there. False if `from` is absent or
    /// both are the same key. However large the value, it costs its directory: the two share chunks until one changes them.
    pub fn copy(&mut self, from: &[u8], to: &[u8]) -> bool {
        if from == to || self.entry(from).is_none() {
            return false;
        }
        let to_hash = self.memo.hash(self.keyspace, to);
        self.expire(to_hash, to);
        let is_copied = self.change(from, &Mutation::Copy { from, to }) != Outcome::Unchanged;
        if is_copied {
            // Whatever it replaced.
            self.notify(Event::NEW, to);
        }
        is_copied
    }

    /// Removes every entry. Needs all shards locked.
    pub fn clear(&mut self) {
        debug_assert!(self.shards.holds_all(), "a clear holds all shards");
        if !self.is_empty() {
            self.mutate(KeyHash(0), &Mutation::Clear);
        }
    }

    /// Puts a library of functions in the place of the one of its name.
    pub fn set_library(&mut self, library: &Library) {
        let encoded = library.encoded_functions();
        if let Some(functions) = Functions::new(&encoded) {
            let (name, code) = (library.name.as_bytes(), &library.code);
            self.mutate(KeyHash(0), &Mutation::LibrarySet { name, code, functions });
        }
    }

    /// Removes a library of functions. Whether it was there.
    pub fn remove_library(&mut self, name: &[u8]) -> bool {
        self.mutate(KeyHash(0), &Mutation::LibraryRemove { name }) != Outcome::Unchanged
    }

    /// The libraries of functions.
    #[must_use]
    pub fn libraries(&self) -> Libraries {
        self.keyspace.libraries()
    }

    /// Applies a mutation of `key` after removing the entry if it has expired.
    fn change(&mut self, key: &[u8], mutation: &Mutation<'_>) -> Outcome {
        let hash = self.memo.hash(self.keyspace, key);
        self.expire(hash, key);
        self.mutate(hash, mutation)
    }

    fn expire(&mut self, hash: KeyHash, key: &[u8]) -> bool {
        let (shard, now_ms) = (self.shards.get(hash), self.now.ms());
        let expired =
            shard.is_due(now_ms) && shard.get(hash, key).is_some_and(|record| record.is_expired(now_ms));
        if expired {
            self.remove_whole(hash, key);
        }
        expired
    }

    /// Removes an entry that has expired, or of which every field has.
    #[cold]
    fn remove_whole(&mut self, hash: KeyHash, key: &[u8]) {
        let now_ms = self.now.ms();
        let record = self.shards.get(hash).get(hash, key);
        let is_due = record.and_then(Record::expire_at_ms).is_some_and(|at_ms| now_ms > at_ms);
        let fields = record.and_then(|record| Some(EntryRef::new(record).hash().ok()?.len()));
        self.mutate(hash, &Mutation::Remove { key });
        self.batch.count_expired();
        match fields.filter(|_| !is_due) {
            Some(fields) => {
                self.batch.count_expired_fields(fields);
                self.notify(Event::HEXPIRED, key);
                self.notify(Event::DEL, key);
            }
            None => self.notify(Event::EXPIRED, key),
        }
    }

    /// Removes a field if it has expired. Whether it did.
    fn expire_field(&mut self, hash: KeyHash, key: &[u8], field: &[u8]) -> bool {
        let expired = self.is_field_expired(hash, key, field);
        if expired {
            self.mutate(hash, &Mutation::HashRemove { key, field });
            self.batch.count_expired_fields(1);
        }
        expired
    }

    fn is_field_expired(&self, hash: KeyHash, key: &[u8], field: &[u8]) -> bool {
        let (shard, now_ms) = (self.shards.get(hash), self.now.ms());
        shard.is_due(now_ms)
            && shard
                .get(hash, key)
                .and_then(|record| EntryRef::new(record).hash().ok()?.field(field))
                .is_some_and(|stored| stored.is_expired(now_ms))
    }

    /// The door: applies and records. A mutation that changes nothing is not recorded.
    /// Applies and records what was recorded of copies of these entries, which are unchanged since.
    ///
    /// # Panics
    /// For a key whose shard is not held, as for every other change.
    pub fn adopt(&mut self, payload: &[u8]) {
        let decoded = decode_batch(payload, &mut |mutation| {
            if let Touched::One(key) | Touched::Two(key, _) = mutation.touched() {
                // The memo is for keys that live as long as the context.
                let hash = self.keyspace.hash(key);
                self.mutate(hash, mutation);
            }
            Ok(())
        });
        debug_assert!(decoded.is_ok(), "a batch decodes as it was encoded: {decoded:?}");
    }

    fn mutate(&mut self, hash: KeyHash, mutation: &Mutation<'_>) -> Outcome {
        let absent = self.key_to_come(hash, mutation);
        let outcome = apply(self.keyspace, &mut self.shards, hash, mutation, &mut self.batch.effects());
        debug_assert!(outcome.is_ok(), "the handler looked at the type before");
        let outcome = outcome.unwrap_or(Outcome::Unchanged);
        if outcome != Outcome::Unchanged {
            self.batch.record(mutation);
            if let Some(key) = absent {
                self.notify(Event::NEW, key);
            }
        }
        outcome
    }
}

impl Lookup for WriteCx<'_> {
    fn now(&self) -> Now {
        self.now
    }

    fn entry(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let hash = self.memo.hash(self.keyspace, key);
        self.watcher.find(self.shards.get(hash), hash, key, self.now.ms())
    }

    fn is_in_script(&self) -> bool {
        self.is_in_script
    }

    fn version(&self, key: &[u8]) -> Sequence {
        let hash = self.memo.hash(self.keyspace, key);
        self.shards.get(hash).version(hash, key)
    }

    fn seen(&self) -> Seen {
        self.watcher.seen()
    }

    fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(EntryRef<'_>)) -> u64 {
        let now_ms = self.now.ms();
        scan(&|index, look| self.shards.all().nth(index).map_or((), look), cursor, count, &mut |record| {
            self.watcher.meet(record, now_ms).into_iter().for_each(&mut *visit);
        })
    }

    fn random_entry(&self, random: u64) -> Option<EntryRef<'_>> {
        let now_ms = self.now.ms();
        random_entry(self.shards.all(), random, |record| self.watcher.meet(record, now_ms).is_some())
            .map(|record| EntryRef::at(record, self.watcher.moment(now_ms)))
    }

    fn len(&self) -> usize {
        self.shards.all().map(|shard| shard.counts().entries()).sum()
    }
}
