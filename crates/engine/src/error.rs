//! Errors of commands. The texts are those of Redis 8.2, to the letter.

/// Why a command was refused. `Display` is the whole error line, first word included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The key holds another type than the command works on.
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
}
