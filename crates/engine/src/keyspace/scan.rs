//! Walks of the whole keyspace, shard after shard.

use crate::buckets::CURSOR_BITS;
use crate::entry::Record;
use crate::keyspace::{Keyspace, SHARD_BITS, Shard};
use crate::random;

/// Bits of a cursor below the shard's.
const TABLE_BITS: u32 = CURSOR_BITS - SHARD_BITS;

/// Shows one shard by its index, which need not be locked before or after.
type LookAt<'l> = dyn Fn(usize, &mut dyn FnMut(&Shard)) + 'l;

/// Hands out whole buckets from `cursor` on until about `count` records were given; returns the next cursor, 0 at the
/// end. A cursor is the first 48 bits of the hash at which the next bucket starts.
pub(crate) fn scan(look_at: &LookAt<'_>, cursor: u64, count: usize, visit: &mut dyn FnMut(&Record)) -> u64 {
    let shards = usize::from(Keyspace::SHARDS);
    let first = usize::try_from(cursor >> TABLE_BITS).unwrap_or(shards);
    let mut from = (cursor & ((1 << TABLE_BITS) - 1)) << SHARD_BITS;
    let mut given = 0;
    for index in first..shards {
        let mut next = None;
        look_at(index, &mut |shard| {
            let (now, after) = shard.table().scan(from, count - given, &mut |record| visit(record));
            given += now;
            next = after;
        });
        from = 0;
        if let Some(next) = next {
            return ((index as u64) << TABLE_BITS) | (next >> SHARD_BITS);
        }
        if given >= count {
            return (((index + 1) % shards) as u64) << TABLE_BITS;
        }
    }
    0
}

/// A record that `is_wanted`, drawn uniformly as long as most records are wanted.
pub(crate) fn random_entry<'a>(
    shards: impl Iterator<Item = &'a Shard> + Clone,
    seed: u64,
    is_wanted: impl Fn(&Record) -> bool,
) -> Option<&'a Record> {
    let total: usize = shards.clone().map(|shard| shard.table().len()).sum();
    let mut state = seed;
    for _ in 0..if total == 0 { 0 } else { 100 } {
        let drawn = random::next(&mut state);
        let mut index = usize::try_from(drawn % total as u64).unwrap_or(0);
        for shard in shards.clone() {
            let len = shard.table().len();
            if index < len {
                let record = shard.table().random(random::next(&mut state));
                if record.is_some_and(&is_wanted) {
                    return record;
                }
                break;
            }
            index -= len;
        }
    }
    // Nearly everything has expired: the first one that has not.
    shards.flat_map(|shard| shard.table().iter()).find(|record| is_wanted(record))
}
