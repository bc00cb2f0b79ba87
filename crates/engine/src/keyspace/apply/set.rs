//! Mutations of sets.

use super::{Outcome, WrongType, large, new_head, stamp, swap};
use crate::buckets::Table;
use crate::entry::{Head, LargeValue, Record};
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::{Effects, Shard};
use crate::mutation::Members;
use crate::types::packed::{self, Elements};
use crate::types::{DataType, Member};
use crate::undo::Undo;

impl Shard {
    pub(super) fn add_member(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        member: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let hasher = self.hasher();
        let Some(record) = self.get_mut(hash, key) else {
            let record = with_member(new_head(DataType::Set, effects), hasher, key, &[0], member);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Set {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            if packed::find(bytes, member).is_some() {
                return Ok(Outcome::Unchanged);
            }
            let new = with_member(head, hasher, key, bytes, member);
            swap(record, new, effects);
            return Ok(Outcome::Added);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        let LargeValue::Set(table) = &mut entry.value else { return Err(WrongType) };
        let member_hash = table.hash(member);
        if table.get(member_hash, member).is_some() {
            return Ok(Outcome::Unchanged);
        }
        table.put(member_hash, Member(member.into()));
        stamp(entry, effects);
        effects.undo_with(|| Undo::Member { key: key.into(), member: member.into(), was_there: false });
        Ok(Outcome::Added)
    }

    pub(super) fn remove_member(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        member: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Set {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let Some(place) = packed::find(bytes, member) else { return Ok(Outcome::Unchanged) };
            let left = packed::count(bytes) - 1;
            if left == 0 {
                return Ok(self.remove(hash, key, effects));
            }
            let before = bytes.get(1..place.start).unwrap_or_default();
            let after = bytes.get(place.end..).unwrap_or_default();
            let new = Record::pack(head, key, &[&packed::count_byte(left), before, after]);
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        let LargeValue::Set(table) = &mut entry.value else { return Err(WrongType) };
        let member_hash = table.hash(member);
        if table.get(member_hash, member).is_none() {
            return Ok(Outcome::Unchanged);
        }
        if table.len() == 1 {
            return Ok(self.remove(hash, key, effects));
        }
        table.take(member_hash, member);
        stamp(entry, effects);
        effects.undo_with(|| Undo::Member { key: key.into(), member: member.into(), was_there: true });
        Ok(Outcome::Changed)
    }

    /// Makes the key a set of these members, whatever it was.
    pub(super) fn store_set(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        members: Members<'_>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        let items = (DataType::Set, members.iter().count(), members.as_bytes());
        self.store(hash, key, items, effects, |hasher| LargeValue::Set(table_of(hasher, members.iter())))
    }
}

/// A record of the packed set `bytes` with one more member; a table once it outgrows its limits.
fn with_member(head: Head, hasher: KeyHasher, key: &[u8], bytes: &[u8], member: &[u8]) -> Record {
    let count = packed::count(bytes) + 1;
    let len = packed::prefix(member);
    if packed::fits(count, bytes.len() + len.as_slice().len() + member.len()) {
        let before = bytes.get(1..).unwrap_or_default();
        return Record::pack(head, key, &[&packed::count_byte(count), before, len.as_slice(), member]);
    }
    let table = table_of(hasher, Elements::new(bytes).chain([member]));
    large(head, key, LargeValue::Set(table))
}

fn table_of<'a>(hasher: KeyHasher, members: impl Iterator<Item = &'a [u8]>) -> Table<Member> {
    let mut table = Table::new(hasher, 0);
    for member in members {
        table.put(hasher.hash(member), Member(member.into()));
    }
    table
}
