//! What a handler sees of the keyspace: [`ReadCx`] looks, [`WriteCx`] also changes.

mod memo;
mod notices;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::ReadCx;
pub use write::WriteCx;

use crate::entry::EntryRef;
use crate::error::CommandError;
use crate::keyspace::Sequence;
use crate::time::{Milliseconds, Now};
use crate::types::{DataType, HashRef, JsonRef, ListRef, SetRef, SortedSetRef, StreamRef, StringRef};

/// Which end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The head, index 0.
    Front,
    /// The tail, index -1.
    Back,
}

/// What the lookups of one command touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// The largest version among the keys looked up, expired entries and tracked removals included. A reply that
    /// depends on these keys must not leave before this sequence is committed.
    pub highest_version: Sequence,
    /// Some key or field that was looked at was there, but had expired.
    pub expired: bool,
}

/// The lookups that reads and writes share. Expired entries and fields count as absent.
pub trait Lookup {
    /// The instant of this command.
    fn now(&self) -> Now;

    /// The live entry of `key`.
    fn entry(&self, key: &[u8]) -> Option<EntryRef<'_>>;

    /// The version of the entry at `key`, expired or not; if there is none, the last removal in its shard. Changes whenever
    /// the key does.
    fn version(&self, key: &[u8]) -> Sequence;

    /// What was touched so far.
    fn seen(&self) -> Seen;

    /// Whether a script runs the command.
    fn is_in_script(&self) -> bool;

    /// Walks the whole keyspace from `cursor` (0 = start) and hands out live entries until about `count` were given.
    ///
    /// Returns the next cursor, 0 at the end. Needs all shards locked, or a context that roams. An entry that stays from the first call to the
    /// last is given at least once, however the map grows meanwhile. Cursors stay below 2^53, so that they survive as
    /// JSON numbers.
    fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(EntryRef<'_>)) -> u64;

    /// A live entry drawn uniformly with `random`. Needs all shards locked.
    fn random_entry(&self, random: u64) -> Option<EntryRef<'_>>;

    /// The number of entries, expired ones that are still stored included. Needs all shards locked, or a
    /// context that roams.
    fn len(&self) -> usize;

    /// Whether the keyspace holds nothing. Needs all shards locked.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The instant in milliseconds.
    fn now_ms(&self) -> Milliseconds {
        self.now().ms()
    }

    /// The instant in microseconds.
    fn now_us(&self) -> u64 {
        self.now().us()
    }

    /// Whether a live entry has that key.
    fn exists(&self, key: &[u8]) -> bool {
        self.entry(key).is_some()
    }

    /// The type of the live entry of `key`.
    fn data_type(&self, key: &[u8]) -> Option<DataType> {
        self.entry(key).map(|entry| entry.data_type())
    }

    /// The string at `key`.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if the key holds something else.
    fn string(&self, key: &[u8]) -> Result<Option<StringRef<'_>>, CommandError> {
        self.entry(key).map(EntryRef::string).transpose()
    }

    /// The hash at `key`.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if the key holds something else.
    fn hash(&self, key: &[u8]) -> Result<Option<HashRef<'_>>, CommandError> {
        self.entry(key).map(EntryRef::hash).transpose()
    }

    /// The list at `key`.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if the key holds something else.
    fn list(&self, key: &[u8]) -> Result<Option<ListRef<'_>>, CommandError> {
        self.entry(key).map(EntryRef::list).transpose()
    }

    /// The set at `key`.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if the key holds something else.
    fn set(&self, key: &[u8]) -> Result<Option<SetRef<'_>>, CommandError> {
        self.entry(key).map(EntryRef::set).transpose()
    }

    /// The JSON document at `key`.
    ///
    /// # Errors
    /// [`DocumentError::NotJson`](crate::error::DocumentError::NotJson) if the key holds something else.
    fn json(&self, key: &[u8]) -> Result<Option<JsonRef<'_>>, CommandError> {
        self.entry(key).map(EntryRef::json).transpose()
    }

    /// The sorted set at `key`.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if the key holds something else.
    fn sorted_set(&self, key: &[u8]) -> Result<Option<SortedSetRef<'_>>, CommandError> {
        self.entry(key).map(EntryRef::sorted_set).transpose()
    }

    /// The stream at `key`.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if the key holds something else.
    fn stream(&self, key: &[u8]) -> Result<Option<StreamRef<'_>>, CommandError> {
        self.entry(key).map(EntryRef::stream).transpose()
    }
}
