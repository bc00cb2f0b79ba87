//! What can go wrong with a whole database.

use selvedge_log::OpenError as LogOpenError;

/// A database that could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The log could not be opened or is damaged. The source names file and offset.
    #[error("the log could not be opened")]
    Log(#[source] LogOpenError),
    /// A record is whole but does not hold a batch that this binary understands.
    #[error("record {sequence} does not hold a valid batch")]
    Batch {
        /// The record's sequence.
        sequence: u64,
        /// What is wrong with it.
        #[source]
        source: selvedge_engine::batch::BatchError,
    },
    /// The first record of the log is not the one that founds a database.
    #[error("the log does not begin with a founding record")]
    NoGenesis,
    /// The founding record did not enter the log.
    #[error("the founding record did not enter the log")]
    Founding(#[source] selvedge_log::AppendError),
    /// The system's random generator failed.
    #[error("the system's random generator failed")]
    Entropy(#[source] std::io::Error),
    /// A background thread could not be started.
    #[error("a background thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// A commit that will not come. The outcome of the write is unknown: it may or may not be there after a restart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("UNKNOWN the outcome of this command is unknown: {reason}")]
pub struct CommitError {
    /// Why the log stopped.
    pub reason: String,
}
