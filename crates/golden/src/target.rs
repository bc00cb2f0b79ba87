//! What scripts run against.

use selvedge_wire::{Protocol, Value};

use crate::script::Need;

/// What scripts that need a password authenticate with.
pub const PASSWORD: &str = "golden-password-0123456789";

/// Something that executes commands.
pub trait Target {
    /// Starts over: an empty database, a fresh connection, RESP2.
    ///
    /// # Errors
    /// [`TargetError`] if it cannot be reached.
    fn reset(&mut self) -> Result<(), TargetError>;

    /// Runs one command line.
    ///
    /// # Errors
    /// [`TargetError`] if there is no reply. A reply that is an error is a [`Value::Error`].
    fn run(&mut self, words: &[Vec<u8>]) -> Result<Value, TargetError>;

    /// Changes the protocol. False if there is only one.
    ///
    /// # Errors
    /// [`TargetError`] if it cannot be reached.
    fn set_protocol(&mut self, protocol: Protocol) -> Result<bool, TargetError>;

    /// Has it tell of keyspace events of these classes from here on. False if it cannot.
    ///
    /// # Errors
    /// [`TargetError`] if it cannot be reached.
    fn watch_events(&mut self, _classes: &str) -> Result<bool, TargetError> {
        Ok(false)
    }

    /// The events since the last call, `event key` each.
    ///
    /// # Errors
    /// [`TargetError`] if it cannot be reached.
    fn take_events(&mut self) -> Result<Vec<String>, TargetError> {
        Ok(Vec::new())
    }

    /// Whether it has what some scripts need.
    fn has(&self, need: Need) -> bool;

    /// Lets time pass. Only called where [`Target::has`] a clock.
    fn advance_ms(&mut self, ms: u64);

    /// How much of a reply's type it shows.
    fn fidelity(&self) -> Fidelity {
        Fidelity::Resp
    }

    /// Whether it is the Redis that ours is compared with.
    fn is_redis(&self) -> bool {
        false
    }
}

/// How much of a reply's type gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// Every type.
    Resp,
    /// A status looks like a string, and all nulls are one.
    Json,
    /// Likewise, and bytes that are not UTF-8 are replaced.
    JsonText,
}

/// Why a target gave no reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The connection failed.
    #[error("the connection failed")]
    Io(#[from] std::io::Error),
    /// What came back is no reply.
    #[error("what came back is no reply: {0}")]
    Malformed(String),
    /// The target refused to start over.
    #[error("the target refused to start over: {0:?}")]
    Reset(Value),
}
