//! A keyspace of a few entries that a long read has for itself.

use smallvec::SmallVec;

use crate::hash::KeyHash;
use crate::keyspace::{Keyspace, Scope, shard_of};

impl Keyspace {
    /// A keyspace that holds these entries as they are now, and nothing else: what is read there keeps nobody waiting.
    ///
    /// Their shards are locked together for as long as it takes to share the chunks of large values: a pointer for each. Absent
    /// keys have no version in it. `while_locked` runs under the locks.
    #[must_use]
    pub fn detach(&self, keys: &[(&[u8], KeyHash)], while_locked: impl FnOnce()) -> Self {
        let hashes: SmallVec<_> = keys.iter().map(|(_, hash)| *hash).collect();
        let detached = Self::new(self.seed);
        let mut guards = self.write(&Scope::Keys(hashes));
        while_locked();
        let mut shards = guards.shards();
        for (key, hash) in keys {
            if let Some(record) = shards.of(*hash).get_mut(*hash, key) {
                let copy = record.copied(key);
                detached.shard(shard_of(*hash)).write().put(*hash, copy);
            }
        }
        detached
    }
}
