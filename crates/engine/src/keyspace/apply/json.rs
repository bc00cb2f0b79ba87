//! Mutations of JSON documents.

use super::{Outcome, WrongType, large, new_head, stamp, swap, usize_of};
use crate::entry::{Head, LargeValue, Record, saturated};
use crate::hash::KeyHash;
use crate::keyspace::{Effects, Shard};
use crate::limits::JSON_PACKED_BYTES_MAX;
use crate::mutation::JsonChange;
use crate::time::Milliseconds;
use crate::types::json::{JsonInverse, Node};
use crate::types::{DataType, PackedJson};
use crate::undo::Undo;

impl Shard {
    pub(super) fn set_json(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        value: PackedJson<'_>,
        expire_at_ms: Option<Milliseconds>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        let head = Head { expire_at_ms: saturated(expire_at_ms), ..new_head(DataType::Json, effects) };
        let record = if value.as_bytes().len() <= JSON_PACKED_BYTES_MAX {
            Record::pack(head, key, &[value.as_bytes()])
        } else {
            large(head, key, LargeValue::Json(Box::new(Node::new(value))))
        };
        self.replace(hash, key, record, effects)
    }

    pub(super) fn change_json(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        path: &[u32],
        change: JsonChange<'_>,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Json {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let mut node = Node::in_record(bytes);
            if perform(&mut node, path, change).is_none() {
                return Ok(Outcome::Unchanged);
            }
            let new = match node.pack_if_small() {
                Some(packed) => Record::pack(head, key, &[&packed]),
                None => large(head, key, LargeValue::Json(Box::new(node))),
            };
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        let LargeValue::Json(node) = &mut entry.value else { return Err(WrongType) };
        let Some(inverse) = perform(node, path, change) else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        effects.undo_with(|| Undo::Json { key: key.into(), path: path.into(), inverse });
        Ok(Outcome::Changed)
    }
}

/// Makes a change; None if it does not fit what is there.
fn perform(node: &mut Node, path: &[u32], change: JsonChange<'_>) -> Option<JsonInverse> {
    node.work_at(path, &mut |node| match change {
        JsonChange::Replace(value) => Some(node.replace(value)),
        JsonChange::Insert { index, values } => node.insert(usize_of(index), values),
        JsonChange::Put { name, value } => node.put(name.as_bytes(), value),
        JsonChange::Remove(ranges) => node.remove(&ranges.ranges()),
        JsonChange::Append(text) => node.append(text),
    })
}
