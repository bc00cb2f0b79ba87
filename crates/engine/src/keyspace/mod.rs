//! The keyspace: 64 shards of entries behind locks.

use std::marker::PhantomData;

use smallvec::SmallVec;

use crate::hash::{HashSeed, KeyHash};

/// A batch's place in the log: dense, from 1.
pub type Sequence = u64;

/// Which shards a command needs.
#[derive(Debug, Clone)]
pub enum Scope {
    /// None: the command touches no key.
    None,
    /// Those of its keys.
    Keys(SmallVec<[KeyHash; 4]>),
    /// All of them.
    All,
}

/// Shards locked for reading.
#[derive(Debug)]
pub struct ReadGuards<'a>(PhantomData<&'a ()>);

/// Shards locked for writing.
#[derive(Debug)]
pub struct WriteGuards<'a>(PhantomData<&'a ()>);

/// All entries of one database.
#[derive(Debug)]
pub struct Keyspace(());

impl Keyspace {
    /// An empty keyspace under a seed.
    #[must_use]
    pub fn new(_seed: HashSeed) -> Self {
        unimplemented!()
    }
    /// The hash of a key.
    #[must_use]
    pub fn hash(&self, _key: &[u8]) -> KeyHash {
        unimplemented!()
    }
    /// Locks the shards of `scope` for reading, in shard order, each once.
    #[must_use]
    pub fn read(&self, _scope: &Scope) -> ReadGuards<'_> {
        unimplemented!()
    }
    /// Locks the shards of `scope` for writing, in shard order, each once.
    #[must_use]
    pub fn write(&self, _scope: &Scope) -> WriteGuards<'_> {
        unimplemented!()
    }
}
