//! Applying mutations to shards: the one place where entries change, for the door and for recovery alike.

mod hash;
mod json;
mod list;
mod set;
mod sorted_set;
mod stream;
mod string;

use crate::entry::{Head, Large, LargeValue, Record};
use crate::functions::Library;
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::{Effects, Keyspace, Shard, ShardsMut};
use crate::mutation::Mutation;
use crate::types::{DataType, Field, packed};
use crate::undo::Undo;

/// What a mutation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing: what it names is not there, or already there.
    Unchanged,
    /// It changed what was there.
    Changed,
    /// It added a field, a member or an entry.
    Added,
}

/// The entry has another type than the mutation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongType;

/// Applies a mutation, stamps what it changed with the batch's sequence, and leaves inverses and garbage in `effects`.
///
/// `hash` is that of the mutation's first key; others are computed.
pub(crate) fn apply(
    keyspace: &Keyspace,
    shards: &mut ShardsMut<'_>,
    hash: KeyHash,
    mutation: &Mutation<'_>,
    effects: &mut Effects<'_>,
) -> Result<Outcome, WrongType> {
    match *mutation {
        Mutation::Genesis { .. } => Ok(Outcome::Changed),
        Mutation::StringSet { key, value, expire_at_ms } => {
            Ok(shards.of(hash).set_string(hash, key, value, expire_at_ms, effects))
        }
        Mutation::StringWrite { key, offset, bytes } => {
            shards.of(hash).write_string(hash, key, usize_of(offset), bytes, effects)
        }
        Mutation::Remove { key } => Ok(shards.of(hash).remove(hash, key, effects)),
        Mutation::ExpirySet { key, expire_at_ms } => {
            Ok(shards.of(hash).set_expiry(hash, key, expire_at_ms, effects))
        }
        Mutation::HashSet { key, field, value } => {
            shards.of(hash).set_field(hash, key, Field::lasting(field, value), effects)
        }
        Mutation::HashSetExpiring { key, field: name, value, expire_at_ms } => {
            let field = Field { name, value, expire_at_ms: Some(expire_at_ms) };
            shards.of(hash).set_field(hash, key, field, effects)
        }
        Mutation::HashExpirySet { key, field, expire_at_ms } => {
            shards.of(hash).set_field_expiry(hash, key, field, expire_at_ms, effects)
        }
        Mutation::HashRemove { key, field } => shards.of(hash).remove_field(hash, key, field, effects),
        Mutation::ListPush { key, end, element } => shards.of(hash).push(hash, key, end, element, effects),
        Mutation::ListPop { key, end, count } => {
            let (front, back) = match end {
                crate::cx::End::Front => (usize_of(count), 0),
                crate::cx::End::Back => (0, usize_of(count)),
            };
            shards.of(hash).trim(hash, key, front, back, effects)
        }
        Mutation::ListTrim { key, front, back } => {
            shards.of(hash).trim(hash, key, usize_of(front), usize_of(back), effects)
        }
        Mutation::ListSet { key, index, element } => {
            shards.of(hash).set_element(hash, key, usize_of(index), element, effects)
        }
        Mutation::ListInsert { key, index, element } => {
            shards.of(hash).insert_element(hash, key, usize_of(index), element, effects)
        }
        Mutation::ListRemove { key, positions } => {
            shards.of(hash).remove_elements(hash, key, positions, effects)
        }
        Mutation::SetAdd { key, member } => shards.of(hash).add_member(hash, key, member, effects),
        Mutation::SetRemove { key, member } => shards.of(hash).remove_member(hash, key, member, effects),
        Mutation::SetStore { key, members } => Ok(shards.of(hash).store_set(hash, key, members, effects)),
        Mutation::ListStore { key, elements } => Ok(shards.of(hash).store_list(hash, key, elements, effects)),
        Mutation::HashStore { key, fields } => Ok(shards.of(hash).store_hash(hash, key, fields, effects)),
        Mutation::SortedSetAdd { key, member, score } => {
            shards.of(hash).set_score(hash, key, member, score, effects)
        }
        Mutation::SortedSetRemove { key, member } => {
            shards.of(hash).remove_scored(hash, key, member, effects)
        }
        Mutation::SortedSetRemoveRange { key, start, count } => {
            let start = usize_of(start);
            let ranks = start..start.saturating_add(usize_of(count));
            shards.of(hash).remove_scored_range(hash, key, ranks, effects)
        }
        Mutation::SortedSetStore { key, members } => {
            Ok(shards.of(hash).store_sorted_set(hash, key, members, effects))
        }
        Mutation::JsonSet { key, value, expire_at_ms } => {
            Ok(shards.of(hash).set_json(hash, key, value, expire_at_ms, effects))
        }
        Mutation::JsonChange { key, place, change } => {
            shards.of(hash).change_json(hash, key, &place.positions(), change, effects)
        }
        Mutation::StreamStore { key, body } => Ok(shards.of(hash).store_stream(hash, key, body, effects)),
        Mutation::StreamAdd { .. }
        | Mutation::StreamDelete { .. }
        | Mutation::StreamTrim { .. }
        | Mutation::StreamHeadSet { .. }
        | Mutation::GroupSet { .. }
        | Mutation::GroupRemove { .. }
        | Mutation::ConsumerSet { .. }
        | Mutation::ConsumerRemove { .. }
        | Mutation::PendingSet { .. }
        | Mutation::PendingRemove { .. }
        | Mutation::GroupDeliver { .. } => shards.of(hash).apply_to_stream(hash, mutation, effects),
        Mutation::Rename { from, to } => Ok(rename(shards, hash, from, keyspace.hash(to), to, effects)),
        Mutation::Copy { from, to } => Ok(copy(shards, hash, from, keyspace.hash(to), to, effects)),
        Mutation::Clear => Ok(clear(shards, effects)),
        Mutation::LibrarySet { name, code, functions } => {
            Ok(keyspace.set_library(Library::decoded(name, code, functions), effects))
        }
        Mutation::LibraryRemove { name } => Ok(keyspace.remove_library(name, effects)),
    }
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn rename(
    shards: &mut ShardsMut<'_>,
    from_hash: KeyHash,
    from: &[u8],
    to_hash: KeyHash,
    to: &[u8],
    effects: &mut Effects<'_>,
) -> Outcome {
    if from == to {
        return Outcome::Unchanged;
    }
    let Some(record) = shards.of(from_hash).take(from_hash, from) else { return Outcome::Unchanged };
    let version = record.version();
    let mut record = record.rekeyed(to);
    record.set_version(effects.sequence);
    let replaced = shards.of(to_hash).put(to_hash, record);
    match &mut effects.undo {
        Some(undo) => undo.push(Undo::Renamed { from: from.into(), to: to.into(), version, replaced }),
        None => replaced.into_iter().for_each(|old| effects.replaced(old)),
    }
    shards.of(from_hash).note_removal(from_hash, effects);
    Outcome::Changed
}

fn copy(
    shards: &mut ShardsMut<'_>,
    from_hash: KeyHash,
    from: &[u8],
    to_hash: KeyHash,
    to: &[u8],
    effects: &mut Effects<'_>,
) -> Outcome {
    if from == to {
        return Outcome::Unchanged;
    }
    let Some(record) = shards.of(from_hash).get_mut(from_hash, from) else { return Outcome::Unchanged };
    let mut record = record.copied(to);
    record.set_version(effects.sequence);
    shards.of(to_hash).replace(to_hash, to, record, effects)
}

fn clear(shards: &mut ShardsMut<'_>, effects: &mut Effects<'_>) -> Outcome {
    let sequence = effects.sequence;
    effects.cleared((0..Keyspace::SHARDS).map(|index| shards.at(index).clear(sequence)).collect());
    Outcome::Changed
}

impl Shard {
    fn remove(&mut self, hash: KeyHash, key: &[u8], effects: &mut Effects<'_>) -> Outcome {
        let Some(old) = self.take(hash, key) else { return Outcome::Unchanged };
        effects.replaced(old);
        self.note_removal(hash, effects);
        Outcome::Changed
    }

    fn note_removal(&mut self, hash: KeyHash, effects: &mut Effects<'_>) {
        let mark = self.removals.note(effects.sequence, hash.0, effects.committed);
        let shard = self.index();
        effects.undo_with(|| Undo::Removal { shard, mark });
    }

    fn set_expiry(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        expire_at_ms: Option<u64>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        let Some(record) = self.get(hash, key) else { return Outcome::Unchanged };
        if effects.records_inverses() {
            let head = record.head();
            // A small record is a few bytes more to undo than a large one's head, and takes the same path.
            let inverse = match record.packed() {
                Some(packed) => Undo::Restore(Record::pack(head, key, &[packed])),
                None => head_inverse(key, head),
            };
            effects.undo_with(|| inverse);
        }
        self.set_head(hash, key, effects.sequence, expire_at_ms);
        Outcome::Changed
    }

    /// Makes the key a collection of `count` items, which are packed in `bytes`, or what `large` makes of them where they are
    /// too many for that; without items it goes.
    fn store(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        (data_type, count, bytes): (DataType, usize, &[u8]),
        effects: &mut Effects<'_>,
        large_value: impl FnOnce(KeyHasher) -> LargeValue,
    ) -> Outcome {
        if count == 0 {
            return self.remove(hash, key, effects);
        }
        let head = new_head(data_type, effects);
        let record = if packed::fits(count, bytes.len() + 1) {
            Record::pack(head, key, &[&packed::count_byte(count), bytes])
        } else {
            large(head, key, large_value(self.hasher()))
        };
        self.replace(hash, key, record, effects)
    }

    /// Stores a record in place of whatever has its key.
    fn replace(&mut self, hash: KeyHash, key: &[u8], record: Record, effects: &mut Effects<'_>) -> Outcome {
        match self.put(hash, record) {
            Some(old) => {
                effects.replaced(old);
                Outcome::Changed
            }
            None => {
                effects.created(key);
                Outcome::Added
            }
        }
    }
}

/// The head of a new entry without expiry.
fn new_head(data_type: DataType, effects: &Effects<'_>) -> Head {
    Head { version: effects.sequence, data_type, expire_at_ms: None }
}

/// A large record.
fn large(head: Head, key: &[u8], value: LargeValue) -> Record {
    Record::Large(Box::new(Large {
        version: head.version,
        expire_at_ms: head.expire_at_ms,
        key: key.into(),
        value,
    }))
}

/// Puts `new` in the place of `old`, which has the same key, type and expiry.
fn swap(old: &mut Record, new: Record, effects: &mut Effects<'_>) {
    effects.replaced(std::mem::replace(old, new));
}

fn head_inverse(key: &[u8], head: Head) -> Undo {
    Undo::Head { key: key.into(), version: head.version, expire_at_ms: head.expire_at_ms }
}

/// Stamps a large entry that is about to change inside.
fn stamp(large: &mut Large, effects: &mut Effects<'_>) {
    let head =
        Head { version: large.version, data_type: large.value.data_type(), expire_at_ms: large.expire_at_ms };
    effects.undo_with(|| head_inverse(&large.key, head));
    large.version = effects.sequence;
}
