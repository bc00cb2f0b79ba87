//! What a script needs of whoever runs it. The interpreter lives in another room, so that this one stays free of C.

use selvedge_wire::ReplySink;

use crate::commands::table::Args;
use crate::error::CommandError;

/// Runs the commands of one script, in its transaction and at its one instant.
pub trait ScriptHost {
    /// Runs a command now. Its reply goes to `out`; an error is returned and nothing of it is written.
    ///
    /// # Errors
    /// The refusal in Redis' words, of the command itself or of its use in this script.
    fn call(&mut self, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError>;

    /// Whether the script's caller may run a command line at all: `redis.acl_check_cmd`.
    ///
    /// # Errors
    /// [`CommandError::UnknownCommand`] or another refusal of [`crate::table::lookup`].
    fn may(&self, args: Args<'_>) -> Result<bool, CommandError>;

    /// A line for the server's log.
    fn log(&mut self, level: LogLevel, text: &str);
}

/// How important a script thinks a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the levels of redis.log, by their names")]
pub enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
}

/// What a script or function declares about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ScriptFlags(u8);

impl ScriptFlags {
    /// It writes nothing.
    pub const NO_WRITES: Self = Self(1);
    /// It may run when memory is full.
    pub const ALLOW_OOM: Self = Self(1 << 1);
    /// It may run on a replica that lost its primary.
    pub const ALLOW_STALE: Self = Self(1 << 2);
    /// It may not run in a cluster.
    pub const NO_CLUSTER: Self = Self(1 << 3);
    /// Its keys may lie in several slots.
    pub const ALLOW_CROSS_SLOT_KEYS: Self = Self(1 << 4);
    /// It touches no key but those it is given, and only those are locked.
    pub const ALLOW_KEY_LOCKING: Self = Self(1 << 5);

    const NAMES: [(&'static str, Self); 6] = [
        ("no-writes", Self::NO_WRITES),
        ("allow-oom", Self::ALLOW_OOM),
        ("allow-stale", Self::ALLOW_STALE),
        ("no-cluster", Self::NO_CLUSTER),
        ("allow-cross-slot-keys", Self::ALLOW_CROSS_SLOT_KEYS),
        ("allow-key-locking", Self::ALLOW_KEY_LOCKING),
    ];

    /// The flag of that name.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, flag)| *flag)
    }

    /// The names of those that are set, in the order in which Redis lists them.
    pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        Self::NAMES.iter().filter(move |(_, flag)| self.contains(*flag)).map(|(name, _)| *name)
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// As a byte in the log.
    pub(crate) const fn to_byte(self) -> u8 {
        self.0
    }

    /// From a byte of the log. None if a later version set more.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        (byte >> Self::NAMES.len() == 0).then_some(Self(byte))
    }
}
