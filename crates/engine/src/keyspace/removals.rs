//! Removals whose commit is not known yet: absence has a version too.

use std::collections::VecDeque;

use crate::keyspace::Sequence;
use crate::limits::REMOVALS_TRACKED_MAX;

/// The removals of one shard.
#[derive(Debug, Default)]
pub(crate) struct Removals {
    /// Stands for every absent key: a clear, or a removal that is no longer tracked one by one.
    floor: Sequence,
    last: Sequence,
    recent: VecDeque<(Sequence, u64)>,
}

/// What undoes one noted removal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RemovalMark {
    floor: Sequence,
    last: Sequence,
    displaced: Option<(Sequence, u64)>,
}

impl Removals {
    /// After a clear at `sequence`: every absent key was removed by it.
    pub(super) fn cleared(sequence: Sequence) -> Self {
        Self { floor: sequence, last: sequence, recent: VecDeque::new() }
    }

    /// Notes a removal, and forgets those that are committed.
    pub(super) fn note(&mut self, sequence: Sequence, hash: u64, committed: Sequence) -> RemovalMark {
        while self.recent.front().is_some_and(|(sequence, _)| *sequence <= committed) {
            self.recent.pop_front();
        }
        let mut mark = RemovalMark { floor: self.floor, last: self.last, displaced: None };
        if self.recent.len() >= REMOVALS_TRACKED_MAX {
            mark.displaced = self.recent.pop_front();
            self.floor = self.floor.max(mark.displaced.map_or(0, |(sequence, _)| sequence));
        }
        self.recent.push_back((sequence, hash));
        self.last = self.last.max(sequence);
        mark
    }

    pub(crate) fn undo(&mut self, mark: RemovalMark) {
        self.recent.pop_back();
        if let Some(displaced) = mark.displaced {
            self.recent.push_front(displaced);
        }
        self.floor = mark.floor;
        self.last = mark.last;
    }

    /// The largest sequence at which a key of this hash may have been removed without a known commit. Never too small.
    pub(super) fn seen(&self, hash: u64) -> Sequence {
        let tracked = self.recent.iter().rev().find(|(_, removed)| *removed == hash);
        tracked.map_or(self.floor, |(sequence, _)| self.floor.max(*sequence))
    }

    /// The last removal: the version of everything absent.
    pub(super) fn last(&self) -> Sequence {
        self.last
    }
}
