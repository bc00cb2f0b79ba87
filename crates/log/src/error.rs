//! What can go wrong, by operation.

use std::io;

/// A log that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The disk failed.
    #[error("cannot read or write the log")]
    Io(#[from] io::Error),
    /// Bytes that were synced are not what was written. Nothing is repaired and nothing is skipped.
    #[error("the log is damaged: {file} at byte {offset}: {reason}")]
    Damaged {
        /// The segment.
        file: String,
        /// Where in it.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A later version wrote it.
    #[error("{file} has format version {version}, newer than this binary knows ({known})")]
    NewerVersion {
        /// The segment.
        file: String,
        /// Its version.
        version: u32,
        /// The newest version known.
        known: u32,
    },
    /// The caller could not use a record.
    #[error("record {sequence} was refused: {reason}")]
    Refused {
        /// The record.
        sequence: u64,
        /// The caller's words.
        reason: String,
    },
}

/// A write that may not run now. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Room is being made: wait for it.
    #[error("the log is making room")]
    Wait,
    /// The disk has no room for the next segment.
    #[error("the disk has no room for the log: {0}")]
    NoSpace(String),
    /// The log has failed or is closed. Reopen it to recover.
    #[error("the log takes no writes: {0}")]
    Failed(String),
    /// No segment holds such a record.
    #[error("the record is larger than {max} bytes")]
    TooLarge {
        /// Bytes allowed.
        max: usize,
    },
}

/// A record that did not enter the log: definitely not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record did not enter the log: {0}")]
pub struct AppendError(pub String);

/// A commit that will not come. The outcome is unknown: the record may be there after reopening.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log failed: {0}")]
pub struct CommitError(pub String);
