//! A large sorted set: members by id, a table that finds the id of a member, and a tree that keeps the order.

use std::ops::Range;

use super::cut::Cut;
use super::members::Members;
use super::score::OrderedScore;
use super::tree::{Entry, Tree};
use crate::buckets::Table;
use crate::hash::KeyHasher;
use crate::memory::Samples;

/// Members with scores, ordered by score and then by their bytes.
#[derive(Debug, Clone)]
pub(crate) struct SortedSet {
    members: Members,
    ids: Table<u32>,
    order: Tree,
}

impl SortedSet {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self { members: Members::new(), ids: Table::new(hasher, 0), order: Tree::new() }
    }

    /// A copy in bounded time: it shares everything with this one until either changes it.
    pub(crate) fn share(&mut self) -> Self {
        Self { members: self.members.share(), ids: self.ids.share(), order: self.order.clone() }
    }

    /// Bytes that it takes.
    pub(crate) fn memory_bytes(&self, samples: Samples) -> usize {
        let parts = [
            self.ids.memory_bytes(samples, |_| 0),
            self.order.memory_bytes(),
            self.members.memory_bytes(samples),
        ];
        parts.into_iter().sum()
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Bytes that the members take at the most when so many more of so many bytes have come.
    pub(super) fn bytes_with(&self, members: usize, member_bytes: usize) -> usize {
        self.members.bytes_with(members, member_bytes)
    }

    pub(crate) fn score(&self, member: &[u8]) -> Option<f64> {
        self.id_of(self.ids.hash(member), member).map(|id| self.members.get(id).1)
    }

    /// Adds a member or gives it another score, which is not NaN. Returns the score it had.
    pub(crate) fn set(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let hash = self.ids.hash(member);
        let (id, before) = match self.id_of(hash, member) {
            Some(id) => (id, Some(self.members.get(id).1)),
            None => {
                let id = self.members.insert(score, member);
                self.ids.insert(&self.members, hash, id);
                (id, None)
            }
        };
        if before == Some(score) {
            return before;
        }
        if let Some(before) = before {
            self.order.remove(Entry { score: OrderedScore::new(before), id }, &self.members);
            self.members.set_score(id, score);
        }
        self.order.insert(Entry { score: OrderedScore::new(score), id }, &self.members);
        before
    }

    /// Removes a member. Returns the score it had.
    pub(crate) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let id = self.ids.remove(&self.members, self.ids.hash(member), member)?;
        let score = self.members.get(id).1;
        self.order.remove(Entry { score: OrderedScore::new(score), id }, &self.members);
        self.members.remove(id);
        Some(score)
    }

    /// How many members lie before a cut.
    pub(super) fn rank(&self, cut: Cut<'_>) -> usize {
        self.order.rank(cut, &self.members)
    }

    /// Members and scores with these ranks, in order from either end.
    pub(super) fn entries(&self, ranks: Range<usize>) -> impl DoubleEndedIterator<Item = (&[u8], f64)> {
        self.order.entries(ranks).map(|entry| self.members.get(entry.id))
    }

    /// See [`Table::scan_with`].
    pub(super) fn scan<'a>(
        &'a self,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(&'a [u8], f64),
    ) -> Option<u64> {
        let mut visit = |id: &u32| {
            let (member, score) = self.members.get(*id);
            visit(member, score);
        };
        self.ids.scan_with(&self.members, cursor, count, &mut visit).1
    }

    /// Panics where its three parts do not agree.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert_eq!(self.order.check(), self.ids.len());
        for entry in self.order.entries(0..self.ids.len()) {
            let (member, score) = self.members.get(entry.id);
            assert_eq!(entry.score, OrderedScore::new(score));
            assert_eq!(self.id_of(self.ids.hash(member), member), Some(entry.id));
        }
    }

    #[cfg(test)]
    pub(super) fn member_bytes(&self) -> usize {
        self.members.bytes()
    }

    fn id_of(&self, hash: u64, member: &[u8]) -> Option<u32> {
        self.ids.find(&self.members, hash, member).copied()
    }
}
