//! The keyspace: 64 shards of entries behind locks.

mod apply;
mod detach;
mod digest;
mod effects;
mod excerpt;
mod guards;
mod removals;
mod scan;
mod shard;

use std::sync::Arc;

use parking_lot::RwLock;

pub(crate) use apply::{Outcome, apply};
pub use digest::Digest;
pub(crate) use effects::Effects;
pub use effects::Garbage;
pub use excerpt::Excerpt;
pub use guards::{ReadGuards, Scope, WriteGuards};
pub(crate) use guards::{Shards, ShardsMut};
pub(crate) use removals::RemovalMark;
pub(crate) use scan::{random_entry, scan};
pub use shard::Counts;
pub(crate) use shard::Shard;

use crate::expire::{Collector, Expired, ExpiredSlice};
use crate::functions::{FunctionRecord, Libraries, Library};
use crate::hash::{HashSeed, KeyHash, KeyHasher};
use crate::time::Milliseconds;
use crate::undo::Undo;
use crate::version::VersionStamp;

/// A batch's place in the log: dense, from 1.
pub type Sequence = u64;

/// Bits of a key's hash that choose its shard.
const SHARD_BITS: u32 = 6;

/// All entries of one database.
///
/// A key's hash chooses its shard by the top six bits, its bucket by the next, its tag in the bucket by others still.
#[derive(Debug)]
pub struct Keyspace {
    seed: HashSeed,
    hasher: KeyHasher,
    /// Tells the versions of one start from those of another.
    start: u64,
    shards: [RwLock<Shard>; Self::SHARDS as usize],
    libraries: RwLock<Libraries>,
}

impl Keyspace {
    /// How many shards there are.
    pub const SHARDS: u8 = 1 << SHARD_BITS;

    /// An empty keyspace under a seed.
    #[must_use]
    pub fn new(seed: HashSeed) -> Self {
        let hasher = KeyHasher::new(seed);
        let shard = |index| RwLock::new(Shard::new(u8::try_from(index).unwrap_or(u8::MAX), hasher));
        Self { seed, hasher, start: 0, shards: std::array::from_fn(shard), libraries: RwLock::default() }
    }

    /// Makes the versions that clients are told from now on worth nothing after another start, which draws another number.
    ///
    /// For a log that a crash may have cut short of what clients were told: it gives the same sequences out again.
    pub fn begin_start(&mut self, start: u64) {
        self.start = start;
    }

    /// What the versions of one key, of this database and start, have in common.
    pub(crate) fn version_stamp(&self, hash: KeyHash) -> VersionStamp {
        let words = [self.start.to_le_bytes(), hash.0.to_le_bytes()];
        VersionStamp::of(self.hasher.hash(&[VersionStamp::DOMAIN, words.as_flattened()].concat()))
    }

    /// The seed its keys are hashed under.
    #[must_use]
    pub fn seed(&self) -> HashSeed {
        self.seed
    }

    pub(crate) fn hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// The hash of a key.
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> KeyHash {
        KeyHash(self.hasher.hash(key))
    }

    /// Locks the shards of `scope` for reading, in shard order, each once. Allocates nothing for up to four keys.
    #[must_use]
    pub fn read(&self, scope: &Scope) -> ReadGuards<'_> {
        ReadGuards::lock(self, scope)
    }

    /// [`Keyspace::read`] that asks now and then whether to give up, while somebody else holds a shard. None if it did.
    #[must_use]
    pub fn read_unless(&self, scope: &Scope, gives_up: &dyn Fn() -> bool) -> Option<ReadGuards<'_>> {
        ReadGuards::lock_unless(self, scope, gives_up)
    }

    /// Locks the shards of `scope` for writing, in shard order, each once. Allocates nothing for up to four keys.
    #[must_use]
    pub fn write(&self, scope: &Scope) -> WriteGuards<'_> {
        WriteGuards::lock(self, scope)
    }

    /// Finds what has expired in one shard, visiting at most `buckets_max` due buckets of some 35 entries under its lock.
    ///
    /// Removes nothing: the caller does that through the door
    /// ([`WriteCx::remove_expired`](crate::cx::WriteCx::remove_expired)).
    #[must_use]
    pub fn expired_slice(&self, shard: u8, now_ms: Milliseconds, buckets_max: usize) -> ExpiredSlice {
        let shard = self.shard(shard);
        let next_due_ms = shard.read().next_due_ms();
        if next_due_ms.is_none_or(|due_ms| now_ms <= due_ms) {
            return ExpiredSlice { next_due_ms, ..ExpiredSlice::default() };
        }
        shard.write().expired_slice(now_ms, buckets_max)
    }

    /// Finds what has expired of the entries at `keys`, the first of it if it is much. Locks their shards one after another,
    /// and removes nothing, like [`Keyspace::expired_slice`].
    #[must_use]
    pub fn expired_of<'k>(
        &self,
        keys: impl IntoIterator<Item = (&'k [u8], KeyHash)>,
        now_ms: Milliseconds,
    ) -> Vec<Expired> {
        let mut collector = Collector::default();
        for (key, hash) in keys {
            if !collector.is_full() {
                self.shard(shard_of(hash)).write().collect_expired(hash, key, now_ms, &mut collector);
            }
        }
        collector.expired
    }

    /// The libraries of functions as they are now.
    #[must_use]
    pub fn libraries(&self) -> Libraries {
        self.libraries.read().clone()
    }

    /// The function of that name, with its library.
    #[must_use]
    pub fn function(&self, name: &[u8]) -> Option<(Arc<Library>, FunctionRecord)> {
        let libraries = self.libraries.read();
        let (library, function) = libraries.function(std::str::from_utf8(name).ok()?)?;
        Some((Arc::clone(library), function.clone()))
    }

    fn set_library(&self, library: Library, effects: &mut Effects<'_>) -> Outcome {
        let mut libraries = self.libraries.write();
        effects.undo_with(|| Undo::Libraries(libraries.clone()));
        libraries.put(library, effects.sequence);
        Outcome::Changed
    }

    fn remove_library(&self, name: &[u8], effects: &mut Effects<'_>) -> Outcome {
        let mut libraries = self.libraries.write();
        let Some(name) = std::str::from_utf8(name).ok().filter(|name| libraries.get(name).is_some()) else {
            return Outcome::Unchanged;
        };
        effects.undo_with(|| Undo::Libraries(libraries.clone()));
        libraries.remove(name, effects.sequence);
        Outcome::Changed
    }

    pub(crate) fn restore_libraries(&self, libraries: Libraries) {
        *self.libraries.write() = libraries;
    }

    /// Counts of all shards, locked one after another: right only when nothing changes meanwhile.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.shards.iter().for_each(|shard| counts.add(shard.read().counts()));
        counts
    }

    /// A digest of every entry. Locks all shards and walks everything: for tests and comparisons.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let guards = self.read(&Scope::All);
        let mut digest = Digest::default();
        guards.shards().all().flat_map(|shard| shard.table().iter()).for_each(|record| digest.add(record));
        self.libraries.read().iter().for_each(|library| digest.add_library(library));
        digest
    }

    /// Shows one shard under its lock.
    pub(crate) fn look_at(&self, index: usize, look: &mut dyn FnMut(&Shard)) {
        self.shards.get(index).into_iter().for_each(|shard| look(&shard.read()));
    }

    /// The digest of one entry, its key included. `None`: there is none.
    #[must_use]
    pub fn entry_digest(&self, key: &[u8]) -> Option<Digest> {
        let hash = self.hash(key);
        let shard = self.shard(shard_of(hash)).read();
        let mut digest = Digest::default();
        digest.add(shard.get(hash, key)?);
        Some(digest)
    }

    fn shard(&self, index: u8) -> &RwLock<Shard> {
        self.shards.get(usize::from(index)).expect("shard indexes have six bits")
    }
}

fn shard_of(hash: KeyHash) -> u8 {
    (hash.0 >> (64 - SHARD_BITS)) as u8
}
