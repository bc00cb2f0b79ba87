//! The log itself.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

use crate::Sequence;
use crate::append::Buffer;
use crate::disk::Disk;
use crate::error::{AppendError, CommitError, OpenError, Refused};
use crate::limits::SEGMENT_BYTES_MIN;
use crate::options::{Durability, LogId, Options};
use crate::recovery::{Recovered, RecoveryVisitor, recover};
use crate::segment::{self, HEADER_BYTES, Header};
use crate::statistics::{Counters, Health, Statistics};
use crate::wait::{Commit, Room};
use crate::writer::{self, Output, Shared};

/// An open log. Dropping it writes and syncs what was appended.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    log_id: LogId,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Log {
    /// Opens the log of a disk, or begins one. The visitor gets every whole record in order.
    ///
    /// # Errors
    /// [`OpenError::Damaged`] names file and offset; nothing was changed then.
    pub fn open(
        disk: Arc<dyn Disk>,
        mut options: Options,
        visitor: &mut dyn RecoveryVisitor,
    ) -> Result<Self, OpenError> {
        let segment_bytes = options.segment_bytes.max(SEGMENT_BYTES_MIN);
        let recovered = match recover(&*disk, visitor)? {
            Some(recovered) => recovered,
            None => begin(&*disk, &mut options, segment_bytes)?,
        };
        let Recovered { segment, position, last_sequence, log_id } = recovered;
        // What was read back may still be in the kernel alone: from here on it counts as synced, so it must be.
        segment.file.sync()?;
        let output = Output { file: Arc::clone(&segment.file) };
        let shared = Arc::new(Shared {
            disk,
            durability: options.durability,
            buffer: Mutex::new(Buffer::new(log_id, segment, position, last_sequence)),
            work: Condvar::new(),
            spare_work: Condvar::new(),
            output: Mutex::new(output),
            appended: AtomicU64::new(last_sequence),
            written: AtomicU64::new(last_sequence),
            synced: AtomicU64::new(last_sequence),
            committed: AtomicU64::new(last_sequence),
            counters: Counters::default(),
        });
        let for_writer = Arc::clone(&shared);
        let for_spare = Arc::clone(&shared);
        let writer = spawn("selvedge-log", move || writer::run(&for_writer))?;
        let spare = spawn("selvedge-log-spare", move || {
            crate::spare::run(&for_spare, segment_bytes, &mut options.draw_id);
        })?;
        Ok(Self { shared, log_id, threads: Mutex::new(vec![writer, spare]) })
    }

    /// The identity of this history.
    #[must_use]
    pub fn log_id(&self) -> LogId {
        self.log_id
    }

    /// The last sequence appended.
    #[must_use]
    pub fn last_sequence(&self) -> Sequence {
        self.shared.appended.load(Ordering::Acquire)
    }

    /// The last sequence that is committed at the chosen durability. One atomic load.
    #[must_use]
    pub fn committed(&self) -> Sequence {
        self.shared.committed.load(Ordering::Acquire)
    }

    /// The last sequence that is synced.
    #[must_use]
    pub fn synced(&self) -> Sequence {
        self.shared.synced.load(Ordering::Acquire)
    }

    /// Whether a record with such a payload may be appended now. Called under the caller's write lock, before anything
    /// changes: what is admitted and appended without a break always finds room.
    ///
    /// # Errors
    /// [`Refused`]; after [`Refused::Wait`] wait for [`Log::room`].
    pub fn admit(&self, payload_bytes: usize) -> Result<(), Refused> {
        let answer = self.shared.buffer.lock().admit(payload_bytes);
        if answer == Err(Refused::Wait) {
            self.shared.spare_work.notify_one();
        }
        answer
    }

    /// Waits while room is being made.
    ///
    /// # Errors
    /// [`Refused`], never [`Refused::Wait`].
    pub fn room(&self, payload_bytes: usize) -> impl Future<Output = Result<(), Refused>> + Send + '_ {
        Room { shared: &self.shared, payload_bytes }
    }

    /// Appends an admitted record to the buffer. `parts` are its payload, one after the other.
    ///
    /// # Errors
    /// The log failed meanwhile: the record is definitely not applied.
    ///
    /// # Panics
    /// If `sequence` is not the last plus one: that would be a fault of the caller's that no log may hide.
    pub fn append(&self, sequence: Sequence, parts: &[&[u8]]) -> Result<(), AppendError> {
        let synced_upto = self.synced();
        let mut buffer = self.shared.buffer.lock();
        buffer.append(sequence, synced_upto, parts)?;
        self.shared.appended.store(sequence, Ordering::Release);
        if self.shared.durability == Durability::None {
            self.shared.committed.store(sequence, Ordering::Release);
            if buffer.buffered_bytes() >= crate::limits::LAZY_BUFFER_BYTES {
                self.shared.work.notify_one();
            }
        }
        Ok(())
    }

    /// Hands what was appended to the kernel, on the caller's thread.
    ///
    /// # Errors
    /// The log has failed, now or before.
    pub fn write_out(&self) -> Result<(), CommitError> {
        if let Some(reason) = self.shared.buffer.lock().failure.clone() {
            return Err(CommitError(reason));
        }
        match self.shared.write_out() {
            Ok(_) => {
                self.shared.publish();
                Ok(())
            }
            Err(error) => {
                self.shared.fail(&error.to_string());
                Err(CommitError(error.to_string()))
            }
        }
    }

    /// Waits until `sequence` is committed.
    ///
    /// # Errors
    /// The log failed: the outcome is unknown.
    pub fn commit(&self, sequence: Sequence) -> impl Future<Output = Result<(), CommitError>> + Send + '_ {
        Commit { shared: &self.shared, sequence }
    }

    /// Whether the log takes writes, and why not.
    #[must_use]
    pub fn health(&self) -> Health {
        let buffer = self.shared.buffer.lock();
        Health { failure: buffer.failure.clone(), no_space: buffer.no_space.clone() }
    }

    /// Figures since the log was opened.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let buffered_bytes = self.shared.buffer.lock().buffered_bytes() as u64;
        self.shared.counters.read(self.synced(), buffered_bytes)
    }

    /// Writes and syncs what was appended, and takes no more.
    ///
    /// # Errors
    /// The log failed: what was not committed may be lost.
    pub fn close(&self) -> Result<(), CommitError> {
        self.shared.buffer.lock().closing = true;
        self.shared.work.notify_all();
        self.shared.spare_work.notify_all();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            if thread.join().is_err() {
                self.shared.fail("a thread of the log panicked");
            }
        }
        let mut buffer = self.shared.buffer.lock();
        if let Some(spare) = buffer.spare.take() {
            drop(spare.file);
            // It holds nothing; a leftover is removed at the next opening as well.
            let _ = self.shared.disk.remove(&spare.name);
        }
        match &buffer.failure {
            Some(reason) => Err(CommitError(reason.clone())),
            None => Ok(()),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the log could not be closed");
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    Ok(std::thread::Builder::new().name(name.to_owned()).spawn(run)?)
}

/// Begins a log: its first segment appears whole or not at all.
fn begin(disk: &dyn Disk, options: &mut Options, segment_bytes: u64) -> Result<Recovered, OpenError> {
    let segment_id = (options.draw_id)()?;
    let segment = segment::prepare(disk, segment_id, segment_bytes)?;
    segment::start(disk, &segment, &Header { segment_id, log_id: options.log_id, first_sequence: 1 })?;
    Ok(Recovered { segment, position: HEADER_BYTES as u64, last_sequence: 0, log_id: options.log_id })
}
