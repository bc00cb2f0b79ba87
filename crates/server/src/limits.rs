//! The limits of this room: each with a unit and a reason. Those that an operator may change are defaults of
//! [`Settings`](crate::Settings); the rest is fixed.

use std::time::Duration;

/// Bytes read from a socket at once: a pipeline of a few hundred small commands.
pub const READ_BYTES: usize = 16 * 1024;

/// Bytes of replies that a turn gathers before it writes: a client that does not read is answered no further.
pub const TURN_OUTPUT_BYTES: usize = 1024 * 1024;

/// Bytes of a buffer that goes back to the pool; larger ones are freed.
pub const POOLED_BUFFER_BYTES: usize = 64 * 1024;

/// Bytes of the reply of a command that ran elsewhere which are written before other connections have their turn: some 0.1 ms.
pub const LONG_REPLY_STEP_BYTES: usize = 128 * 1024;

/// Commands that read much at the same time, each on a thread of its own. The others wait for their turn: more would take the
/// cores from the threads that serve, and each holds its reply in memory.
pub const LONG_READS_MAX: usize = 2;

/// Buffers that a thread keeps for the next turns.
pub const POOLED_BUFFERS: usize = 64;

/// Bytes of the head of an HTTP request: request line and headers, path style included.
pub const HTTP_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Keys that one connection may watch: EXEC looks at those that expire while no other write runs, which takes a millisecond.
pub const WATCHED_KEYS_MAX: usize = 10_000;

/// Keys that WATCH takes before others have their turns: a fraction of a millisecond.
pub const WATCHED_AT_ONCE: usize = 256;

/// Bytes of the keys that one connection may watch. Each is kept twice.
pub const WATCHED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of messages that wait for a subscriber to read. Beyond, it is cut off: Redis' own limit for such clients.
pub const SUBSCRIBER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Subscriptions of one connection: each takes some two hundred bytes.
pub const SUBSCRIPTIONS_MAX: usize = 100_000;

/// How often a stream of events says that it is still there: more often than proxies lose patience.
pub const EVENTS_HEARTBEAT: Duration = Duration::from_secs(15);

/// Bytes that are read ahead from a connection whose command waits. Beyond, the client's next requests wait in its socket.
pub const READ_AHEAD_BYTES_MAX: usize = 64 * 1024;

/// Bytes that are read to no purpose behind a refused HTTP request, so that its client gets to read why.
pub const HTTP_DISCARDED_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of a connection's name and of what a client library says of itself.
pub const NAME_BYTES_MAX: usize = 1024;

/// How long accepting pauses when the process is out of file descriptors or memory.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a token. Longer ones are no secret but a mistake.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// Bytes of a token where others than this machine can try: 16 random characters cannot be guessed.
pub const PUBLIC_TOKEN_BYTES_MIN: usize = 16;

/// First words of errors that are counted one by one, per serving thread. Redis has the same limit: scripts can make up
/// words.
pub const ERROR_WORDS_MAX: usize = 128;

/// Bytes of a first word that is counted.
pub const ERROR_WORD_BYTES_MAX: usize = 32;

/// Arguments of a command in the slow log, the note about those left out included. As in Redis.
pub const SLOW_ARGUMENTS_MAX: usize = 32;

/// Bytes of an argument in the slow log. As in Redis.
pub const SLOW_ARGUMENT_BYTES_MAX: usize = 128;

/// Seconds with a latency spike that are kept of each event. As in Redis.
pub const LATENCY_SPIKES_MAX: usize = 160;

/// Wrong tokens from one host that are answered at once: a mistake in somebody's settings is found before it hurts.
pub const FAILURES_FREE: u32 = 10;

/// The wait for the answer to the next wrong token. It doubles with each.
pub const FAILURE_DELAY_MIN: Duration = Duration::from_millis(100);

/// The longest wait for the answer to a wrong token: beyond it a connection kept open would cost us more than them.
pub const FAILURE_DELAY_MAX: Duration = Duration::from_secs(2);

/// How long a host must show no wrong token until those that it has shown do not count any more.
pub const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// Hosts whose wrong tokens are counted: about half a megabyte.
pub const FAILURES_HOSTS_MAX: usize = 10_000;

/// How often WAITAOF looks whether the disk has caught up: short beside the time of a sync.
pub const SYNC_POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Bytes of notices about keys that wait for one connection. Beyond, they become one that says that any key may have changed.
pub const TRACKING_INBOX_BYTES_MAX: usize = 1024 * 1024;

/// Prefixes that one connection is told about. Each is compared with every other when it comes.
pub const TRACKED_PREFIXES_MAX: usize = 1024;
