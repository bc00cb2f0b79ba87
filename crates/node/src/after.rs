//! What follows a batch: watches that it breaks, clients that are told, and blocked commands that it lets go on.

use std::collections::VecDeque;

use selvedge_engine::batch::decode_batch;
use selvedge_engine::mutation::{Mutation, Touched};

use crate::database::Database;
use crate::write_lane::WriteLane;

impl Database {
    /// Called after every batch, when its shards are free again and the lane is still held. `writer`: the client whose command
    /// it was, if it is one that tracks keys.
    pub(crate) fn after_batch(&self, lane: &mut WriteLane, writer: Option<u64>) {
        let nobody_cares = self.waiters.len() == 0 && self.watches.is_idle() && self.tracking.is_idle();
        if lane.batch.is_empty() || nobody_cares {
            return;
        }
        let ready = self.touched_and_awaited(lane, writer);
        self.serve(lane, ready);
    }

    /// Breaks the watches of what the lane's batch changed, tells the clients that track it, and returns the keys that somebody
    /// waits for.
    pub(crate) fn touched_and_awaited(&self, lane: &WriteLane, writer: Option<u64>) -> VecDeque<Box<[u8]>> {
        let mut awaited: VecDeque<Box<[u8]>> = VecDeque::new();
        if lane.batch.is_empty() {
            return awaited;
        }
        let mut looking = (!self.tracking.is_idle()).then(|| self.tracking.look(writer));
        let mut last = Touched::Nothing;
        let mut visit = |mutation: &Mutation<'_>| {
            let touched = mutation.changed();
            if let Some(looking) = &mut looking {
                looking.touch(touched);
            }
            self.watches.touch(touched);
            let (Touched::One(key) | Touched::Two(_, key)) = touched else {
                // A reader for a group is told that its group is gone.
                if touched == Touched::Everything {
                    awaited.extend(self.waiters.keys());
                }
                return;
            };
            if !awaited.iter().any(|known| **known == *key) && self.waiters.has(key) {
                awaited.push_back(Box::from(key));
            }
        };
        // The lane's own payload is whole: it was encoded a moment ago.
        let decoded = decode_batch(lane.batch.payload(), &mut |mutation| {
            // An LPUSH of a thousand elements changes one key a thousand times.
            if last != mutation.changed() {
                last = mutation.changed();
                visit(mutation);
            }
            Ok(())
        });
        debug_assert!(decoded.is_ok(), "a batch decodes as it was encoded: {decoded:?}");
        awaited
    }
}
