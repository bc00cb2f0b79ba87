//! A batch: the mutations of one command, transaction or script, as they go into the log.

use crate::keyspace::Sequence;
use crate::time::HybridTime;

/// Collects mutations. Reused from command to command: its buffers stay.
#[derive(Debug, Default)]
pub struct Batch(());

impl Batch {
    /// An empty batch of this origin (the id of the writing node).
    #[must_use]
    pub fn new(_origin: u64) -> Self {
        unimplemented!()
    }
    /// Starts over for the batch `sequence`, stamped `time`. `committed` is the last sequence known committed.
    pub fn begin(&mut self, _sequence: Sequence, _time: HybridTime, _committed: Sequence) {
        unimplemented!()
    }
    /// Whether to keep what [`crate::undo()`] needs.
    pub fn record_inverses(&mut self, _on: bool) {
        unimplemented!()
    }
    /// Whether nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        unimplemented!()
    }
    /// Header and mutations, ready for the log.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        unimplemented!()
    }
}
