//! A write-ahead log of opaque records on a disk trait: preallocated segments, group commit, and recovery that tells a
//! torn tail from damage. It knows nothing of what a record means.
//!
//! `docs/format.md` gives every byte.

pub mod limits;

mod append;
mod disk;
mod error;
mod file_disk;
mod log;
mod options;
mod record;
mod recovery;
mod segment;
mod spare;
mod statistics;
mod wait;
mod writer;

#[cfg(test)]
mod memory_disk;
#[cfg(test)]
mod tests;

pub use disk::{Disk, DiskFile};
pub use error::{AppendError, CommitError, OpenError, Refused};
pub use file_disk::{DirectoryError, FileDisk};
pub use log::Log;
pub use options::{DrawId, Durability, LogId, Options};
pub use recovery::RecoveryVisitor;
pub use statistics::{Health, LATENCY_BUCKETS_US, Statistics};

/// A record's place in the log: dense, from 1.
pub type Sequence = u64;
