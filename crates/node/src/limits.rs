//! The limits of this room: each with a unit and a reason.

use std::time::Duration;

/// Bytes that a mutation adds to the arguments it was made from (tag, lengths, header), used to reserve log room before
/// a command runs. Twice the largest frame of any mutation, so that a command that logs a removal and a change fits.
pub const MUTATION_OVERHEAD_BYTES: usize = 256;

/// How long a script may run on a thread that others wait for; one that takes longer starts anew on its own. Far above what a
/// rate limiter takes, and below what a person notices.
pub const SCRIPT_INLINE: Duration = Duration::from_millis(2);

/// How long the code of a library may run while it is loaded, as in Redis.
pub const FUNCTION_LOAD_TIME_MAX: Duration = Duration::from_millis(500);

/// How often a script runs on copies of its keys that change meanwhile, before it locks them.
pub const BESIDE_ATTEMPTS_MAX: usize = 3;

/// How long the write lane is waited for before it is asked whether a script holds it that takes long.
pub const LANE_PATIENCE: Duration = Duration::from_millis(10);

/// Interpreters that are kept for the next scripts: more than there are threads that serve.
pub const INTERPRETERS_KEPT: usize = 16;

/// Bytes of the texts of scripts that EVALSHA finds. Beyond, all are forgotten, and clients send theirs again.
pub const SCRIPTS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Elements that a read may look at on a thread that others wait for: some 0.5 ms. One that looks at more runs elsewhere.
pub const READ_INLINE_ELEMENTS_MAX: usize = 8_192;

/// Entries that one step of a walk meets before others run: some 0.2 ms, of which one shard is locked for a part.
pub const WALK_STEP_ENTRIES: usize = 1_000;

/// Items of a walk's reply that are written before others run: some 0.1 ms.
pub const WALK_STEP_REPLY_ITEMS: usize = 4_000;

/// Keys that clients read and are told about, unless CONFIG SET says otherwise; as in Redis. Each takes some 150 bytes and
/// its own.
pub const TRACKED_KEYS_MAX: usize = 1_000_000;

/// Tracked keys that are looked through under one lock: some 0.1 ms.
pub const TRACKING_SWEEP_KEYS: usize = 1_000;

/// How many times that is done in one tick, so that a million keys are swept within seconds.
pub const TRACKING_SWEEPS_PER_TICK: usize = 20;

/// How often expired entries are looked for, and thereby how long an expired entry nobody touches stays in memory.
pub const EXPIRY_TICK: Duration = Duration::from_millis(50);

/// Buckets (of some 35 entries) that one expiry slice visits under one shard's lock: far below a millisecond.
pub const EXPIRY_SLICE_BUCKETS: usize = 8;

/// Slices that one tick works through at most, so that a wave of expiries leaves room for requests between ticks.
pub const EXPIRY_SLICES_PER_TICK: usize = 2_000;
