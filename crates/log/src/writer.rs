//! The log's thread: writes what was appended and syncs it, many records at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use crate::Sequence;
use crate::append::Buffer;
use crate::disk::{Disk, DiskFile};
use crate::limits::{IDLE_TICK, LAZY_BUFFER_BYTES};
use crate::options::Durability;
use crate::segment;
use crate::statistics::Counters;

/// What appenders, the log's thread and the spare's thread share.
///
/// Locks in this order: `output`, `buffer`. Nobody holds `buffer` while the disk works.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) durability: Durability,
    pub(crate) buffer: Mutex<Buffer>,
    /// Somebody waits for a commit, or the log closes.
    pub(crate) work: Condvar,
    /// A spare is needed, or the log closes.
    pub(crate) spare_work: Condvar,
    pub(crate) output: Mutex<Output>,
    pub(crate) appended: AtomicU64,
    pub(crate) written: AtomicU64,
    pub(crate) synced: AtomicU64,
    pub(crate) committed: AtomicU64,
    pub(crate) counters: Counters,
}

/// The file that is written now.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) file: Arc<dyn DiskFile>,
}

impl Shared {
    /// Hands all that was appended to the kernel. Returns the last sequence that is there.
    pub(crate) fn write_out(&self) -> io::Result<Sequence> {
        let mut output = self.output.lock();
        let runs = self.buffer.lock().take_runs();
        for run in runs {
            if let Some(header) = &run.header {
                // The old segment must be whole before the new one exists: only the last may end early.
                output.file.sync()?;
                segment::start(&*self.disk, &run.segment, header)?;
                output.file = Arc::clone(&run.segment.file);
                self.spare_work.notify_one();
            }
            output.file.write_at(run.offset, &run.bytes)?;
            self.counters.written_bytes.fetch_add(run.bytes.len() as u64, Ordering::Relaxed);
            self.written.store(run.last_sequence, Ordering::Release);
        }
        Ok(self.written.load(Ordering::Acquire))
    }

    /// Writes and syncs.
    fn sync(&self) -> io::Result<()> {
        let upto = self.write_out()?;
        if upto == self.synced.load(Ordering::Acquire) {
            return Ok(());
        }
        if cfg!(not(selvedge_fault = "ack_before_sync")) {
            let file = Arc::clone(&self.output.lock().file);
            let start = Instant::now();
            file.sync()?;
            self.counters.synced(start.elapsed());
        }
        self.synced.fetch_max(upto, Ordering::AcqRel);
        Ok(())
    }

    /// Tells those who wait. `committed` only rises.
    pub(crate) fn publish(&self) {
        let committed = match self.durability {
            Durability::Always => self.synced.load(Ordering::Acquire),
            Durability::Interval { .. } => self.written.load(Ordering::Acquire),
            Durability::None => self.appended.load(Ordering::Acquire),
        };
        self.committed.fetch_max(committed, Ordering::AcqRel);
        let mut buffer = self.buffer.lock();
        let mut ready = Vec::new();
        buffer.waiters.retain(|(sequence, waker)| {
            let waits = *sequence > committed;
            if !waits {
                ready.push(waker.clone());
            }
            waits
        });
        ready.append(&mut buffer.room_waiters);
        drop(buffer);
        ready.into_iter().for_each(std::task::Waker::wake);
    }

    /// Stops for good: nothing is acknowledged after a failed write or sync. The first reason stands.
    pub(crate) fn fail(&self, reason: &str) {
        tracing::error!(reason, "the log failed and takes no more writes");
        let mut buffer = self.buffer.lock();
        buffer.failure.get_or_insert_with(|| reason.to_owned());
        let mut waiting: Vec<_> =
            std::mem::take(&mut buffer.waiters).into_iter().map(|(_, waker)| waker).collect();
        waiting.append(&mut buffer.room_waiters);
        drop(buffer);
        self.spare_work.notify_all();
        waiting.into_iter().for_each(std::task::Waker::wake);
    }

    /// Whether the thread has something to write or sync now.
    fn has_work(&self, buffer: &Buffer) -> bool {
        match self.durability {
            Durability::Always => {
                !buffer.waiters.is_empty() && buffer.last_sequence > self.synced.load(Ordering::Acquire)
            }
            Durability::Interval { .. } => false,
            Durability::None => buffer.buffered_bytes() >= LAZY_BUFFER_BYTES,
        }
    }
}

/// Runs until the log closes or fails.
pub(crate) fn run(shared: &Shared) {
    let tick = match shared.durability {
        Durability::Interval { sync_every } => sync_every,
        Durability::Always | Durability::None => IDLE_TICK,
    };
    loop {
        let closing = {
            let mut buffer = shared.buffer.lock();
            if !buffer.closing && !shared.has_work(&buffer) {
                shared.work.wait_for(&mut buffer, tick);
            }
            if buffer.failure.is_some() {
                return;
            }
            buffer.closing
        };
        let done = match shared.durability {
            Durability::None if !closing => shared.write_out().map(|_| ()),
            _ => shared.sync(),
        };
        if let Err(error) = done {
            shared.fail(&error.to_string());
            return;
        }
        shared.publish();
        if closing {
            return;
        }
    }
}
