//! Sorted sets: members with scores, ordered by score and then by their bytes.

mod cut;
mod large;
mod members;
pub(crate) mod packed;
mod score;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;

pub(crate) use cut::Cut;
pub(crate) use large::SortedSet;
pub(crate) use score::OrderedScore;

use crate::types::packed::count;

/// A sorted set in the keyspace. Ranks count from 0, the lowest score.
#[derive(Debug, Clone, Copy)]
pub struct SortedSetRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(&'a [u8]),
    Large(&'a SortedSet),
}

impl<'a> SortedSetRef<'a> {
    pub(crate) fn packed(bytes: &'a [u8]) -> Self {
        Self(Form::Packed(bytes))
    }

    pub(crate) fn large(set: &'a SortedSet) -> Self {
        Self(Form::Large(set))
    }

    /// The number of members, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty sorted set is no entry")]
    pub fn len(self) -> usize {
        match self.0 {
            Form::Packed(bytes) => count(bytes),
            Form::Large(set) => set.len(),
        }
    }

    /// Whether so many more members of so many bytes may come, where all may take `bytes_max`.
    pub(crate) fn has_room_for(self, members: usize, member_bytes: usize, bytes_max: usize) -> bool {
        match self.0 {
            Form::Packed(_) => true,
            Form::Large(set) => set.bytes_with(members, member_bytes) <= bytes_max,
        }
    }

    /// The score of a member.
    #[must_use]
    pub fn score(self, member: &[u8]) -> Option<f64> {
        match self.0 {
            Form::Packed(bytes) => packed::find(bytes, member).map(|(_, score)| score),
            Form::Large(set) => set.score(member),
        }
    }

    /// The rank of a member, and its score.
    #[must_use]
    pub fn rank(self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        Some((self.rank_of(Cut::BeforeEntry(OrderedScore::new(score), member)), score))
    }

    /// How many members lie before a cut.
    pub(crate) fn rank_of(self, cut: Cut<'_>) -> usize {
        match self.0 {
            Form::Packed(bytes) => packed::rank(bytes, cut),
            Form::Large(set) => set.rank(cut),
        }
    }

    /// The members with these ranks and their scores, in order from either end.
    pub fn range(self, ranks: Range<usize>) -> impl DoubleEndedIterator<Item = (&'a [u8], f64)> {
        let (bytes, large) = match self.0 {
            Form::Packed(bytes) => (bytes, None),
            Form::Large(set) => (&[][..], Some(set)),
        };
        // A packed set is small, and reads one way only: collected it goes both ways.
        let packed: Vec<_> = packed::entries(bytes).skip(ranks.start).take(ranks.len()).collect();
        packed.into_iter().chain(large.into_iter().flat_map(move |set| set.entries(ranks.clone())))
    }

    /// All members and their scores in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = (&'a [u8], f64)> {
        self.range(0..self.len())
    }

    /// Members and scores from `cursor` (0 = start) on, about `count`; returns the next cursor, 0 at the end.
    ///
    /// A packed sorted set is given whole. Members that stay are given at least once, however the set grows meanwhile.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(&'a [u8], f64)) -> u64 {
        match self.0 {
            Form::Packed(_) => {
                self.iter().for_each(|(member, score)| visit(member, score));
                0
            }
            Form::Large(set) => set.scan(cursor, count, visit).unwrap_or(0),
        }
    }
}
