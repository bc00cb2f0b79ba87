//! The one lane that writes go through: it gives the sequence and the time, and holds what a write needs while it runs.

use std::ops::{Deref, DerefMut};

use parking_lot::MutexGuard;
use selvedge_engine::batch::Batch;
use selvedge_engine::time::{HybridTime, Now};
use selvedge_log::Sequence;

use crate::entropy::split_mix;
use crate::hub::Hub;

/// Held by the write that runs. Locked before any shard, so that sequence, log order and apply order are one.
#[derive(Debug)]
pub(crate) struct WriteLane {
    pub(crate) batch: Batch,
    last_sequence: Sequence,
    last_time: HybridTime,
    random: u64,
}

impl WriteLane {
    pub(crate) fn new(origin: u64, last_sequence: Sequence, last_time: HybridTime, random: u64) -> Self {
        Self { batch: Batch::new(origin), last_sequence, last_time, random }
    }

    /// Starts the next batch. Its stamp is after every earlier one.
    pub(crate) fn begin(&mut self, now: Now, committed: Sequence) -> Sequence {
        let sequence = self.last_sequence + 1;
        let time = self.next_time(now);
        self.batch.begin(sequence, time, committed);
        sequence
    }

    /// The batch that began last went into the log.
    pub(crate) fn logged(&mut self) {
        let header = self.batch.header();
        self.last_sequence = header.sequence;
        self.last_time = header.time;
    }

    pub(crate) fn last_sequence(&self) -> Sequence {
        self.last_sequence
    }

    /// A fresh seed for one command.
    pub(crate) fn random(&mut self) -> u64 {
        split_mix(&mut self.random)
    }

    fn next_time(&self, now: Now) -> HybridTime {
        let last = self.last_time;
        if now.ms() > last.ms() {
            HybridTime::new(now.ms(), 0)
        } else {
            // The counter's carry runs into the milliseconds: a stamp may run ahead of the clock, never behind the last.
            HybridTime::from_bits(last.to_bits() + 1)
        }
    }
}

/// The lane, held. When it is free again, the messages that were handed over meanwhile leave.
pub(crate) struct HeldLane<'a> {
    // Dropped in this order.
    lane: MutexGuard<'a, WriteLane>,
    _leaving: Leaving<'a>,
}

impl<'a> HeldLane<'a> {
    pub(crate) fn new(lane: MutexGuard<'a, WriteLane>, hub: &'a Hub) -> Self {
        Self { lane, _leaving: Leaving(hub) }
    }
}

impl Deref for HeldLane<'_> {
    type Target = WriteLane;

    fn deref(&self) -> &WriteLane {
        &self.lane
    }
}

impl DerefMut for HeldLane<'_> {
    fn deref_mut(&mut self) -> &mut WriteLane {
        &mut self.lane
    }
}

struct Leaving<'a>(&'a Hub);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.deliver_outgoing();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_rise_within_a_millisecond_and_when_time_stands() {
        let mut lane = WriteLane::new(1, 0, HybridTime::default(), 0);
        let mut next = |now_ms| {
            lane.begin(Now::from_ms(now_ms), 0);
            lane.logged();
            lane.batch.header().time
        };
        let (first, second, third) = (next(5), next(5), next(4));
        assert!(first < second && second < third);
        assert_eq!(third.ms(), 5);
    }
}
