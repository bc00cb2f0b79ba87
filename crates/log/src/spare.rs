//! The thread that keeps the next segment ready, so that a full disk is met at admission and never by a batch.

use crate::limits::SPARE_RETRY;
use crate::options::DrawId;
use crate::segment;
use crate::writer::Shared;

/// Runs until the log closes or fails.
pub(crate) fn run(shared: &Shared, segment_bytes: u64, draw_id: &mut DrawId) {
    loop {
        let (capacity_bytes, small) = {
            let mut buffer = shared.buffer.lock();
            while !buffer.needs_spare() {
                if buffer.closing || buffer.failure.is_some() {
                    return;
                }
                shared.spare_work.wait(&mut buffer);
            }
            (segment_bytes.max(buffer.wanted_bytes), buffer.spare.take())
        };
        if let Some(small) = small {
            drop(small.file);
            // A leftover is removed at the next opening as well.
            let _ = shared.disk.remove(&small.name);
        }
        let prepared = draw_id().and_then(|id| segment::prepare(&*shared.disk, id, capacity_bytes));
        let mut buffer = shared.buffer.lock();
        match prepared {
            Ok(segment) => {
                if buffer.wanted_bytes <= segment.capacity_bytes {
                    buffer.wanted_bytes = 0;
                }
                buffer.no_space = None;
                buffer.spare = Some(segment);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot prepare the next log segment");
                buffer.no_space = Some(error.to_string());
            }
        }
        let waiting = std::mem::take(&mut buffer.room_waiters);
        let failed = buffer.no_space.is_some();
        drop(buffer);
        waiting.into_iter().for_each(std::task::Waker::wake);
        if failed {
            let mut buffer = shared.buffer.lock();
            if !buffer.closing && buffer.failure.is_none() {
                shared.spare_work.wait_for(&mut buffer, SPARE_RETRY);
            }
        }
    }
}
