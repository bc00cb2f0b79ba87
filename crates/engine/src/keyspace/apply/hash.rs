//! Mutations of hashes.

use super::{Outcome, WrongType, large, new_head, stamp, swap};
use crate::buckets::Table;
use crate::entry::{Head, LargeValue, Record};
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::{Effects, Shard};
use crate::types::packed::{self, Elements, Pairs};
use crate::types::{DataType, Pair};
use crate::undo::Undo;

impl Shard {
    pub(super) fn set_field(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        field: &[u8],
        value: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let hasher = self.hasher();
        let Some(record) = self.get_mut(hash, key) else {
            let (record, _) = with_field(new_head(DataType::Hash, effects), hasher, key, &[0], field, value);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Hash {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let (new, outcome) = with_field(head, hasher, key, bytes, field, value);
            swap(record, new, effects);
            return Ok(outcome);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::Hash(table) = &mut entry.value else { return Err(WrongType) };
        let (old, _) = table.put(table.hash(field), Pair::new(field, value));
        let outcome = if old.is_some() { Outcome::Changed } else { Outcome::Added };
        effects.undo_with(|| Undo::Field { key: key.into(), field: field.into(), old });
        Ok(outcome)
    }

    pub(super) fn remove_field(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        field: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Hash {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let Some((start, value)) = packed::find_pair(bytes, field) else { return Ok(Outcome::Unchanged) };
            let left = packed::count(bytes) - 1;
            if left == 0 {
                return Ok(self.remove(hash, key, effects));
            }
            let before = bytes.get(1..start).unwrap_or_default();
            let after = bytes.get(value.end..).unwrap_or_default();
            let new = Record::pack(head, key, &[&packed::count_byte(left), before, after]);
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        let LargeValue::Hash(table) = &mut entry.value else { return Err(WrongType) };
        let field_hash = table.hash(field);
        if table.get(field_hash, field).is_none() {
            return Ok(Outcome::Unchanged);
        }
        if table.len() == 1 {
            return Ok(self.remove(hash, key, effects));
        }
        let old = table.take(field_hash, field);
        stamp(entry, effects);
        effects.undo_with(|| Undo::Field { key: key.into(), field: field.into(), old });
        Ok(Outcome::Changed)
    }
}

/// A record of the packed hash `bytes` with a field set; a table once it outgrows its limits.
fn with_field(
    head: Head,
    hasher: KeyHasher,
    key: &[u8],
    bytes: &[u8],
    field: &[u8],
    value: &[u8],
) -> (Record, Outcome) {
    let count = packed::count(bytes);
    let (field_len, value_len) = (packed::prefix(field), packed::prefix(value));
    let old = packed::find_pair(bytes, field);
    let outcome = if old.is_some() { Outcome::Changed } else { Outcome::Added };
    let new_count = if old.is_some() { count } else { count + 1 };
    let new_bytes = bytes.len() - old.as_ref().map_or(0, |(start, value)| value.end - start)
        + (field_len.as_slice().len() + field.len() + value_len.as_slice().len() + value.len());
    if !packed::fits(new_count, new_bytes) {
        let mut table = Table::new(hasher, 0);
        for (field, value) in Pairs(Elements::new(bytes)) {
            table.put(hasher.hash(field), Pair::new(field, value));
        }
        table.put(hasher.hash(field), Pair::new(field, value));
        return (large(head, key, LargeValue::Hash(table)), outcome);
    }
    let count = packed::count_byte(new_count);
    let record = match old {
        Some((_, old)) => {
            let before = bytes.get(1..old.start).unwrap_or_default();
            let after = bytes.get(old.end..).unwrap_or_default();
            Record::pack(head, key, &[&count, before, value_len.as_slice(), value, after])
        }
        None => {
            let before = bytes.get(1..).unwrap_or_default();
            let parts: [&[u8]; 6] =
                [&count, before, field_len.as_slice(), field, value_len.as_slice(), value];
            Record::pack(head, key, &parts)
        }
    };
    (record, outcome)
}
