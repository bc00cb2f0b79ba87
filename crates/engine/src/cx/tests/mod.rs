//! The door against naive models.

mod expiry;
mod fields;
mod json;
mod model;
mod properties;
mod scan;
mod seen;
mod sets;
mod values;
mod versions;

use crate::batch::Batch;
use crate::cx::{ReadCx, WriteCx};
use crate::expire::Expired;
use crate::keyspace::{Keyspace, Scope};
use crate::time::{HybridTime, Now};

const SEED: [u8; 16] = [3; 16];

/// A keyspace with all its shards at hand, one batch per write.
struct Database {
    keyspace: Keyspace,
    batch: Batch,
    sequence: u64,
    now_ms: u64,
}

impl Database {
    fn new() -> Self {
        Self { keyspace: Keyspace::new(SEED), batch: Batch::new(9), sequence: 0, now_ms: 1000 }
    }

    fn read<T>(&self, run: impl FnOnce(&ReadCx<'_>) -> T) -> T {
        let guards = self.keyspace.read(&Scope::All);
        let cx = ReadCx::new(&self.keyspace, &guards, Now::from_ms(self.now_ms));
        run(&cx)
    }

    fn write<T>(&mut self, run: impl FnOnce(&mut WriteCx<'_>) -> T) -> T {
        self.write_keeping(0, run)
    }

    /// A write after which removals above `committed` are still tracked.
    fn write_keeping<T>(&mut self, committed: u64, run: impl FnOnce(&mut WriteCx<'_>) -> T) -> T {
        self.sequence += 1;
        self.batch.begin(self.sequence, HybridTime::new(self.now_ms, 0), committed);
        let mut guards = self.keyspace.write(&Scope::All);
        let now = Now::from_ms(self.now_ms);
        let mut cx = WriteCx::new(&self.keyspace, &mut guards, &mut self.batch, now, self.sequence);
        run(&mut cx)
    }

    /// Removes what one search of a shard finds expired, as one batch. Also whether there may be more.
    fn sweep(&mut self, shard: u8) -> (Vec<Expired>, bool) {
        let slice = self.keyspace.expired_slice(shard, self.now_ms, 2);
        self.write(|cx| slice.expired.iter().for_each(|expired| cx.remove_expired(expired)));
        assert_eq!(slice.more, slice.next_due_ms.is_some_and(|due_ms| due_ms < self.now_ms));
        assert!(slice.more || slice.expired.is_empty());
        (slice.expired, slice.more)
    }

    fn undo(&mut self) {
        let mut guards = self.keyspace.write(&Scope::All);
        crate::undo(&self.keyspace, &mut guards, &mut self.batch);
    }
}
