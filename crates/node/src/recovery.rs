//! Bringing the state back: the batches of the log, applied in order. No handler runs.

use selvedge_engine::batch::BatchHeader;
use selvedge_engine::hash::HashSeed;
use selvedge_engine::keyspace::{Garbage, Keyspace};
use selvedge_engine::time::HybridTime;
use selvedge_engine::{apply_batch, genesis_seed};
use selvedge_log::{RecoveryVisitor, Sequence};

use crate::error::OpenError;

/// How far a recovery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the log read so far.
    pub bytes_read: u64,
    /// Bytes of the log in all.
    pub bytes_total: u64,
}

/// Builds the keyspace out of records.
pub(crate) struct Recovery<'a> {
    pub(crate) keyspace: Option<Keyspace>,
    pub(crate) last_time: HybridTime,
    pub(crate) error: Option<OpenError>,
    garbage: Vec<Garbage>,
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Recovery<'a> {
    pub(crate) fn new(progress: &'a mut dyn FnMut(Progress)) -> Self {
        Self { keyspace: None, last_time: HybridTime::default(), error: None, garbage: Vec::new(), progress }
    }

    fn apply(&mut self, sequence: Sequence, payload: &[u8]) -> Result<(), OpenError> {
        let batch_error = |source| OpenError::Batch { sequence, source };
        let header: BatchHeader = match &self.keyspace {
            Some(keyspace) => apply_batch(keyspace, payload, &mut self.garbage).map_err(batch_error)?,
            None => {
                let seed: HashSeed =
                    genesis_seed(payload).map_err(batch_error)?.ok_or(OpenError::NoGenesis)?;
                let keyspace = Keyspace::new(seed);
                let header = apply_batch(&keyspace, payload, &mut self.garbage).map_err(batch_error)?;
                self.keyspace = Some(keyspace);
                header
            }
        };
        // Nobody else runs yet: what was replaced is freed here.
        self.garbage.clear();
        self.last_time = self.last_time.max(header.time);
        Ok(())
    }
}

impl RecoveryVisitor for Recovery<'_> {
    fn on_record(&mut self, sequence: Sequence, payload: &[u8]) -> Result<(), String> {
        self.apply(sequence, payload).map_err(|error| {
            let text = error.to_string();
            self.error = Some(error);
            text
        })
    }

    fn on_progress(&mut self, bytes_read: u64, bytes_total: u64) {
        (self.progress)(Progress { bytes_read, bytes_total });
    }
}
