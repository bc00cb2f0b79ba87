//! What a database tells about itself.

use selvedge_log::Sequence;

use crate::database::Database;

/// Whether the database does its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Why no write is taken, if none is.
    pub failure: Option<String>,
    /// What the log says of itself.
    pub log: selvedge_log::Health,
}

impl Health {
    /// Reads and writes are served.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failure.is_none() && self.log.is_ok()
    }
}

/// Figures for INFO and `/metrics`.
#[derive(Debug, Clone)]
pub struct Statistics {
    /// Entries, expired ones that are still stored included.
    pub keys: usize,
    /// Entries with an expiry.
    pub keys_with_expiry: usize,
    /// Entries removed because their time was over, since the start.
    pub expired_total: u64,
    /// Fields removed because their time was over, since the start.
    pub expired_fields_total: u64,
    /// Commands that wait for a key to change.
    pub blocked: usize,
    /// Scripts that EVALSHA finds.
    pub scripts: usize,
    /// Bytes of their texts.
    pub scripts_bytes: usize,
    /// Libraries of functions.
    pub libraries: usize,
    /// Functions of all libraries.
    pub functions: usize,
    /// The last sequence appended.
    pub last_sequence: Sequence,
    /// The last sequence committed.
    pub committed: Sequence,
    /// What the log counted.
    pub log: selvedge_log::Statistics,
}

impl Database {
    /// Whether the database does its work, and why not.
    #[must_use]
    pub fn health(&self) -> Health {
        Health { failure: self.failure(), log: self.log.health() }
    }

    /// Figures. Locks each shard for an instant.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let counts = self.keyspace.counts();
        let (scripts, scripts_bytes) = self.scripts.counts();
        let libraries = self.keyspace.libraries();
        Statistics {
            keys: counts.entries(),
            keys_with_expiry: counts.expiring,
            expired_total: self.expired_total.load(std::sync::atomic::Ordering::Relaxed),
            expired_fields_total: self.expired_fields_total.load(std::sync::atomic::Ordering::Relaxed),
            blocked: self.waiters.len(),
            scripts,
            scripts_bytes,
            libraries: libraries.iter().len(),
            functions: libraries.iter().map(|library| library.functions.len()).sum(),
            last_sequence: self.log.last_sequence(),
            committed: self.log.committed(),
            log: self.log.statistics(),
        }
    }
}
