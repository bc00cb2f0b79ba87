//! Applying batches that were recorded before: recovery and replicas. Runs no handler.

use smallvec::SmallVec;

use crate::batch::{BatchError, BatchHeader, decode_batch};
use crate::hash::{HashSeed, KeyHash};
use crate::keyspace::{Effects, Garbage, Keyspace, Scope, ShardsMut, apply};
use crate::mutation::{Mutation, Touched};

/// Applies a payload under the locks of all its shards, as a whole or not at all.
///
/// Mutations whose effect is there already (the version of the entry, or of its absence, is not older than the batch) are
/// skipped, so a batch that is met twice changes nothing. Big values that it replaced are pushed to `garbage`.
///
/// # Errors
/// [`BatchError`] if the bytes make no sense: nothing was applied. [`BatchError::WrongType`] means that the batch does
/// not belong to this state; then its earlier mutations were applied, and the keyspace must not be used on.
pub fn apply_batch(
    keyspace: &Keyspace,
    payload: &[u8],
    garbage: &mut Vec<Garbage>,
) -> Result<BatchHeader, BatchError> {
    let mut hashes: SmallVec<[KeyHash; 4]> = SmallVec::new();
    let mut everything = false;
    let header = decode_batch(payload, &mut |mutation| {
        match mutation.touched() {
            Touched::Nothing => {}
            Touched::One(key) => hashes.push(keyspace.hash(key)),
            Touched::Two(from, to) => hashes.extend([keyspace.hash(from), keyspace.hash(to)]),
            Touched::Everything => everything = true,
        }
        match mutation {
            Mutation::Genesis { hash_seed } if *hash_seed != keyspace.seed() => {
                Err(BatchError::OtherDatabase)
            }
            _ => Ok(()),
        }
    })?;
    let scope = if everything { Scope::All } else { Scope::Keys(hashes) };
    let mut guards = keyspace.write(&scope);
    let mut shards = guards.shards();
    // What is already there is decided before anything changes: a batch may change one entry several times.
    let mut known: SmallVec<[bool; 16]> = SmallVec::new();
    decode_batch(payload, &mut |mutation| {
        known.push(is_known(keyspace, &shards, mutation, header.sequence));
        Ok(())
    })?;
    let mut known = known.into_iter();
    let mut effects = Effects { sequence: header.sequence, committed: header.sequence, undo: None, garbage };
    decode_batch(payload, &mut |mutation| {
        if known.next() == Some(true) {
            return Ok(());
        }
        let hash = first_hash(keyspace, mutation);
        apply(keyspace, &mut shards, hash, mutation, &mut effects).map_err(|_| BatchError::WrongType)?;
        Ok(())
    })
}

/// The hash seed that a payload starts a database with, if it does: what [`Keyspace::new`] needs before the first batch
/// can be applied.
///
/// # Errors
/// [`BatchError`] if the bytes make no sense.
pub fn genesis_seed(payload: &[u8]) -> Result<Option<HashSeed>, BatchError> {
    let mut seed = None;
    decode_batch(payload, &mut |mutation| {
        if let Mutation::Genesis { hash_seed } = mutation {
            seed.get_or_insert(*hash_seed);
        }
        Ok(())
    })?;
    Ok(seed)
}

fn first_hash(keyspace: &Keyspace, mutation: &Mutation<'_>) -> KeyHash {
    match mutation.touched() {
        Touched::One(key) | Touched::Two(key, _) => keyspace.hash(key),
        Touched::Nothing | Touched::Everything => KeyHash(0),
    }
}

/// Whether the state already shows this mutation of the batch `sequence`.
fn is_known(keyspace: &Keyspace, shards: &ShardsMut<'_>, mutation: &Mutation<'_>, sequence: u64) -> bool {
    let shows = |key: &[u8]| {
        let hash = keyspace.hash(key);
        shards.get(hash).version(hash, key) >= sequence
    };
    if matches!(mutation, Mutation::LibrarySet { .. } | Mutation::LibraryRemove { .. }) {
        return keyspace.libraries().version() >= sequence;
    }
    match mutation.touched() {
        Touched::Nothing => false,
        Touched::One(key) => shows(key),
        Touched::Two(_, to) => shows(to),
        Touched::Everything => shards.all().all(|shard| shard.absence_version() >= sequence),
    }
}
