//! The log against crashes, damage, full and failing disks.

mod behaviour;
mod crash;
mod failure;
mod model;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::memory_disk::MemoryDisk;
use crate::record::framed_bytes;
use crate::segment::HEADER_BYTES;
use crate::*;

const SMALL: u64 = limits::SEGMENT_BYTES_MIN;

struct ThreadWaker(Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(ThreadWaker(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[derive(Default)]
struct Collect(Vec<Vec<u8>>);

impl RecoveryVisitor for Collect {
    fn on_record(&mut self, sequence: Sequence, payload: &[u8]) -> Result<(), String> {
        assert_eq!(sequence, self.0.len() as u64 + 1);
        self.0.push(payload.to_vec());
        Ok(())
    }
    fn on_progress(&mut self, bytes_read: u64, bytes_total: u64) {
        assert!(bytes_read <= bytes_total);
    }
}

fn options(durability: Durability, segment_bytes: u64) -> Options {
    // No two segments of the whole run share an id.
    static LAST_ID: AtomicU64 = AtomicU64::new(0);
    let draw = || Ok(u128::from(LAST_ID.fetch_add(1, Ordering::Relaxed) + 1).to_le_bytes());
    Options {
        segment_bytes,
        spare_retry: Duration::from_millis(1),
        ..Options::new(durability, LogId([7; 16]), Box::new(draw))
    }
}

fn open_with(disk: &MemoryDisk, durability: Durability) -> Result<(Log, Vec<Vec<u8>>), OpenError> {
    let mut records = Collect::default();
    let log = Log::open(Arc::new(disk.clone()), options(durability, SMALL), &mut records)?;
    Ok((log, records.0))
}

fn open(disk: &MemoryDisk) -> Result<(Log, Vec<Vec<u8>>), OpenError> {
    open_with(disk, Durability::Always)
}

fn write(log: &Log, payload: &[u8]) -> Sequence {
    block_on(log.room(payload.len())).unwrap();
    log.admit(payload.len()).unwrap();
    let sequence = log.last_sequence() + 1;
    log.append(sequence, &[payload]).unwrap();
    sequence
}

fn write_committed(log: &Log, payload: &[u8]) {
    let sequence = write(log, payload);
    block_on(log.commit(sequence)).unwrap();
}

/// A disk with `count` records, all synced, and what they were.
fn filled(count: usize) -> (MemoryDisk, Vec<Vec<u8>>) {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    let payloads: Vec<Vec<u8>> =
        (0..count).map(|i| vec![u8::try_from(i % 251).unwrap() + 1; 10 + i * 7 % 60]).collect();
    payloads.iter().for_each(|payload| write_committed(&log, payload));
    log.close().unwrap();
    (disk, payloads)
}

/// Where records end, beginning with where they start.
fn ends(payloads: &[Vec<u8>]) -> Vec<usize> {
    let mut ends = vec![HEADER_BYTES];
    for payload in payloads {
        ends.push(ends.last().unwrap() + framed_bytes(payload.len()));
    }
    ends
}

/// Polls a future once.
fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}
