//! Limits of the engine: each with its unit and its reason.

use std::time::Duration;

/// How long a reader waits for a shard before it asks whether to give up: long against a command, short for a person.
pub const LOCK_PATIENCE: Duration = Duration::from_millis(10);

/// Bytes of a string value. Redis' own limit; offsets beyond it are refused before they allocate.
pub const STRING_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Bytes of a string up to which it lies in one piece beside its key. Longer ones are cut into chunks of this size, so
/// that a write, a copy or a checkpoint costs one chunk.
pub const STRING_CHUNK_BYTES: usize = 64 * 1024;

/// Bytes up to which a string that grows in place stays packed. Beyond, appending to the packed form would copy too much.
pub const STRING_GROWN_PACKED_BYTES_MAX: usize = 4 * 1024;

/// Bytes of all elements of a packed hash, list or set. Each change copies them, each lookup walks them.
pub const PACKED_BYTES_MAX: usize = 1024;

/// Fields, elements or members of a packed hash, list or set. Their count is one byte.
pub const PACKED_COUNT_MAX: usize = 128;

/// Bytes of one chunk of a large list; a single larger element gets a chunk of its own.
pub const LIST_CHUNK_BYTES: usize = 4 * 1024;

/// Elements of one chunk of a large list: bounds the walk inside a chunk.
pub const LIST_CHUNK_ELEMENTS: usize = 128;

/// Bytes of the members of one sorted set, as far as they grow one by one: half of what their ids of 32 bits reach.
pub const SORTED_SET_BYTES_MAX: usize = 16 * 1024 * 1024 * 1024;

/// Bytes of one block of a large stream; a single larger entry gets a block of its own.
pub const STREAM_BLOCK_BYTES: usize = 4 * 1024;

/// Entries of one block of a stream: bounds the walk inside a block.
pub const STREAM_BLOCK_ENTRIES: usize = 128;

/// Bytes of field names that entries of a restored stream share with the one before: longer ones are written out for each, so that
/// a stream takes no more than some times the bytes of the mutation that carries it.
pub const STREAM_NAMES_SHARED_BYTES_MAX: usize = STREAM_BLOCK_BYTES / 8;

/// Entries that one approximate trimming takes out at most when nothing else is said. Redis' own default.
pub const STREAM_TRIM_DEFAULT: usize = 10_000;

/// Entries that XAUTOCLAIM takes over at most when nothing else is said. Redis' own default.
pub const STREAM_CLAIM_COUNT_DEFAULT: usize = 100;

/// Pending entries that one XAUTOCLAIM looks at, whatever its count says: bounds the time it takes from others. Its cursor says
/// where to go on.
pub const STREAM_CLAIM_LOOKS_MAX: usize = 10_000;

/// Pending entries that XAUTOCLAIM looks at for each that it may take over. Redis' own number.
pub const STREAM_CLAIM_LOOKS: usize = 10;

/// Entries, of the stream and of each list of pending ones, that XINFO STREAM FULL shows when nothing else is said. Redis' own
/// default.
pub const STREAM_INFO_COUNT_DEFAULT: usize = 10;

/// Removals that a shard tracks one by one, of 16 bytes each. An older one whose commit is not known stands for every absent
/// key; and a version of absence is good until so many other keys of its shard were removed.
pub const REMOVALS_TRACKED_MAX: usize = 256;

/// Elements, or string chunks, from which on a dropped value is freed in the background.
pub const GARBAGE_PARTS_MIN: usize = 32;

/// Removals of expired entries and fields that one search collects: what one batch removes under the locks, well below a
/// millisecond.
pub const EXPIRED_REMOVALS_MAX: usize = 256;

/// Bytes of the keys and fields that one such search collects, so that their batch stays small. A single larger one counts.
pub const EXPIRED_BYTES_MAX: usize = 64 * 1024;

/// Buckets that one such search visits inside a large hash, each of some 35 fields. Where the hash shares its buckets with a
/// copy, each may cost a chunk of them.
pub const EXPIRED_BUCKETS_MAX: usize = 8;

/// The last millisecond at which a field may be alive, 2^46 - 1 as in Redis.
pub const FIELD_EXPIRE_AT_MS_MAX: u64 = (1 << 46) - 1;

/// Bits of the hash that a table may tell buckets apart by. Bounds the directory (4 bytes per slot) when hashes collide.
pub const TABLE_DEPTH_MAX: u8 = 22;

/// Entries that one step of SCAN, HSCAN or SSCAN looks at when the caller says nothing. Redis' own default.
pub const SCAN_COUNT_DEFAULT: usize = 10;

/// Parts of a large value that MEMORY USAGE looks at when nothing else is said. Redis' own default.
pub const MEMORY_SAMPLES_DEFAULT: usize = 5;

/// Entries that one SCAN looks at, whatever its COUNT says, which is a hint: bounds the time it takes from others.
pub const SCAN_COUNT_MAX: usize = 10_000;

/// Steps of matching a pattern (looks at one of its bytes) that each byte of a text allows for, with 64 bytes more. What
/// users write takes one to four.
pub const PATTERN_STEPS_PER_BYTE: u64 = 8;

/// Steps beyond those, for one command: what a pattern that is built to explode may cost, some 30 ms.
pub const PATTERN_EXTRA_STEPS_MAX: u64 = 10_000_000;

/// Steps that one SCAN takes until it has met as many entries as asked for. Bounds the work where there are few.
pub const SCAN_STEPS_MAX: usize = 10;

/// Random elements that may repeat which one command returns. Nothing stored bounds them, so a number alone could fill memory.
pub const RANDOM_DRAWS_MAX: usize = 1 << 20;

/// Bytes of a string that LCS takes. It costs a step for each, however short the other string is: some tens of milliseconds.
pub const LCS_STRING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that the value of one RESTORE unfolds to. A batch that carries more would not fit into the log, and a few bytes of
/// a payload may stand for a hundred times as many.
pub const RESTORED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Pairs of positions that one LCS compares: (length of one + 1) * (length of the other + 1). As many as Redis' table of four
/// bytes each holds in 512 MiB; bounds the time and, at a bit each, the memory.
pub const LCS_PAIRS_MAX: usize = STRING_BYTES_MAX / 4;

/// Bytes of all strings that one BITOP reads. Nobody writes meanwhile: some tens of milliseconds.
pub const BITOP_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Bytes of a HyperLogLog up to which its registers may be sparse. Redis' default for `hll-sparse-max-bytes`: adding to a
/// sparse one walks over it.
pub const HLL_SPARSE_BYTES_MAX: usize = 3000;

/// Arrays and objects that may lie within each other in a JSON document, as in RedisJSON's reader: what walks a document goes
/// down by calling itself.
pub const JSON_DEPTH_MAX: usize = 127;

/// Bytes of a packed JSON value: a small document, or a leaf of a large one. Each change copies it, each lookup walks it.
pub const JSON_PACKED_BYTES_MAX: usize = PACKED_BYTES_MAX;

/// Elements or members in one chunk of a large JSON array or object: what the first change to a shared chunk copies.
pub const JSON_CHUNK_ITEMS: usize = 128;

/// Bytes of a path. Its filters may hold patterns, each of which takes time to compile.
pub const JSON_PATH_BYTES_MAX: usize = 16 * 1024;

/// Filters and parentheses within each other in a path.
pub const JSON_PATH_NESTING_MAX: usize = 32;

/// Values that following one path may look at, one as often as it comes up: some hundreds of milliseconds. A walk through all of
/// a document of 10 MB takes less.
pub const JSON_PATH_STEPS_MAX: usize = 16_000_000;

/// Bytes of a compiled pattern: bounds how long each byte of a text takes.
pub const JSON_REGEX_BYTES_MAX: usize = 32 * 1024;

/// Steps that each byte of a text costs in which a pattern is looked for.
pub const JSON_REGEX_STEPS_PER_BYTE: usize = 4;

/// Steps that compiling a pattern costs which a path leads to.
pub const JSON_REGEX_COMPILE_STEPS: usize = 10_000;

/// Bytes of values that one command may write into a document beyond those it was given: a value as often as there are places.
pub const JSON_WRITTEN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of JSON text in one reply, that of the longest string. A document comes up as often as a path leads to parts of it.
pub const JSON_REPLY_BYTES_MAX: usize = STRING_BYTES_MAX;
