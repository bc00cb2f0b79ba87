//! The log itself.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::Sequence;
use crate::append::{Buffer, CLOSED};
use crate::disk::Disk;
use crate::error::{AppendError, CommitError, OpenError, Refused};
use crate::limits::{EAGER_BUFFER_BYTES, FIRST_SEQUENCE, RECORD_BYTES_MAX, SEGMENT_BYTES_MIN};
use crate::options::{Durability, LogId, Options};
use crate::record::framed_bytes;
use crate::recovery::{Access, Recovered, RecoveryVisitor, recover};
use crate::segment::{self, HEADER_BYTES, Header};
use crate::statistics::{Counters, Health, Statistics};
use crate::wait::{Commit, Room};
use crate::writer::{self, Output, Shared};

/// An open log. Dropping it writes and syncs what was appended.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    log_id: LogId,
    segment_bytes: u64,
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
        let recovered = match recover(&*disk, visitor, Access::Own)? {
            Some(recovered) => recovered,
            None => begin(&*disk, &mut options, segment_bytes)?,
        };
        let Recovered { segment, position, last_sequence, log_id } = recovered;
        let output = Output { file: Arc::clone(&segment.file), recycled: Vec::new() };
        let buffer = Buffer::new(log_id, segment, position, last_sequence, segment_bytes);
        let shared = Arc::new(Shared {
            disk,
            durability: options.durability,
            buffer: Mutex::new(buffer),
            spare_work: Condvar::new(),
            spare_done: Condvar::new(),
            output: Mutex::new(output),
            waiters: Mutex::default(),
            failure: OnceLock::new(),
            is_closed: AtomicBool::new(false),
            thread: OnceLock::new(),
            appended: AtomicU64::new(last_sequence),
            written: AtomicU64::new(last_sequence),
            synced: AtomicU64::new(last_sequence),
            committed: AtomicU64::new(last_sequence),
            counters: Counters::default(),
        });
        let log = Self { shared: Arc::clone(&shared), log_id, segment_bytes, threads: Mutex::default() };
        let for_writer = Arc::clone(&shared);
        let writer = spawn("selvedge-log", move || writer::run(&for_writer))?;
        // Set once, here.
        let _ = shared.thread.set(writer.thread().clone());
        log.threads.lock().push(writer);
        let spare = spawn("selvedge-log-spare", move || {
            crate::spare::run(&shared, segment_bytes, options.spare_retry, &mut options.draw_id);
        })?;
        log.threads.lock().push(spare);
        Ok(log)
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
        let mut buffer = self.shared.buffer.lock();
        let answer = self.shared.admit(&mut buffer, payload_bytes);
        drop(buffer);
        if answer.is_err() {
            self.shared.spare_work.notify_one();
        }
        answer
    }

    /// Waits while room is being made. The wait ends when the disk answers, with room or without; who wants to bound it
    /// in time drops the future.
    ///
    /// # Errors
    /// [`Refused`], never [`Refused::Wait`].
    pub fn room(&self, payload_bytes: usize) -> impl Future<Output = Result<(), Refused>> + Send + '_ {
        Room::new(&self.shared, payload_bytes)
    }

    /// Appends an admitted record to the buffer. `parts` are its payload, one after the other.
    ///
    /// A record may be larger than what was admitted, because the caller's change is made before its size is known. It
    /// then may have to wait here while a segment is prepared; and if there is no space for one, the log fails.
    ///
    /// # Errors
    /// The log has failed, or the record is larger than any may be: it is definitely not applied.
    ///
    /// # Panics
    /// If `sequence` is not the last plus one: that would be a fault of the caller's that no log may hide.
    pub fn append(&self, sequence: Sequence, parts: &[&[u8]]) -> Result<(), AppendError> {
        let shared = &*self.shared;
        let payload_bytes = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        if payload_bytes > RECORD_BYTES_MAX {
            return Err(AppendError(format!("it is larger than {RECORD_BYTES_MAX} bytes")));
        }
        let framed = framed_bytes(payload_bytes);
        let mut buffer = shared.buffer.lock();
        self.check_open(&buffer)?;
        assert_eq!(sequence, buffer.last_sequence + 1, "sequences are dense");
        if !buffer.has_place(framed) {
            buffer = self.wait_for_place(buffer, framed)?;
        }
        let segment_bytes = self.segment_bytes;
        let needed_spare = buffer.spare_bytes_needed(segment_bytes).is_some();
        buffer.append(sequence, self.synced(), parts);
        let needs_spare = !needed_spare && buffer.spare_bytes_needed(segment_bytes).is_some();
        let is_eager = buffer.buffered_bytes() >= EAGER_BUFFER_BYTES;
        shared.appended.store(sequence, Ordering::Release);
        if shared.durability == Durability::None {
            shared.committed.store(sequence, Ordering::Release);
        }
        drop(buffer);
        if is_eager {
            shared.rouse();
        }
        if needs_spare {
            shared.spare_work.notify_one();
        }
        Ok(())
    }

    fn check_open(&self, buffer: &Buffer) -> Result<(), AppendError> {
        match self.shared.failure.get() {
            Some(reason) => Err(AppendError(reason.clone())),
            None if buffer.closing => Err(AppendError(CLOSED.to_owned())),
            None => Ok(()),
        }
    }

    /// The rare way of a record that is larger than what was admitted, at the end of a segment.
    #[cold]
    fn wait_for_place<'a>(
        &'a self,
        mut buffer: MutexGuard<'a, Buffer>,
        framed: usize,
    ) -> Result<MutexGuard<'a, Buffer>, AppendError> {
        let before = buffer.preparations;
        while !buffer.has_place(framed) {
            self.check_open(&buffer)?;
            if buffer.preparations > before
                && let Some((_, reason)) = &buffer.no_space
            {
                let reason = format!("a batch was larger than admitted and has no space: {reason}");
                drop(buffer);
                return Err(AppendError(self.shared.fail(reason)));
            }
            buffer.want(framed);
            self.shared.spare_work.notify_one();
            self.shared.spare_done.wait(&mut buffer);
        }
        Ok(buffer)
    }

    /// Hands what was appended to the kernel, on the caller's thread, so that with `interval` it is committed. It never
    /// waits for a sync: where a segment is full the log's thread does the work, and [`Log::commit`] has to be awaited.
    ///
    /// # Errors
    /// The log has failed, now or before.
    pub fn write_out(&self) -> Result<(), CommitError> {
        self.shared.write_out().map_err(CommitError)
    }

    /// Waits until `sequence` is committed.
    ///
    /// # Errors
    /// The log failed: the outcome is unknown.
    pub fn commit(&self, sequence: Sequence) -> impl Future<Output = Result<(), CommitError>> + Send + '_ {
        Commit::new(&self.shared, sequence)
    }

    /// Reads back from the disk what was written so far, as [`Log::open`] would, and changes nothing. The last sequence
    /// that it found; more may have been appended. The caller sees to it that nobody appends meanwhile.
    ///
    /// # Errors
    /// As those of [`Log::open`].
    pub fn read_back(&self, visitor: &mut dyn RecoveryVisitor) -> Result<Sequence, OpenError> {
        let recovered = recover(&*self.shared.disk, visitor, Access::Look)?;
        Ok(recovered.map_or(0, |recovered| recovered.last_sequence))
    }

    /// Whether the log takes writes, and why not.
    #[must_use]
    pub fn health(&self) -> Health {
        let no_space = self.shared.buffer.lock().no_space.as_ref().map(|(_, reason)| reason.clone());
        Health { failure: self.shared.failure.get().cloned(), no_space }
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
        let mut threads = self.threads.lock();
        self.shared.buffer.lock().closing = true;
        self.shared.rouse();
        self.shared.spare_work.notify_all();
        for thread in threads.drain(..) {
            // A panic has made the log fail.
            let _ = thread.join();
        }
        let spare = self.shared.buffer.lock().spare.take();
        if let Some(spare) = spare {
            drop(spare.file);
            // It holds nothing; a leftover is removed at the next opening as well.
            let _ = self.shared.disk.remove(&spare.name);
        }
        // Who still waits, waits for what was never appended.
        let mut waiters = self.shared.waiters.lock();
        self.shared.is_closed.store(true, Ordering::Release);
        let woken = waiters.take_all();
        drop(waiters);
        woken.wake();
        match self.shared.failure.get() {
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
    let segment = segment::prepare(disk, segment_id, segment_bytes, || true)?;
    segment::start(
        disk,
        &segment,
        &Header { segment_id, log_id: options.log_id, first_sequence: FIRST_SEQUENCE },
    )?;
    Ok(Recovered {
        segment,
        position: HEADER_BYTES as u64,
        last_sequence: FIRST_SEQUENCE - 1,
        log_id: options.log_id,
    })
}
