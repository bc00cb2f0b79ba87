//! The thread that keeps the next segment ready, so that a full disk is met at admission and never by a batch.
//!
//! It is not the log's own thread, because filling a segment takes far longer than a sync that clients wait for.

use std::io;
use std::time::{Duration, Instant};

use crate::options::DrawId;
use crate::segment::{self, Segment};
use crate::writer::{PanicGuard, Shared};

/// Runs until the log closes or fails.
pub(crate) fn run(shared: &Shared, segment_bytes: u64, retry: Duration, draw_id: &mut DrawId) {
    let _guard = PanicGuard(shared);
    let mut rest_until: Option<Instant> = None;
    loop {
        let capacity_bytes = {
            let mut buffer = shared.buffer.lock();
            loop {
                if buffer.closing || shared.failure.get().is_some() {
                    return;
                }
                let rest = rest_until
                    .map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
                match buffer.spare_bytes_needed(segment_bytes) {
                    Some(bytes) if rest.is_zero() => break bytes,
                    Some(_) => drop(shared.spare_work.wait_for(&mut buffer, rest)),
                    None => shared.spare_work.wait(&mut buffer),
                }
            }
        };
        let go_on = || !shared.buffer.lock().closing && shared.failure.get().is_none();
        let prepared = draw_id().and_then(|id| segment::prepare(&*shared.disk, id, capacity_bytes, go_on));
        rest_until = prepared.is_err().then(|| Instant::now() + retry);
        finish(shared, capacity_bytes, prepared);
    }
}

fn finish(shared: &Shared, capacity_bytes: u64, prepared: io::Result<Segment>) {
    let mut buffer = shared.buffer.lock();
    let mut smaller = None;
    match prepared {
        Ok(segment) => {
            buffer.no_space = None;
            smaller = buffer.spare.replace(segment);
        }
        // Given up because the log closes: that says nothing about space.
        Err(_) if buffer.closing => {}
        Err(error) => {
            if buffer.no_space.is_none() {
                tracing::warn!(%error, capacity_bytes, "cannot prepare the next log segment");
            }
            buffer.no_space = Some((capacity_bytes, error.to_string()));
        }
    }
    buffer.preparations += 1;
    // A wish is good for one attempt: whoever still has it says so again.
    buffer.wanted_bytes = 0;
    let woken = buffer.room_waiters.take_all();
    drop(buffer);
    shared.spare_done.notify_all();
    woken.wake();
    if let Some(Segment { name, file, .. }) = smaller {
        drop(file);
        // A leftover is removed at the next opening as well.
        let _ = shared.disk.remove(&name);
    }
}
