//! Scanning a table with a cursor that survives growth.

use smallvec::SmallVec;

use super::{KeySource, Keyed, OwnKeys, Table};

/// Bits of a cursor: a prefix of the hash.
pub(crate) const CURSOR_BITS: u32 = 48;

impl<R: Clone> Table<R> {
    /// Hands out whole buckets from the hash prefix `cursor` on, until at least `count` records were given.
    ///
    /// Returns how many were given and the next cursor, `None` at the end. Records come in the order of their hashes,
    /// whatever the history of the table. An empty bucket counts as one record, so that the work is bounded.
    pub(crate) fn scan_with<'a>(
        &'a self,
        keys: &impl KeySource<R>,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(&'a R),
    ) -> (usize, Option<u64>) {
        // The first hash that was not looked at, None behind the last one.
        let mut from = (cursor >> CURSOR_BITS == 0).then_some(cursor << (64 - CURSOR_BITS));
        let mut given = 0;
        while let Some(hash) = from
            && let Some(bucket) = self.bucket(self.directory.get(hash))
        {
            let mut records: SmallVec<[(u64, &R); 48]> = bucket
                .records()
                .iter()
                .map(|record| (self.place(self.hash(keys.key(record))).0, record))
                .collect();
            records.sort_unstable_by(|(a, left), (b, right)| {
                a.cmp(b).then_with(|| keys.key(left).cmp(keys.key(right)))
            });
            given += records.len().max(1);
            records.into_iter().for_each(|(_, record)| visit(record));
            from = behind(hash, bucket.depth);
            if given >= count {
                break;
            }
        }
        (given, from.map(|hash| hash >> (64 - CURSOR_BITS)))
    }
}

/// The first hash whose upper `depth` bits are one more than those of this one.
fn behind(hash: u64, depth: u8) -> Option<u64> {
    let span = 1u64.checked_shl(64 - u32::from(depth))?;
    (hash & !(span - 1)).checked_add(span)
}

impl<R: Keyed> Table<R> {
    /// [`Table::scan_with`] for records that know their key.
    pub(crate) fn scan<'a>(
        &'a self,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(&'a R),
    ) -> (usize, Option<u64>) {
        self.scan_with(&OwnKeys, cursor, count, visit)
    }
}
