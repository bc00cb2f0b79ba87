//! The limits of this room: each with a unit and a reason.

use std::time::Duration;

/// The usual size of a segment in bytes: seconds of heavy writing, zero-filled in a moment.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// The smallest segment in bytes, so that the header page and some records fit. Tests use it.
pub const SEGMENT_BYTES_MIN: u64 = 8 * 1024;

/// Bytes of one record at most. A batch above it is refused before anything changes.
pub const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes that wait for the disk at most; further writes wait. Bounds memory when the disk is slow.
pub const BUFFER_BYTES_MAX: usize = 96 * 1024 * 1024;

/// Bytes beyond what was asked for that an admission reserves in the segment, because a batch is often a little larger
/// than the command that makes it. One that is larger still waits for the next segment in its append.
pub const ADMISSION_SLACK_BYTES: usize = 1024;

/// Buffered bytes at which an append wakes the log's thread although nobody waits for a commit yet.
pub const EAGER_BUFFER_BYTES: usize = 1024 * 1024;

/// A buffer that has grown above this many bytes is let go once it was written, so that one large batch does not hold its
/// memory for ever.
pub const KEPT_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// The shortest time between two syncs of `interval`: below it the log's thread would never rest.
pub const SYNC_EVERY_MIN: Duration = Duration::from_millis(1);

/// How long the log's thread rests when nobody wakes it: how late `none` hands its buffer to the kernel.
pub const IDLE_TICK: Duration = Duration::from_millis(100);

/// How long after a failed preparation of a segment the next one is tried: a full disk may have room again.
pub const SPARE_RETRY: Duration = Duration::from_secs(1);

/// Bytes written at once when a segment is filled with zeros.
pub const ZERO_FILL_BYTES: usize = 256 * 1024;

/// Filling a segment syncs after this many bytes, so that its dirty pages never pile up in front of the syncs that
/// clients wait for.
pub const ZERO_SYNC_BYTES: u64 = 4 * 1024 * 1024;

/// The sequence of the first record of every log. A log whose first segment begins later has lost records.
pub const FIRST_SEQUENCE: u64 = 1;
