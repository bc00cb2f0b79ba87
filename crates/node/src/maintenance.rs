//! The background thread: removes what has expired, in slices, and frees what was dropped and is large.

use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use selvedge_engine::cx::WriteCx;
use selvedge_engine::keyspace::{Garbage, Keyspace, Scope};

use crate::database::Database;
use crate::limits::{EXPIRY_SLICE_BUCKETS, EXPIRY_SLICES_PER_TICK, EXPIRY_TICK, MUTATION_OVERHEAD_BYTES};
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
        database.remove_due();
        poison.disarm();
    }
}

impl Database {
    /// Removes entries whose time is over, shard by shard, as logged mutations. Returns how many.
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
        if slice.keys.is_empty() {
            return slice.more;
        }
        let bytes: usize = slice.keys.iter().map(|key| key.len() + MUTATION_OVERHEAD_BYTES).sum();
        let mut lane = self.lane.lock();
        if self.failure().is_some() || self.log.admit(bytes).is_err() {
            return false;
        }
        let now = self.clock.now();
        // A key may have been written anew since it was found: the door looks again.
        let scope = Scope::Keys(slice.keys.iter().map(|key| self.keyspace.hash(key)).collect());
        let mut guards = self.keyspace.write(&scope);
        lane.begin(now, self.log.committed());
        let random = lane.random();
        {
            let mut cx = WriteCx::new(&self.keyspace, &mut guards, &mut lane.batch, now, random);
            for key in &slice.keys {
                cx.remove_expired(key);
            }
        }
        self.log_batch(&mut lane);
        drop(guards);
        self.take_garbage(&mut lane);
        slice.more
    }

    /// Hands large values that a batch dropped to the background thread.
    pub(crate) fn take_garbage(&self, lane: &mut WriteLane) {
        self.expired_total.fetch_add(lane.batch.expired(), Ordering::Relaxed);
        lane.batch.discard_inverses();
        let garbage = lane.batch.take_garbage();
        if !garbage.is_empty() {
            // Without the thread (the database is closing) it is freed right here.
            drop(self.garbage.send(garbage));
        }
    }
}
