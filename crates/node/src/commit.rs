//! Waiting for the shared commit.

use std::future::poll_fn;
use std::task::Poll;

use selvedge_log::{Refused, Sequence};

use crate::database::Database;
use crate::error::CommitError;

impl Database {
    /// Whether a reply that waits for `sequence` has to wait at all. One atomic load.
    #[must_use]
    pub fn needs_commit(&self, sequence: Sequence) -> bool {
        sequence > self.log.committed()
    }

    /// Waits until `sequence` is committed at the level the operator chose: synced (`always`), written to the kernel
    /// (`interval`, done here by the caller's own thread for everything in the buffer), or buffered (`none`).
    ///
    /// # Errors
    /// The log failed: the outcome is unknown.
    pub async fn commit(&self, sequence: Sequence) -> Result<(), CommitError> {
        if !self.needs_commit(sequence) {
            return Ok(());
        }
        if let Some(reason) = self.failure() {
            return Err(CommitError { reason });
        }
        if self.writes_out_itself {
            after_those_that_are_ready().await;
            if !self.needs_commit(sequence) {
                return Ok(());
            }
            self.log.write_out().map_err(|error| CommitError { reason: error.to_string() })?;
        }
        self.log.commit(sequence).await.map_err(|error| CommitError { reason: error.to_string() })
    }

    /// Waits until the log has room for `bytes`, a bounded time.
    ///
    /// # Errors
    /// Why there will be none: the disk is full, the log failed, or the batch is larger than any segment.
    pub async fn room(&self, bytes: usize) -> Result<(), Refused> {
        self.log.room(bytes).await
    }
}

/// Lets the tasks run that the caller's thread has ready, so that their batches share one write to the kernel.
async fn after_those_that_are_ready() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
