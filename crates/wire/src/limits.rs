//! The limits of this room: each with a unit and a reason.

/// Arguments of one command. As many as Redis took before 7.0, which bounds the memory of their positions to 16 MiB.
pub const ARGUMENTS_MAX: usize = 1024 * 1024;

/// Bytes of one argument over RESP. Redis allows 512 MiB; a batch of the log holds 64 MiB, so more could not be stored.
pub const BULK_BYTES_MAX: usize = 64 * 1024 * 1024 - 64 * 1024;

/// Bytes of all arguments of one command over RESP, framing included.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of an inline command, and of a length line. As in Redis.
pub const INLINE_BYTES_MAX: usize = 64 * 1024;

/// Arguments before authentication. As in Redis: AUTH and HELLO need no more.
pub const UNAUTHENTICATED_ARGUMENTS_MAX: usize = 10;

/// Bytes of an argument before authentication. As in Redis.
pub const UNAUTHENTICATED_BULK_BYTES_MAX: usize = 16 * 1024;

/// Argument positions that a decoder keeps allocated between requests: 16 KiB. A connection that once sent a huge
/// command must not hold its memory for ever.
pub(crate) const POSITIONS_KEPT_MAX: usize = 1024;

/// Bytes of an inline command that a decoder keeps allocated between requests. People type less.
pub(crate) const INLINE_BYTES_KEPT_MAX: usize = 4 * 1024;

/// Bytes of the arguments of one command over REST: the published default of the service (UPSTASH.md 1.12).
pub const REST_COMMAND_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Commands of one `/pipeline` or `/multi-exec` body. The SDK's automatic pipelines close at 1,000; explicit ones are
/// unbounded, and this many small commands are a body of a few megabytes.
pub const PIPELINE_COMMANDS_MAX: usize = 100_000;

/// Arguments of all commands of one `/pipeline` or `/multi-exec` body. A body of `1,1,1,...` takes twelve times its
/// size in memory; this bounds it to 48 MiB.
pub const PIPELINE_ARGUMENTS_MAX: usize = 2 * 1024 * 1024;

/// Bytes of the line in front of a chunk of an HTTP body: its size in hexadecimal, and extensions that nobody reads.
pub const HTTP_CHUNK_LINE_BYTES_MAX: usize = 256;

/// Headers of an HTTP request: the most that the server behind reads. Browsers behind a few proxies send some thirty.
pub const HTTP_HEADERS_MAX: usize = 100;

/// Empty lines in front of an HTTP request. One is usual behind the body of a careless client.
pub const HTTP_EMPTY_LINES_MAX: usize = 4;

/// Levels that a reply may nest when it is decoded: decoding and dropping recurse. Replies of Redis nest to about eight.
pub const REPLY_DEPTH_MAX: usize = 64;

const _: () = assert!(BULK_BYTES_MAX < REQUEST_BYTES_MAX);
const _: () = assert!(UNAUTHENTICATED_BULK_BYTES_MAX < BULK_BYTES_MAX);
const _: () = assert!(ARGUMENTS_MAX <= PIPELINE_ARGUMENTS_MAX);
