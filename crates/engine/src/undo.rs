//! Inverses: what it takes to make a batch not have happened.

use crate::batch::{Batch, BatchMark};
use crate::buckets::{Keyed, Table};
use crate::cx::End;
use crate::entry::{LargeValue, Record};
use crate::functions::Libraries;
use crate::keyspace::{Garbage, Keyspace, RemovalMark, Sequence, Shard, ShardsMut, WriteGuards};
use crate::time::Milliseconds;
use crate::types::json::JsonInverse;
use crate::types::sorted_set::SortedSet;
use crate::types::stream::StreamUndo;
use crate::types::{List, Member, Pair};

/// The inverse of one step of a mutation. Undone last first.
#[derive(Debug)]
pub(crate) enum Undo {
    /// Put this record back.
    Restore(Record),
    /// There was no entry.
    Forget { key: Box<[u8]> },
    /// A removal was noted.
    Removal { shard: u8, mark: RemovalMark },
    /// A large entry had this version and expiry.
    Head { key: Box<[u8]>, version: Sequence, expire_at_ms: Option<Milliseconds> },
    /// A large hash had this field, or not.
    Field { key: Box<[u8]>, field: Box<[u8]>, old: Option<Pair> },
    /// A large set had this member, or not.
    Member { key: Box<[u8]>, member: Box<[u8]>, was_there: bool },
    /// A large sorted set had this member with this score, or not.
    Score { key: Box<[u8]>, member: Box<[u8]>, old: Option<f64> },
    /// An element was pushed to a large list.
    Pushed { key: Box<[u8]>, end: End },
    /// Elements left a large list, in this order.
    Dropped { key: Box<[u8]>, end: End, elements: Vec<Box<[u8]>> },
    /// A large list had this element here.
    Element { key: Box<[u8]>, index: usize, old: Box<[u8]> },
    /// An element was inserted into a large list.
    Inserted { key: Box<[u8]>, index: usize },
    /// Elements were taken out of a large list, each from its index before.
    Removed { key: Box<[u8]>, elements: Vec<(usize, Box<[u8]>)> },
    /// A large JSON document was changed at this place.
    Json { key: Box<[u8]>, path: Box<[u32]>, inverse: JsonInverse },
    /// Steps inside a large stream.
    Stream { key: Box<[u8]>, steps: Vec<StreamUndo> },
    /// An entry of this version was renamed, in place of another.
    Renamed { from: Box<[u8]>, to: Box<[u8]>, version: Sequence, replaced: Option<Record> },
    /// The shards were emptied.
    Cleared(Vec<Shard>),
    /// The libraries of functions were these.
    Libraries(Libraries),
}

impl Undo {
    /// Drops it; what takes time to drop becomes garbage.
    pub(crate) fn discard(self, garbage: &mut Vec<Garbage>) {
        match self {
            Self::Restore(record) | Self::Renamed { replaced: Some(record), .. } => {
                Garbage::collect(record, garbage);
            }
            Self::Cleared(shards) => garbage.push(Garbage::shards(shards)),
            Self::Forget { .. }
            | Self::Removal { .. }
            | Self::Head { .. }
            | Self::Field { .. }
            | Self::Member { .. }
            | Self::Score { .. }
            | Self::Pushed { .. }
            | Self::Dropped { .. }
            | Self::Element { .. }
            | Self::Inserted { .. }
            | Self::Removed { .. }
            | Self::Json { .. }
            | Self::Stream { .. }
            | Self::Libraries(_)
            | Self::Renamed { replaced: None, .. } => {}
        }
    }

    fn apply(self, keyspace: &Keyspace, shards: &mut ShardsMut<'_>) {
        let hash = |key: &[u8]| keyspace.hash(key);
        match self {
            Self::Restore(record) => {
                let hash = hash(record.key());
                shards.of(hash).put(hash, record);
            }
            Self::Forget { key } => {
                let hash = hash(&key);
                shards.of(hash).take(hash, &key);
            }
            Self::Removal { shard, mark } => shards.at(shard).removals.undo(mark),
            Self::Head { key, version, expire_at_ms } => {
                let hash = hash(&key);
                shards.of(hash).set_head(hash, &key, version, expire_at_ms);
            }
            Self::Field { key, field, old } => {
                let hash = hash(&key);
                shards.of(hash).restore_field(hash, &key, &field, old);
            }
            Self::Member { key, member, was_there } => {
                if let Some(table) = set_of(keyspace, shards, &key) {
                    let hash = table.hash(&member);
                    if was_there {
                        table.put(hash, Member(member));
                    } else {
                        table.take(hash, &member);
                    }
                }
            }
            Self::Score { key, member, old } => {
                if let Some(set) = sorted_set_of(keyspace, shards, &key) {
                    match old {
                        Some(score) => set.set(&member, score),
                        None => set.remove(&member),
                    };
                }
            }
            Self::Pushed { key, end } => {
                if let Some(list) = list_of(keyspace, shards, &key) {
                    list.drop_elements(end, 1, &mut |_| {});
                }
            }
            Self::Dropped { key, end, elements } => {
                if let Some(list) = list_of(keyspace, shards, &key) {
                    elements.iter().rev().for_each(|element| list.push(end, element));
                }
            }
            Self::Element { key, index, old } => {
                if let Some(list) = list_of(keyspace, shards, &key) {
                    list.set(index, &old);
                }
            }
            Self::Inserted { key, index } => {
                if let Some(list) = list_of(keyspace, shards, &key) {
                    list.remove(index);
                }
            }
            Self::Removed { key, elements } => {
                if let Some(list) = list_of(keyspace, shards, &key) {
                    match elements.as_slice() {
                        [(index, element)] => list.insert(*index, element),
                        _ => list.insert_all(elements),
                    }
                }
            }
            Self::Json { key, path, inverse } => {
                let mut inverse = Some(inverse);
                if let Some(LargeValue::Json(node)) = value_of(keyspace, shards, &key) {
                    node.work_at(&path, &mut |node| inverse.take().map(|inverse| node.undo(inverse)));
                }
            }
            Self::Stream { key, steps } => {
                if let Some(LargeValue::Stream(stream)) = value_of(keyspace, shards, &key) {
                    steps.into_iter().rev().for_each(|step| stream.undo(step));
                }
            }
            Self::Renamed { from, to, version, replaced } => {
                let (from_hash, to_hash) = (hash(&from), hash(&to));
                if let Some(record) = shards.of(to_hash).take(to_hash, &to) {
                    let mut record = record.rekeyed(&from);
                    record.set_version(version);
                    shards.of(from_hash).put(from_hash, record);
                }
                if let Some(replaced) = replaced {
                    shards.of(to_hash).put(to_hash, replaced);
                }
            }
            Self::Libraries(libraries) => keyspace.restore_libraries(libraries),
            Self::Cleared(cleared) => {
                for shard in cleared {
                    let index = shard.index();
                    *shards.at(index) = shard;
                }
            }
        }
    }
}

/// Takes back everything the batch did since [`Batch::begin`]: values, expiry and versions are exactly as before, and the
/// batch is empty again. Does nothing unless the batch recorded inverses.
///
/// The guards must hold the shards that the batch changed, with nothing changed since; several batches are undone last
/// first.
pub fn undo(keyspace: &Keyspace, guards: &mut WriteGuards<'_>, batch: &mut Batch) {
    go_back(keyspace, guards, batch, 0);
    batch.reset();
}

/// Takes back what the batch did since `mark`, likewise: for a script that fails within a transaction.
pub fn undo_to(keyspace: &Keyspace, guards: &mut WriteGuards<'_>, batch: &mut Batch, mark: BatchMark) {
    go_back(keyspace, guards, batch, mark.undo);
    batch.truncate(mark);
}

fn go_back(keyspace: &Keyspace, guards: &mut WriteGuards<'_>, batch: &mut Batch, steps: usize) {
    let mut shards = guards.shards();
    while batch.undo.len() > steps
        && let Some(step) = batch.undo.pop()
    {
        step.apply(keyspace, &mut shards);
    }
}

fn value_of<'a>(
    keyspace: &Keyspace,
    shards: &'a mut ShardsMut<'_>,
    key: &[u8],
) -> Option<&'a mut LargeValue> {
    let hash = keyspace.hash(key);
    shards.of(hash).large_mut(hash, key).map(|large| &mut large.value)
}

fn set_of<'a>(
    keyspace: &Keyspace,
    shards: &'a mut ShardsMut<'_>,
    key: &[u8],
) -> Option<&'a mut Table<Member>> {
    match value_of(keyspace, shards, key)? {
        LargeValue::Set(table) => Some(table),
        _ => None,
    }
}

fn sorted_set_of<'a>(
    keyspace: &Keyspace,
    shards: &'a mut ShardsMut<'_>,
    key: &[u8],
) -> Option<&'a mut SortedSet> {
    match value_of(keyspace, shards, key)? {
        LargeValue::SortedSet(set) => Some(set),
        _ => None,
    }
}

fn list_of<'a>(keyspace: &Keyspace, shards: &'a mut ShardsMut<'_>, key: &[u8]) -> Option<&'a mut List> {
    match value_of(keyspace, shards, key)? {
        LargeValue::List(list) => Some(list),
        _ => None,
    }
}
