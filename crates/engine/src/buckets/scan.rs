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
        let slots = self.directory.len();
        let slot_bits = CURSOR_BITS - u32::from(self.depth);
        let mut slot = usize::try_from(cursor >> slot_bits).unwrap_or(slots);
        let mut given = 0;
        while let Some(bucket) = self.directory.get(slot).and_then(|id| self.bucket(*id)) {
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
            let span = 1usize << (self.depth - bucket.depth);
            slot = (slot & !(span - 1)) + span;
            if given >= count {
                break;
            }
        }
        (given, (slot < slots).then_some((slot as u64) << slot_bits))
    }
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
