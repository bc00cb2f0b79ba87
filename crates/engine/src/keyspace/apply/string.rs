//! Mutations of strings.

use super::{Outcome, WrongType, large, new_head, swap};
use crate::entry::{Head, LargeValue, Record, saturated};
use crate::hash::KeyHash;
use crate::keyspace::{Effects, Shard};
use crate::limits::{STRING_CHUNK_BYTES, STRING_GROWN_PACKED_BYTES_MAX};
use crate::time::Milliseconds;
use crate::types::{Chunked, DataType};

impl Shard {
    pub(super) fn set_string(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        value: &[u8],
        expire_at_ms: Option<Milliseconds>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        if expire_at_ms.is_none() && !effects.records_inverses() && self.overwrite(hash, key, value, effects)
        {
            return Outcome::Changed;
        }
        let head = Head { expire_at_ms: saturated(expire_at_ms), ..new_head(DataType::String, effects) };
        let record = if value.len() <= STRING_CHUNK_BYTES {
            Record::pack(head, key, &[value])
        } else {
            large(head, key, LargeValue::String(Chunked::new(value)))
        };
        self.replace(hash, key, record, effects)
    }

    /// Overwrites a packed string of the same length that does not expire, in place.
    fn overwrite(&mut self, hash: KeyHash, key: &[u8], value: &[u8], effects: &Effects<'_>) -> bool {
        let Some(record) = self.get_mut(hash, key) else { return false };
        if record.data_type() != DataType::String || record.expire_at_ms().is_some() {
            return false;
        }
        let Some(bytes) = record.packed_mut().filter(|bytes| bytes.len() == value.len()) else {
            return false;
        };
        bytes.copy_from_slice(value);
        record.set_version(effects.sequence);
        true
    }

    pub(super) fn write_string(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        offset: usize,
        bytes: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else {
            let head = new_head(DataType::String, effects);
            let record = written(head, key, &[], offset, bytes);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::String {
            return Err(WrongType);
        }
        let end = offset.saturating_add(bytes.len());
        if !effects.records_inverses()
            && let Some(place) = record.packed_mut().and_then(|value| value.get_mut(offset..end))
        {
            place.copy_from_slice(bytes);
            record.set_version(effects.sequence);
            return Ok(Outcome::Changed);
        }
        if let Some(value) = record.packed() {
            let new = written(head, key, value, offset, bytes);
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        if let Some(entry) = record.large_mut()
            && let LargeValue::String(string) = &mut entry.value
        {
            if effects.records_inverses() {
                // The copy shares all chunks; the write then copies those that it changes.
                let old_head = Head { version: entry.version, ..head };
                effects.replaced(large(old_head, key, LargeValue::String(string.clone())));
            }
            string.write(offset, bytes);
            entry.version = effects.sequence;
        }
        Ok(Outcome::Changed)
    }
}

/// A record of `value` after a write: packed while it is short, or while it does not grow.
fn written(head: Head, key: &[u8], value: &[u8], offset: usize, bytes: &[u8]) -> Record {
    let end = offset.saturating_add(bytes.len());
    let grown = end > value.len();
    if end.max(value.len()) <= STRING_CHUNK_BYTES && (!grown || end <= STRING_GROWN_PACKED_BYTES_MAX) {
        let before = value.get(..offset).unwrap_or(value);
        let zeros = [0; STRING_GROWN_PACKED_BYTES_MAX];
        let gap = zeros.get(..offset.saturating_sub(value.len())).unwrap_or_default();
        let after = value.get(end..).unwrap_or_default();
        return Record::pack(head, key, &[before, gap, bytes, after]);
    }
    let mut string = Chunked::new(value);
    string.write(offset, bytes);
    large(head, key, LargeValue::String(string))
}
