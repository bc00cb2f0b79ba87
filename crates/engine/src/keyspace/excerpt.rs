//! Copies of some entries, for what runs beside the database without holding anything up.

use crate::hash::KeyHash;
use crate::keyspace::{Keyspace, ReadGuards, Sequence};

/// Some entries as they were at one moment.
#[derive(Debug)]
pub struct Excerpt {
    /// The copies. Large values share their chunks with the originals.
    pub keyspace: Keyspace,
    /// The versions of the entries, or of their absence, in the order of the keys.
    pub versions: Vec<Sequence>,
}

impl Keyspace {
    /// Copies the entries at `keys`, whose shards `guards` hold.
    ///
    /// # Panics
    /// If the shard of a key is not held.
    #[must_use]
    pub fn excerpt(&self, guards: &ReadGuards<'_>, keys: &[(&[u8], KeyHash)]) -> Excerpt {
        let mut keyspace = Self::new(self.seed);
        keyspace.start = self.start;
        let shards = guards.shards();
        for (key, hash) in keys {
            if let Some(record) = shards.of(*hash).get(*hash, key) {
                keyspace.shard(super::shard_of(*hash)).write().put(*hash, record.clone());
            }
        }
        let versions = keys.iter().map(|(key, hash)| shards.of(*hash).version(*hash, key)).collect();
        Excerpt { keyspace, versions }
    }
}
