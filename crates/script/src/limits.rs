//! The limits of scripts: each with a unit and a reason.

/// Bytes of a script's text. Redis has none; nobody writes a megabyte of Lua by hand.
pub const SCRIPT_BYTES_MAX: usize = 1024 * 1024;

/// Bytes that one interpreter may hold, garbage included: what all scripts that run at once may cost, times their number.
pub const MEMORY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes above which an interpreter collects its garbage when a script is done.
pub const MEMORY_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Compiled scripts that one interpreter keeps. Beyond, it forgets all of them and compiles again.
pub const COMPILED_SCRIPTS_MAX: usize = 1024;

/// Instructions of Lua between two looks at the clock: some 50 microseconds.
pub const INSTRUCTIONS_PER_LOOK: u32 = 10_000;

/// Steps of a function of the library between two looks at the clock.
pub const STEPS_PER_LOOK: u32 = 20_000;

/// Bytes of a string that a library function makes in one go, so that no loop outside Lua's count runs for long.
pub const STRING_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Levels of nested matches in a pattern. Each is a few hundred bytes of the thread's stack.
pub const PATTERN_DEPTH_MAX: usize = 200;

/// Captures of a pattern, as in Lua.
pub const PATTERN_CAPTURES_MAX: usize = 32;

/// Values that `unpack` returns at most: together with a few more they are as many as a function in Rust can be given, 9 less
/// than in Redis.
pub const UNPACKED_VALUES_MAX: usize = 7_990;

/// Coroutines that may resume each other. Each takes up to 200 levels of C calls on the thread's stack.
pub const COROUTINE_DEPTH_MAX: usize = 8;

/// Levels of nested tables in a reply.
pub const REPLY_DEPTH_MAX: usize = 128;

/// Levels of nested tables in JSON, at most what a script may ask for: each costs stack.
pub const JSON_DEPTH_MAX: usize = 1_000;

/// Levels of nested tables in MessagePack that are written; deeper ones become nil. Redis' own bound.
pub const MESSAGE_PACK_NESTING_MAX: usize = 16;

/// Levels of nested values in MessagePack that is read.
pub const MESSAGE_PACK_DEPTH_MAX: usize = 128;
