//! Reading the log back while the database is open, to see that a restart would find the same.

use crate::database::Database;
use crate::error::OpenError;
use crate::recovery::Recovery;

/// What a restart would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// What is in memory.
    Same,
    /// Something else.
    Different,
    /// Less: some of the log is still on its way to the kernel. Ask again.
    Behind,
}

impl Database {
    /// Recovers the log into a keyspace of its own and compares. Writes wait meanwhile, and memory holds everything twice.
    ///
    /// # Errors
    /// As those of [`Database::open`], and what a failed log says.
    pub fn read_back(&self) -> Result<ReadBack, OpenError> {
        let lane = self.lane.lock();
        if self.log.write_out().is_err() {
            return Ok(ReadBack::Behind);
        }
        let mut ignore_progress = |_| {};
        let mut recovery = Recovery::new(&mut ignore_progress);
        let last_sequence = match self.log.read_back(&mut recovery) {
            Ok(last_sequence) => last_sequence,
            Err(error) => return Err(recovery.error.take().unwrap_or(OpenError::Log(error))),
        };
        if last_sequence < self.log.last_sequence() {
            return Ok(ReadBack::Behind);
        }
        let recovered = recovery.keyspace.ok_or(OpenError::NoGenesis)?;
        let is_same = recovered.digest() == self.keyspace.digest();
        drop(lane);
        Ok(if is_same { ReadBack::Same } else { ReadBack::Different })
    }
}
