//! Mutations of hashes.

use super::{Outcome, WrongType, large, new_head, stamp, swap};
use crate::entry::{Head, LargeValue, Record};
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::{Effects, Shard};
use crate::mutation::Fields;
use crate::time::Milliseconds;
use crate::types::{DataType, Field, LargeHash, PackedHash, Pair};
use crate::undo::Undo;

impl Shard {
    pub(super) fn set_field(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        field: Field<'_>,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let hasher = self.hasher();
        let Some(record) = self.get_mut(hash, key) else {
            let head = new_head(DataType::Hash, effects);
            let (record, _) = with_field(head, hasher, key, PackedHash::EMPTY, field);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Hash {
            return Err(WrongType);
        }
        let is_new = if let Some(bytes) = record.packed() {
            let (new, is_new) = with_field(head, hasher, key, PackedHash::new(bytes), field);
            swap(record, new, effects);
            is_new
        } else {
            let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
            stamp(entry, effects);
            let LargeValue::Hash(fields) = &mut entry.value else { return Err(WrongType) };
            let old = fields.put(Pair::new(field));
            let is_new = old.is_none();
            effects.undo_with(|| Undo::Field { key: key.into(), field: field.name.into(), old });
            is_new
        };
        self.lower_due(hash, field.expire_at_ms);
        Ok(if is_new { Outcome::Added } else { Outcome::Changed })
    }

    pub(super) fn set_field_expiry(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        name: &[u8],
        expire_at_ms: Option<Milliseconds>,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let hasher = self.hasher();
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Hash {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let packed = PackedHash::new(bytes);
            let Some(field) = packed.get(name) else { return Ok(Outcome::Unchanged) };
            let (new, _) = with_field(head, hasher, key, packed, Field { expire_at_ms, ..field });
            swap(record, new, effects);
        } else {
            let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
            let LargeValue::Hash(fields) = &mut entry.value else { return Err(WrongType) };
            let Some(field) = fields.get(name) else { return Ok(Outcome::Unchanged) };
            let new = Pair::new(Field { expire_at_ms, ..field });
            let old = fields.put(new);
            stamp(entry, effects);
            effects.undo_with(|| Undo::Field { key: key.into(), field: name.into(), old });
        }
        self.lower_due(hash, expire_at_ms);
        Ok(Outcome::Changed)
    }

    pub(super) fn remove_field(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        name: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Hash {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let packed = PackedHash::new(bytes);
            let Some(place) = packed.find(name) else { return Ok(Outcome::Unchanged) };
            let Some(new) = packed.without(place, name, |parts| Record::pack(head, key, parts)) else {
                return Ok(self.remove(hash, key, effects));
            };
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        let LargeValue::Hash(fields) = &mut entry.value else { return Err(WrongType) };
        if fields.get(name).is_none() {
            return Ok(Outcome::Unchanged);
        }
        if fields.table().len() == 1 {
            return Ok(self.remove(hash, key, effects));
        }
        let old = fields.take(name);
        stamp(entry, effects);
        effects.undo_with(|| Undo::Field { key: key.into(), field: name.into(), old });
        Ok(Outcome::Changed)
    }

    /// Makes the key a hash of these fields, whatever it was.
    pub(super) fn store_hash(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        fields: Fields<'_>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        if fields.iter().next().is_none() {
            return self.remove(hash, key, effects);
        }
        let (head, hasher) = (new_head(DataType::Hash, effects), self.hasher());
        let record = match PackedHash::encode(fields.iter()) {
            Some(bytes) => Record::pack(head, key, &[&bytes]),
            None => large(head, key, LargeValue::Hash(LargeHash::new(hasher, fields.iter()))),
        };
        let outcome = self.replace(hash, key, record, effects);
        self.lower_due(hash, fields.iter().filter_map(|field| field.expire_at_ms).min());
        outcome
    }

    /// Undoes the change of one field of a large hash.
    pub(crate) fn restore_field(&mut self, hash: KeyHash, key: &[u8], name: &[u8], old: Option<Pair>) {
        let Some(LargeValue::Hash(fields)) = self.large_mut(hash, key).map(|large| &mut large.value) else {
            return;
        };
        let expire_at_ms = old.as_ref().and_then(Pair::expire_at_ms);
        match old {
            Some(pair) => drop(fields.put(pair)),
            None => drop(fields.take(name)),
        }
        self.lower_due(hash, expire_at_ms);
    }
}

/// A record of the packed hash with a field set; a large one once it outgrows its limits. Also whether the field is new.
fn with_field(
    head: Head,
    hasher: KeyHasher,
    key: &[u8],
    packed: PackedHash<'_>,
    field: Field<'_>,
) -> (Record, bool) {
    let old = packed.find(field.name);
    let is_new = old.is_none();
    let record = packed.with(old, field, |parts| Record::pack(head, key, parts)).unwrap_or_else(|| {
        let fields = LargeHash::new(hasher, packed.iter().chain([field]));
        large(head, key, LargeValue::Hash(fields))
    });
    (record, is_new)
}
