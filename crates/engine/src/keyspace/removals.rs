//! The last removals of a shard: absence has a version too.

use std::collections::VecDeque;

use crate::keyspace::Sequence;
use crate::limits::REMOVALS_TRACKED_MAX;

/// The removals of one shard.
#[derive(Debug, Default)]
pub(crate) struct Removals {
    /// The removals that undoing a batch brings back.
    state: State,
    /// The last ones, in order.
    recent: VecDeque<(Sequence, u64)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Stands for every absent key: a clear, or a removal that is no longer tracked and whose commit was not known.
    floor: Sequence,
    /// The largest removal that is no longer tracked, whatever became of it.
    forgotten: Sequence,
    last: Sequence,
    /// How many of the tracked ones, from the oldest on, are known to be committed.
    settled: usize,
}

/// What undoes one noted removal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RemovalMark {
    state: State,
    displaced: Option<(Sequence, u64)>,
}

impl Removals {
    /// After a clear at `sequence`: every absent key was removed by it.
    pub(super) fn cleared(sequence: Sequence) -> Self {
        let state = State { floor: sequence, forgotten: sequence, last: sequence, settled: 0 };
        Self { state, recent: VecDeque::new() }
    }

    /// Notes a removal, and that those up to `committed` are committed.
    pub(super) fn note(&mut self, sequence: Sequence, hash: u64, committed: Sequence) -> RemovalMark {
        while self.recent.get(self.state.settled).is_some_and(|(sequence, _)| *sequence <= committed) {
            self.state.settled += 1;
        }
        let mut mark = RemovalMark { state: self.state, displaced: None };
        if self.recent.len() >= REMOVALS_TRACKED_MAX {
            mark.displaced = self.recent.pop_front();
            let displaced = mark.displaced.map_or(0, |(sequence, _)| sequence);
            self.state.forgotten = self.state.forgotten.max(displaced);
            match self.state.settled.checked_sub(1) {
                Some(settled) => self.state.settled = settled,
                None => self.state.floor = self.state.floor.max(displaced),
            }
        }
        self.recent.push_back((sequence, hash));
        self.state.last = self.state.last.max(sequence);
        mark
    }

    pub(crate) fn undo(&mut self, mark: RemovalMark) {
        self.recent.pop_back();
        if let Some(displaced) = mark.displaced {
            self.recent.push_front(displaced);
        }
        self.state = mark.state;
    }

    /// The largest sequence at which a key of this hash may have been removed without a known commit. Never too small.
    pub(super) fn seen(&self, hash: u64) -> Sequence {
        let State { floor, settled, .. } = self.state;
        let tracked = self.recent.range(settled..).rev().find(|(_, removed)| *removed == hash);
        tracked.map_or(floor, |(sequence, _)| floor.max(*sequence))
    }

    /// Whether a key of this hash may have been removed after `sequence`. Wrong only where as many removals came after it as
    /// are tracked, or a clear did: then it says yes.
    pub(super) fn may_be_after(&self, sequence: Sequence, hash: u64) -> bool {
        let after = self.recent.iter().rev().take_while(|(removal, _)| *removal > sequence);
        self.state.forgotten > sequence || after.into_iter().any(|(_, removed)| *removed == hash)
    }

    /// The last removal: the version of everything absent.
    pub(super) fn last(&self) -> Sequence {
        self.state.last
    }
}
