//! The table behind the keyspace, large hashes, sets and sorted sets: extendible hashing with small buckets.
//!
//! A bucket holds up to [`bucket::BUCKET_RECORDS_MAX`] records and one tag byte (8 hash bits) for each. A directory maps
//! the top bits of a hash to its bucket. A full bucket splits in two by the next hash bit; when its depth passes that of
//! its part of the directory, the part doubles. So an insert moves at most one bucket's records, whatever the table holds.
//!
//! Buckets partition the hash space in order, which gives a scan cursor that survives growth: the first 48-bit hash
//! prefix after the last bucket returned. Buckets never merge; one that empties frees its records, not itself.
//!
//! A copy of a table shares the chunks its buckets lie in, until either of the two changes something there.

mod bucket;
mod directory;
mod scan;
#[cfg(test)]
mod tests;

use bucket::Bucket;
pub(crate) use bucket::NEVER_DUE;
use directory::Directory;
pub(crate) use scan::CURSOR_BITS;

use crate::chunk::Chunks;
use crate::hash::KeyHasher;
use crate::limits::TABLE_DEPTH_MAX;
use crate::memory::Samples;

/// Buckets per chunk, some 2,200 records.
const CHUNK_BUCKETS: usize = 64;

/// Slots that a draw looks at before it counts records instead: enough unless nearly all are empty.
const DRAW_TRIES: usize = 256;

/// Records that know their key.
pub(crate) trait Keyed: Clone {
    fn key(&self) -> &[u8];
}

impl Keyed for &[u8] {
    fn key(&self) -> &[u8] {
        self
    }
}

/// Where the keys of a table's records are: in the records, or in a structure beside the table that they point into.
pub(crate) trait KeySource<R> {
    fn key<'a>(&'a self, record: &'a R) -> &'a [u8];
}

/// The source of records that know their key.
#[derive(Debug, Clone, Copy)]
struct OwnKeys;

impl<R: Keyed> KeySource<R> for OwnKeys {
    #[inline]
    fn key<'a>(&'a self, record: &'a R) -> &'a [u8] {
        record.key()
    }
}

/// An unordered map of records by their key. A clone of a record is what a copy of the table gets when one of the two
/// changes.
#[derive(Debug, Clone)]
pub(crate) struct Table<R> {
    hasher: KeyHasher,
    /// Top bits of the hash that are the same for all records (they chose the shard).
    skip_bits: u32,
    directory: Directory,
    buckets: Chunks<Bucket<R>, CHUNK_BUCKETS>,
    len: usize,
}

/// A hash as the table uses it: prefix on top, tag in the second lowest byte; the scan's 48 bits and the tag are disjoint.
#[derive(Debug, Clone, Copy)]
struct Placed(u64);

impl Placed {
    fn tag(self) -> u8 {
        ((self.0 >> 8) & 0xff) as u8
    }

    fn bit(self, depth: u8) -> bool {
        (self.0 << depth) >> 63 == 1
    }
}

impl<R: Clone> Table<R> {
    pub(crate) fn new(hasher: KeyHasher, skip_bits: u32) -> Self {
        let mut buckets = Chunks::new();
        buckets.push(Bucket::new(0));
        Self { hasher, skip_bits, directory: Directory::new(), buckets, len: 0 }
    }

    /// A copy that costs the directory and a pointer for each chunk: the records stay shared until either table changes
    /// their chunk.
    pub(crate) fn share(&mut self) -> Self {
        Self { directory: self.directory.clone(), buckets: self.buckets.share(), ..*self }
    }

    pub(crate) fn hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// Bytes that it takes, where `part` says what a record takes outside of its slot.
    pub(crate) fn memory_bytes(&self, samples: Samples, part: impl Fn(&R) -> usize) -> usize {
        let slots = self.len * size_of::<R>() + self.buckets.len() * size_of::<Bucket<R>>();
        slots + self.directory.memory_bytes() + samples.sum(self.len, self.iter().map(part))
    }

    pub(crate) fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn bucket_count(&self) -> u32 {
        u32::try_from(self.buckets.len()).unwrap_or(u32::MAX)
    }

    /// The record of a key.
    pub(crate) fn find(&self, keys: &impl KeySource<R>, hash: u64, key: &[u8]) -> Option<&R> {
        let placed = self.place(hash);
        self.bucket(self.bucket_of(placed))?.find(placed.tag(), |record| keys.key(record) == key)
    }

    /// Adds a record whose key no other has. Says in which bucket it is.
    pub(crate) fn insert(&mut self, keys: &impl KeySource<R>, hash: u64, record: R) -> u32 {
        let placed = self.place(hash);
        let mut id = self.bucket_of(placed);
        while self.bucket(id).is_some_and(Bucket::is_full) && self.split(keys, id, placed) {
            id = self.bucket_of(placed);
        }
        if let Some(bucket) = self.bucket_mut(id) {
            bucket.push(placed.tag(), record);
            self.len += 1;
        }
        id
    }

    /// Takes the record of a key out.
    pub(crate) fn remove(&mut self, keys: &impl KeySource<R>, hash: u64, key: &[u8]) -> Option<R> {
        let placed = self.place(hash);
        let id = self.bucket_of(placed);
        let (hasher, skip_bits) = (self.hasher, self.skip_bits);
        let tag_of = |record: &R| Placed(hasher.hash(keys.key(record)) << skip_bits).tag();
        let is_it = |record: &R| keys.key(record) == key;
        let record = self.bucket_mut(id)?.take(placed.tag(), is_it, tag_of)?;
        self.len -= 1;
        Some(record)
    }

    /// All records, bucket by bucket in the order the buckets were made.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &R> {
        self.buckets.iter().flat_map(|bucket| bucket.records().iter())
    }

    /// A record drawn uniformly with the numbers that `random` gives.
    pub(crate) fn random(&self, random: u64) -> Option<&R> {
        if self.len == 0 {
            return None;
        }
        // One slot of all slots of all buckets; empty ones are drawn again. In a sparse table that may go on for long: then
        // one of all records is counted to.
        let mut state = random;
        for _ in 0..DRAW_TRIES {
            let drawn = crate::random::next(&mut state);
            let id = u32::try_from(drawn % u64::from(self.bucket_count())).unwrap_or(0);
            let index = usize::try_from((drawn >> 32) % bucket::BUCKET_RECORDS_MAX as u64).unwrap_or(0);
            if let Some(record) = self.bucket(id).and_then(|bucket| bucket.records().get(index)) {
                return Some(record);
            }
        }
        let mut left = usize::try_from(state % self.len as u64).unwrap_or(0);
        self.buckets.iter().map(Bucket::records).find_map(|records| {
            let drawn = records.get(left);
            left = left.saturating_sub(records.len());
            drawn
        })
    }

    /// Whether drawing that many records one by one costs clearly less than a walk over all of them: a draw looks at as
    /// many slots as there are for each record.
    pub(crate) fn draws_are_cheap(&self, count: usize) -> bool {
        let slots = self.buckets.len() * bucket::BUCKET_RECORDS_MAX;
        count.saturating_mul(slots) <= self.len.saturating_mul(self.len) / 4
    }

    /// The smallest expiry that a bucket was marked with; a lower bound. [`NEVER_DUE`] = none.
    pub(crate) fn due_ms(&self, bucket: u32) -> u64 {
        self.bucket(bucket).map_or(NEVER_DUE, |bucket| bucket.due_ms)
    }

    pub(crate) fn set_due_ms(&mut self, bucket: u32, due_ms: u64) {
        if let Some(bucket) = self.bucket_mut(bucket) {
            bucket.due_ms = due_ms;
        }
    }

    /// The bucket that a hash belongs to.
    pub(crate) fn bucket_id(&self, hash: u64) -> u32 {
        self.bucket_of(self.place(hash))
    }

    /// The records of one bucket.
    pub(crate) fn bucket_records(&self, bucket: u32) -> &[R] {
        self.bucket(bucket).map_or(&[], Bucket::records)
    }

    /// The records of one bucket, to be changed without changing their keys.
    pub(crate) fn bucket_records_mut(&mut self, bucket: u32) -> &mut [R] {
        self.bucket_mut(bucket).map_or(&mut [], Bucket::records_mut)
    }

    fn place(&self, hash: u64) -> Placed {
        Placed(hash << self.skip_bits)
    }

    fn bucket_of(&self, placed: Placed) -> u32 {
        self.directory.get(placed.0)
    }

    fn bucket(&self, id: u32) -> Option<&Bucket<R>> {
        self.buckets.get(id as usize)
    }

    fn bucket_mut(&mut self, id: u32) -> Option<&mut Bucket<R>> {
        self.buckets.get_mut(id as usize)
    }

    /// Splits the bucket `id`, in which `placed` lies. False at the depth limit: then the bucket overflows.
    fn split(&mut self, keys: &impl KeySource<R>, id: u32, placed: Placed) -> bool {
        let Some(depth) = self.bucket(id).map(|bucket| bucket.depth) else { return false };
        // Honest hashes stay within a few bits of the average depth; deeper means that they collide.
        let honest = u8::try_from(self.bucket_count().ilog2()).unwrap_or(u8::MAX).saturating_add(8);
        if depth >= honest.min(TABLE_DEPTH_MAX) {
            return false;
        }
        let (hasher, skip_bits) = (self.hasher, self.skip_bits);
        let place = |record: &R| {
            let placed = Placed(hasher.hash(keys.key(record)) << skip_bits);
            (placed.bit(depth), placed.tag())
        };
        let Some(sibling) = self.bucket_mut(id).map(|bucket| bucket.split(place)) else { return false };
        let sibling_id = self.bucket_count();
        self.buckets.push(sibling);
        self.directory.split(placed.0, depth, sibling_id);
        true
    }
}

impl<R: Keyed> Table<R> {
    pub(crate) fn get(&self, hash: u64, key: &[u8]) -> Option<&R> {
        self.find(&OwnKeys, hash, key)
    }

    pub(crate) fn get_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut R> {
        let placed = self.place(hash);
        let id = self.bucket_of(placed);
        self.bucket_mut(id)?.find_mut(placed.tag(), |record| record.key() == key)
    }

    /// Puts a record in place of the one with its key, which is returned, or adds it. Also says in which bucket it is.
    pub(crate) fn put(&mut self, hash: u64, record: R) -> (Option<R>, u32) {
        if let Some(old) = self.get_mut(hash, record.key()) {
            return (Some(std::mem::replace(old, record)), self.bucket_id(hash));
        }
        (None, self.insert(&OwnKeys, hash, record))
    }

    pub(crate) fn take(&mut self, hash: u64, key: &[u8]) -> Option<R> {
        self.remove(&OwnKeys, hash, key)
    }
}
