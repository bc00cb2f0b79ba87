//! What the operator and the caller decide about a log.

use std::time::Duration;

use crate::limits;

/// What an acknowledged record has survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Committed is synced: it survives a power cut.
    Always,
    /// Committed is written to the kernel: it survives the process; a power cut takes the last `sync_every`.
    Interval {
        /// Time between syncs.
        sync_every: Duration,
    },
    /// Committed is buffered: a crash of the process takes the last tenth of a second.
    None,
}

/// The random identity of one history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogId(pub [u8; 16]);

/// Draws the random identity of a segment.
pub type DrawId = Box<dyn FnMut() -> std::io::Result<[u8; 16]> + Send>;

/// How to open a log.
pub struct Options {
    /// What an acknowledged record has survived.
    pub durability: Durability,
    /// The size of a segment in bytes, at least [`limits::SEGMENT_BYTES_MIN`].
    pub segment_bytes: u64,
    /// The identity of a log that does not exist yet.
    pub log_id: LogId,
    /// Draws the identities of segments.
    pub draw_id: DrawId,
    /// How long a failed preparation of a segment rests before the next.
    pub spare_retry: Duration,
}

impl Options {
    /// The usual options.
    #[must_use]
    pub fn new(durability: Durability, log_id: LogId, draw_id: DrawId) -> Self {
        Self {
            durability,
            segment_bytes: limits::SEGMENT_BYTES,
            log_id,
            draw_id,
            spare_retry: limits::SPARE_RETRY,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("durability", &self.durability)
            .field("segment_bytes", &self.segment_bytes)
            .finish_non_exhaustive()
    }
}
