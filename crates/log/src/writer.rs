//! The log's thread: writes what was appended and syncs it, many records at once.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Instant;

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::Sequence;
use crate::append::{Buffer, Run};
use crate::disk::{Disk, DiskFile};
use crate::error::Refused;
use crate::limits::{IDLE_TICK, KEPT_BUFFER_BYTES, SYNC_EVERY_MIN};
use crate::options::Durability;
use crate::segment;
use crate::statistics::Counters;
use crate::wait::{Waiters, Woken};

/// What appenders, the log's thread and the spare's thread share.
///
/// Locks in this order: `output`, `buffer`, `waiters`. None of them is held during a sync.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) durability: Durability,
    pub(crate) buffer: Mutex<Buffer>,
    /// A spare is needed, or the log closes or has failed.
    pub(crate) spare_work: Condvar,
    /// A preparation has ended, well or not, or the log has failed.
    pub(crate) spare_done: Condvar,
    pub(crate) output: Mutex<Output>,
    /// Those who wait for a commit.
    pub(crate) waiters: Mutex<Waiters>,
    /// Why the log has stopped for good. Set under `waiters`, so that nothing is published after it.
    pub(crate) failure: OnceLock<String>,
    /// Everything was synced and the threads are gone. Set under `waiters`.
    pub(crate) is_closed: AtomicBool,
    pub(crate) thread: OnceLock<Thread>,
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
    /// The memory of what was written last, for what is appended next.
    pub(crate) recycled: Vec<u8>,
}

impl Shared {
    pub(crate) fn admit(&self, buffer: &mut Buffer, payload_bytes: usize) -> Result<(), Refused> {
        match self.failure.get() {
            Some(reason) => Err(Refused::Failed(reason.clone())),
            None => buffer.admit(payload_bytes),
        }
    }

    /// Wakes the log's thread. A call while it is busy makes it look once more.
    pub(crate) fn rouse(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Hands what was appended to the kernel, on the thread of one who appends. Where a segment is full, that takes
    /// syncs: it is left to the log's thread, and the caller waits for the commit like everybody else.
    pub(crate) fn write_out(&self) -> Result<(), String> {
        if self.buffer.lock().changes_segment() {
            self.rouse();
            return self.failure.get().map_or(Ok(()), |reason| Err(reason.clone()));
        }
        let mut output = self.output.lock();
        let mut buffer = self.buffer.lock();
        if let Some(reason) = self.failure.get() {
            return Err(reason.clone());
        }
        if buffer.changes_segment() {
            drop(buffer);
            self.rouse();
            return Ok(());
        }
        // Without a change of segment it is one run.
        let run = buffer.take_runs(std::mem::take(&mut output.recycled)).pop_front();
        let room = buffer.room_waiters.take_all();
        drop(buffer);
        let written = run.map(|run| self.write(&mut output, run));
        let outcome = match written {
            None => Ok(Woken::default()),
            Some(Ok(last_sequence)) => Ok(self.publish_written(last_sequence)),
            Some(Err(error)) => Err(self.fail_writing(output, &error)),
        };
        room.wake();
        outcome.map(Woken::wake)
    }

    /// Hands all that was appended to the kernel, changing segments where the buffer says so. While it does, nobody else
    /// writes, because the buffer says that, too: so no lock has to be held during the syncs of a change.
    fn write_all(&self) -> Result<(), String> {
        loop {
            let mut output = self.output.lock();
            let mut buffer = self.buffer.lock();
            if let Some(reason) = self.failure.get() {
                return Err(reason.clone());
            }
            let runs = buffer.take_runs(std::mem::take(&mut output.recycled));
            if runs.is_empty() {
                return Ok(());
            }
            buffer.is_changing = runs.iter().any(|run| run.header.is_some());
            let mut woken = vec![buffer.room_waiters.take_all()];
            drop(buffer);
            for run in runs {
                if run.header.is_some() {
                    drop(output);
                    woken.drain(..).for_each(Woken::wake);
                    self.change_segment(&run)?;
                    output = self.output.lock();
                }
                match self.write(&mut output, run) {
                    Ok(last_sequence) => woken.push(self.publish_written(last_sequence)),
                    Err(error) => {
                        let reason = self.fail_writing(output, &error);
                        woken.into_iter().for_each(Woken::wake);
                        return Err(reason);
                    }
                }
            }
            // Under the output's lock: the next to write finds all of this in the file.
            self.buffer.lock().is_changing = false;
            drop(output);
            woken.into_iter().for_each(Woken::wake);
        }
    }

    /// The old segment is whole and synced before the new one has its name: only the last segment may end early.
    fn change_segment(&self, run: &Run) -> Result<(), String> {
        self.sync()?;
        if let Some(header) = &run.header {
            segment::start(&*self.disk, &run.segment, header)
                .map_err(|error| self.fail(format!("cannot begin a segment: {error}")))?;
            self.output.lock().file = Arc::clone(&run.segment.file);
        }
        Ok(())
    }

    fn write(&self, output: &mut Output, run: Run) -> io::Result<Sequence> {
        let Run { offset, mut bytes, last_sequence, .. } = run;
        output.file.write_at(offset, &bytes)?;
        self.counters.written_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.written.store(last_sequence, Ordering::Release);
        bytes.clear();
        bytes.shrink_to(KEPT_BUFFER_BYTES);
        output.recycled = bytes;
        Ok(last_sequence)
    }

    /// Syncs what the kernel has.
    fn sync(&self) -> Result<(), String> {
        let (file, upto) = {
            let output = self.output.lock();
            (Arc::clone(&output.file), self.written.load(Ordering::Acquire))
        };
        if upto == self.synced.load(Ordering::Acquire) {
            return Ok(());
        }
        if cfg!(not(selvedge_fault = "ack_before_sync")) {
            let start = Instant::now();
            file.sync().map_err(|error| self.fail(format!("cannot sync: {error}")))?;
            self.counters.synced(start.elapsed());
        }
        self.publish(upto, true).wake();
        Ok(())
    }

    fn publish_written(&self, last_sequence: Sequence) -> Woken {
        match self.durability {
            Durability::Always => Woken::default(),
            Durability::Interval { .. } | Durability::None => self.publish(last_sequence, false),
        }
    }

    /// Raises what is committed, unless the log has failed. Returns those who waited for it.
    fn publish(&self, sequence: Sequence, is_synced: bool) -> Woken {
        let mut waiters = self.waiters.lock();
        if self.failure.get().is_some() {
            return Woken::default();
        }
        if is_synced {
            self.synced.fetch_max(sequence, Ordering::AcqRel);
        }
        self.committed.fetch_max(sequence, Ordering::AcqRel);
        waiters.take_upto(sequence)
    }

    /// A write failed: nobody may write behind the hole that it leaves, so the failure is known before the lock is free.
    fn fail_writing(&self, output: MutexGuard<'_, Output>, error: &io::Error) -> String {
        let (reason, woken) = self.set_failure(format!("cannot write: {error}"));
        drop(output);
        woken.wake();
        self.tell_failure();
        reason
    }

    /// Stops for good: nothing is acknowledged after a failed write or sync. The first reason stands and is returned.
    ///
    /// None of the locks may be held.
    pub(crate) fn fail(&self, reason: impl Into<String>) -> String {
        let (reason, woken) = self.set_failure(reason.into());
        woken.wake();
        self.tell_failure();
        reason
    }

    fn set_failure(&self, reason: String) -> (String, Woken) {
        let mut waiters = self.waiters.lock();
        if self.failure.get().is_none() {
            tracing::error!(reason, "the log failed and takes no more writes");
        }
        (self.failure.get_or_init(|| reason).clone(), waiters.take_all())
    }

    fn tell_failure(&self) {
        let woken = self.buffer.lock().room_waiters.take_all();
        self.spare_work.notify_all();
        self.spare_done.notify_all();
        self.rouse();
        woken.wake();
    }
}

/// Stops the log if one of its threads panics: what the thread was doing is then unknown.
#[derive(Debug)]
pub(crate) struct PanicGuard<'a>(pub(crate) &'a Shared);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail("a thread of the log panicked");
        }
    }
}

/// Runs until the log closes or fails.
pub(crate) fn run(shared: &Shared) {
    let _guard = PanicGuard(shared);
    let mut synced_at = Instant::now();
    loop {
        // Read first: nothing is appended once it is set, so the turn that follows takes everything.
        let closing = shared.buffer.lock().closing;
        let mut done = shared.write_all();
        let due = match shared.durability {
            Durability::Always => true,
            Durability::Interval { sync_every } => synced_at.elapsed() >= sync_every,
            Durability::None => false,
        };
        if due || closing {
            synced_at = Instant::now();
            done = done.and_then(|()| shared.sync());
        }
        if done.is_err() || closing || shared.failure.get().is_some() {
            return;
        }
        std::thread::park_timeout(match shared.durability {
            Durability::Always | Durability::None => IDLE_TICK,
            Durability::Interval { sync_every } => {
                sync_every.saturating_sub(synced_at.elapsed()).max(SYNC_EVERY_MIN)
            }
        });
    }
}
