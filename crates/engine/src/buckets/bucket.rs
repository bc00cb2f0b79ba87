//! One bucket: records, and a tag byte for each of the first 48.

use memchr::memchr;
use smallvec::SmallVec;

/// Records up to which a bucket has tags, and beyond which it splits.
pub(super) const BUCKET_RECORDS_MAX: usize = 48;

/// Records by which a bucket's room grows: keeps nearly all of it in use.
const GROWTH: usize = 4;

/// No record of the bucket expires.
pub(crate) const NEVER_DUE: u64 = u64::MAX;

#[derive(Debug, Clone)]
pub(super) struct Bucket<R> {
    tags: [u8; BUCKET_RECORDS_MAX],
    records: Vec<R>,
    /// A lower bound of the records' expiry times.
    pub(super) due_ms: u64,
    /// How many hash bits its records share.
    pub(super) depth: u8,
}

impl<R> Bucket<R> {
    pub(super) fn new(depth: u8) -> Self {
        Self { tags: [0; BUCKET_RECORDS_MAX], records: Vec::new(), due_ms: NEVER_DUE, depth }
    }

    pub(super) fn records(&self) -> &[R] {
        &self.records
    }

    pub(super) fn records_mut(&mut self) -> &mut [R] {
        &mut self.records
    }

    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= BUCKET_RECORDS_MAX
    }

    pub(super) fn find(&self, tag: u8, is_it: impl Fn(&R) -> bool) -> Option<&R> {
        self.records.get(self.position(tag, is_it)?)
    }

    pub(super) fn find_mut(&mut self, tag: u8, is_it: impl Fn(&R) -> bool) -> Option<&mut R> {
        let index = self.position(tag, is_it)?;
        self.records.get_mut(index)
    }

    pub(super) fn push(&mut self, tag: u8, record: R) {
        if self.records.len() == self.records.capacity() {
            self.records.reserve_exact(GROWTH);
        }
        if let Some(slot) = self.tags.get_mut(self.records.len()) {
            *slot = tag;
        }
        self.records.push(record);
    }

    /// `tag_of` gives the tag of a record that had none and now needs one.
    pub(super) fn take(
        &mut self,
        tag: u8,
        is_it: impl Fn(&R) -> bool,
        tag_of: impl Fn(&R) -> u8,
    ) -> Option<R> {
        let index = self.position(tag, is_it)?;
        let last = self.records.len() - 1;
        let record = self.records.swap_remove(index);
        let moved = self.tags.get(last).copied().or_else(|| self.records.get(index).map(tag_of));
        if let (Some(moved), Some(slot)) = (moved, self.tags.get_mut(index)) {
            *slot = moved;
        }
        if self.records.is_empty() {
            self.records = Vec::new();
        } else if self.records.capacity() >= self.records.len() + 2 * GROWTH {
            self.records.shrink_to(self.records.len() + GROWTH);
        }
        Some(record)
    }

    /// Takes out the upper half as a new bucket; `place` tells for a record whether it belongs there, and its tag. Both
    /// halves are one level deeper afterwards.
    pub(super) fn split(&mut self, place: impl Fn(&R) -> (bool, u8)) -> Self {
        self.depth += 1;
        let mut sibling = Self::new(self.depth);
        sibling.due_ms = self.due_ms;
        let records = std::mem::take(&mut self.records);
        let places: SmallVec<[(bool, u8); BUCKET_RECORDS_MAX]> = records.iter().map(place).collect();
        let upper_count = places.iter().filter(|(upper, _)| *upper).count();
        self.records.reserve_exact((records.len() - upper_count).next_multiple_of(GROWTH));
        sibling.records.reserve_exact(upper_count.next_multiple_of(GROWTH));
        for (record, (upper, tag)) in records.into_iter().zip(places) {
            if upper {
                sibling.push(tag, record);
            } else {
                self.push(tag, record);
            }
        }
        sibling
    }

    #[inline]
    fn position(&self, tag: u8, is_it: impl Fn(&R) -> bool) -> Option<usize> {
        let tagged = self.records.len().min(BUCKET_RECORDS_MAX);
        let mut from = 0;
        while let Some(found) = memchr(tag, self.tags.get(from..tagged)?) {
            let index = from + found;
            if self.records.get(index).is_some_and(&is_it) {
                return Some(index);
            }
            from = index + 1;
        }
        let overflow = self.records.get(tagged..)?;
        overflow.iter().position(is_it).map(|index| tagged + index)
    }
}
