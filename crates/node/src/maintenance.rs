//! The background thread: removes what has expired, in slices, and frees what was dropped and is large.

use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use selvedge_engine::Milliseconds;
use selvedge_engine::cx::WriteCx;
use selvedge_engine::expire::Expired;
use selvedge_engine::keyspace::{Garbage, Keyspace, Scope};

use crate::database::Database;
use crate::limits::{
    EXPIRY_SLICE_BUCKETS, EXPIRY_SLICES_PER_TICK, EXPIRY_TICK, MUTATION_OVERHEAD_BYTES,
    TRACKING_SWEEPS_PER_TICK,
};
use crate::outbox::Outbox;
use crate::write_lane::WriteLane;

/// Serves until the last sender of `garbage` is gone. A panic here poisons the database: it is never ignored.
pub(crate) fn run(database: &Weak<Database>, garbage: &Receiver<Vec<Garbage>>) {
    loop {
        match garbage.recv_timeout(EXPIRY_TICK) {
            Ok(dropped) => drop(dropped),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let Some(database) = database.upgrade() else { return };
        let poison = database.poison_on_panic();
        if database.removes_due.load(Ordering::Relaxed) && !database.holds_removals() {
            database.remove_due();
        }
        database.serve_put_off();
        for _ in 0..TRACKING_SWEEPS_PER_TICK {
            if !database.tracking.sweep() {
                break;
            }
        }
        poison.disarm();
    }
}

impl Database {
    /// Stops or resumes the removal of expired entries that nobody asks for. Reads do not see them either way.
    pub fn set_removal_of_due(&self, is_on: bool) {
        self.removes_due.store(is_on, Ordering::Relaxed);
    }

    /// Removes nothing that has expired for `time` from now on: the data are to stay as they are. Zero: goes on with it.
    pub fn hold_removals(&self, time: Duration) {
        let time_us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let until_us = self.clock.monotonic_us().saturating_add(time_us);
        self.removals_held_until_us.store(until_us, Ordering::Relaxed);
    }

    pub(crate) fn holds_removals(&self) -> bool {
        self.clock.monotonic_us() < self.removals_held_until_us.load(Ordering::Relaxed)
    }

    /// Removes entries and fields whose time is over, shard by shard, as logged mutations. Returns how many entries.
    pub fn remove_due(&self) -> u64 {
        let before = self.expired_total.load(Ordering::Relaxed);
        let mut slices = 0;
        for shard in 0..Keyspace::SHARDS {
            while slices < EXPIRY_SLICES_PER_TICK && self.remove_due_slice(shard) {
                slices += 1;
            }
        }
        self.expired_total.load(Ordering::Relaxed) - before
    }

    /// One batch of removals from one shard. True if there may be more at once.
    fn remove_due_slice(&self, shard: u8) -> bool {
        let slice = self.keyspace.expired_slice(shard, self.clock.now().ms(), EXPIRY_SLICE_BUCKETS);
        let removed = slice.expired.is_empty() || self.remove_expired(&slice.expired);
        removed && slice.more
    }

    /// Something that has expired and is still stored, if anything is.
    pub(crate) fn any_expired(&self, now_ms: Milliseconds) -> Vec<Expired> {
        for shard in 0..Keyspace::SHARDS {
            loop {
                let slice = self.keyspace.expired_slice(shard, now_ms, EXPIRY_SLICE_BUCKETS);
                if !slice.expired.is_empty() {
                    return slice.expired;
                }
                if !slice.more {
                    break;
                }
            }
        }
        Vec::new()
    }

    /// Removes through the log what was found to have expired. False if the log takes nothing now.
    pub(crate) fn remove_expired(&self, expired: &[Expired]) -> bool {
        let bytes = expired.iter().map(removal_bytes).sum();
        let mut lane = self.wait_for_lane();
        if self.failure().is_some() || self.log.admit(bytes).is_err() {
            return false;
        }
        let now = self.clock.now();
        // It may have been written anew since it was found: the door looks again.
        let scope = Scope::Keys(expired.iter().map(|found| self.keyspace.hash(&found.key)).collect());
        let mut guards = self.keyspace.write(&scope);
        lane.begin(now, self.log.committed());
        let random = lane.random();
        let poison = self.poison_on_panic();
        let outbox = Outbox::new(&self.hub);
        {
            let cx = WriteCx::new(&self.keyspace, &mut guards, &mut lane.batch, now, random);
            let mut cx = cx.with_post(&outbox);
            expired.iter().for_each(|found| cx.remove_expired(found));
        }
        self.log_batch(&mut lane);
        outbox.hand_over();
        poison.disarm();
        drop(guards);
        self.take_garbage(&mut lane);
        self.after_batch(&mut lane, None);
        true
    }

    /// Hands large values that a batch dropped to the background thread.
    pub(crate) fn take_garbage(&self, lane: &mut WriteLane) {
        self.expired_total.fetch_add(lane.batch.expired(), Ordering::Relaxed);
        self.expired_fields_total.fetch_add(lane.batch.expired_fields(), Ordering::Relaxed);
        lane.batch.discard_inverses();
        let garbage = lane.batch.take_garbage();
        if !garbage.is_empty() {
            // Without the thread (the database is closing) it is freed right here.
            drop(self.garbage.send(garbage));
        }
    }
}

/// What the removals may take in the log.
fn removal_bytes(expired: &Expired) -> usize {
    let names = expired.fields.iter().map(|field| field.len()).sum::<usize>();
    names + (expired.key.len() + MUTATION_OVERHEAD_BYTES) * expired.fields.len().max(1)
}
