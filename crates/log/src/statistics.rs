//! What the log tells about itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::Sequence;

/// Upper bounds of the sync latency histogram in microseconds; the last bucket has none.
pub const LATENCY_BUCKETS_US: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000, u64::MAX];

/// Whether the log takes writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Why the log has failed for good.
    pub failure: Option<String>,
    /// Why the next segment cannot be prepared at the moment.
    pub no_space: Option<String>,
}

impl Health {
    /// Writes are taken.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failure.is_none() && self.no_space.is_none()
    }
}

/// Figures since the log was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The last sequence that is synced.
    pub synced: Sequence,
    /// Bytes written to the kernel.
    pub written_bytes: u64,
    /// Bytes waiting in memory.
    pub buffered_bytes: u64,
    /// Syncs done.
    pub syncs: u64,
    /// The time spent in them, in microseconds.
    pub sync_us_total: u64,
    /// Syncs by how long they took: not cumulative, bounds in [`LATENCY_BUCKETS_US`].
    pub sync_latency: [u64; LATENCY_BUCKETS_US.len()],
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) written_bytes: AtomicU64,
    syncs: AtomicU64,
    sync_us_total: AtomicU64,
    sync_latency: [AtomicU64; LATENCY_BUCKETS_US.len()],
}

impl Counters {
    pub(crate) fn synced(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.sync_us_total.fetch_add(us, Ordering::Relaxed);
        let bucket = LATENCY_BUCKETS_US.iter().zip(&self.sync_latency).find(|(bound, _)| us <= **bound);
        if let Some((_, counter)) = bucket {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self, synced: Sequence, buffered_bytes: u64) -> Statistics {
        Statistics {
            synced,
            written_bytes: self.written_bytes.load(Ordering::Relaxed),
            buffered_bytes,
            syncs: self.syncs.load(Ordering::Relaxed),
            sync_us_total: self.sync_us_total.load(Ordering::Relaxed),
            sync_latency: std::array::from_fn(|i| {
                self.sync_latency.get(i).map_or(0, |counter| counter.load(Ordering::Relaxed))
            }),
        }
    }
}
