//! What applying a mutation leaves behind besides the change: inverses and garbage.

use crate::entry::Record;
use crate::keyspace::{Sequence, Shard};
use crate::undo::Undo;

/// The stamp of the batch being applied, and where inverses and garbage go.
#[derive(Debug)]
pub(crate) struct Effects<'a> {
    pub(crate) sequence: Sequence,
    pub(crate) committed: Sequence,
    /// None: nobody will ask to undo.
    pub(crate) undo: Option<&'a mut Vec<Undo>>,
    pub(crate) garbage: &'a mut Vec<Garbage>,
}

impl Effects<'_> {
    pub(super) fn records_inverses(&self) -> bool {
        self.undo.is_some()
    }

    /// Notes the inverse of a step, if anyone wants it.
    pub(super) fn undo_with(&mut self, inverse: impl FnOnce() -> Undo) {
        if let Some(undo) = &mut self.undo {
            undo.push(inverse());
        }
    }

    /// A record went, or another took its place.
    pub(super) fn replaced(&mut self, old: Record) {
        match &mut self.undo {
            Some(undo) => undo.push(Undo::Restore(old)),
            None => Garbage::collect(old, self.garbage),
        }
    }

    /// An entry came where none was.
    pub(super) fn created(&mut self, key: &[u8]) {
        self.undo_with(|| Undo::Forget { key: key.into() });
    }

    /// Shards were emptied.
    pub(crate) fn cleared(&mut self, shards: Vec<Shard>) {
        match &mut self.undo {
            Some(undo) => undo.push(Undo::Cleared(shards)),
            None => self.garbage.push(Garbage::shards(shards)),
        }
    }
}

/// A big value that is no longer part of the keyspace. Dropping it frees it, which takes time.
#[derive(Debug)]
pub struct Garbage(#[expect(dead_code, reason = "held only to be dropped elsewhere")] Kind);

#[derive(Debug)]
#[expect(dead_code, reason = "held only to be dropped elsewhere")]
enum Kind {
    Record(Record),
    Shards(Vec<Shard>),
}

impl Garbage {
    /// Keeps the record if it is big, drops it otherwise.
    pub(crate) fn collect(record: Record, garbage: &mut Vec<Self>) {
        if matches!(&record, Record::Large(large) if large.value.is_garbage()) {
            garbage.push(Self(Kind::Record(record)));
        }
    }

    pub(crate) fn shards(shards: Vec<Shard>) -> Self {
        Self(Kind::Shards(shards))
    }
}
