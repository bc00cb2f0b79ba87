//! The limits of this room: each with a unit and a reason.

use std::time::Duration;

/// The usual size of a segment in bytes: seconds of heavy writing, zero-filled in a moment.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// The smallest segment in bytes, so that a header and some records fit. Tests use it.
pub const SEGMENT_BYTES_MIN: u64 = 4 * 1024;

/// Bytes of one record at most. A batch above it is refused before anything changes.
pub const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes that wait for the disk at most; further writes wait. Bounds memory when the disk is slow.
pub const BUFFER_BYTES_MAX: usize = 96 * 1024 * 1024;

/// Bytes that `none` gathers before it hands them to the kernel.
pub const LAZY_BUFFER_BYTES: usize = 1024 * 1024;

/// How long the log's thread rests when nobody wakes it: how late `none` hands its buffer to the kernel.
pub const IDLE_TICK: Duration = Duration::from_millis(100);

/// How long after a failed preparation of a segment the next one is tried: a full disk may have room again.
pub const SPARE_RETRY: Duration = Duration::from_secs(1);

/// Bytes written at once when a segment is filled with zeros.
pub const ZERO_FILL_BYTES: usize = 1024 * 1024;
