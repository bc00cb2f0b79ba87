//! Errors of the commands for JSON documents. The texts are those of RedisJSON 2.8, to the letter.

use crate::error::quoted::{QUOTED_BYTES_MAX, printable};
use crate::limits::{
    JSON_DEPTH_MAX, JSON_PATH_BYTES_MAX, JSON_PATH_NESTING_MAX, JSON_PATH_STEPS_MAX, JSON_REPLY_BYTES_MAX,
    JSON_WRITTEN_BYTES_MAX,
};
use crate::types::JsonError;

/// Why a command for JSON documents was refused. `Display` is the whole error line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The key holds something else than a JSON document.
    #[error("Existing key has wrong Redis type")]
    NotJson,
    /// The key holds no document, and the command makes none.
    #[error("ERR could not perform this operation on a key that doesn't exist")]
    NoDocument,
    /// A path leads to nothing.
    #[error("ERR Path '{path}' does not exist")]
    PathMissing {
        /// The path.
        path: Box<str>,
    },
    /// A path leads to nothing of the type that a command changes.
    #[error("ERR Path '{path}' does not exist or not {expected}")]
    PathNot {
        /// The path.
        path: Box<str>,
        /// The type, with its article.
        expected: &'static str,
    },
    /// A path leads to no number.
    #[error("ERR Path '{path}' does not exist or does not contains a number")]
    PathNotANumber {
        /// The path.
        path: Box<str>,
    },
    /// A value is of another type than the command works on.
    #[error("WRONGTYPE wrong type of path value - expected {expected} but found {found}")]
    WrongType {
        /// The type that is wanted.
        expected: &'static str,
        /// The type that is there, or the value.
        found: Box<str>,
    },
    /// A document begins with its root.
    #[error("ERR new objects must be created at the root")]
    NewDocument,
    /// A path that can lead to several places, or to none, makes no new member.
    #[error("Err wrong static path")]
    NotStatic,
    /// An array has no element there to be replaced.
    #[error("ERR array index out of range")]
    IndexOutOfRange,
    /// An array has no such place to insert at.
    #[error("ERR index out of bounds")]
    IndexOutOfBounds,
    /// An index is no integer of 64 bits.
    #[error("Couldn't parse as integer")]
    NotAnInteger,
    /// An operand is JSON, but no number.
    #[error("bad input number")]
    NotANumber,
    /// The result is infinite, or none at all.
    #[error("ERR result is not a number")]
    ResultNotANumber,
    /// A value to be stored is no JSON.
    #[error("{0}")]
    Text(JsonError),
    /// An argument is no JSON.
    #[error("ERR {0}")]
    Argument(JsonError),
    /// RESP2 has one format.
    #[error("ERR FORMAT argument is not supported on RESP2")]
    FormatNeedsResp3,
    /// JSON.GET does not know that format.
    #[error("ERR wrong reply format")]
    UnknownFormat,
    /// A path makes no sense.
    #[error("ERR invalid path: unexpected input behind {at} bytes of it")]
    PathSyntax {
        /// How many bytes of it, in JSONPath, make sense.
        at: u32,
    },
    /// A path is too long.
    #[error("LIMIT the path is longer than json_path_bytes_max ({JSON_PATH_BYTES_MAX} bytes)")]
    PathTooLong,
    /// A path's filters lie within each other too deep.
    #[error("LIMIT the path nests deeper than json_path_nesting_max ({JSON_PATH_NESTING_MAX})")]
    PathTooDeep,
    /// A path is built to explode.
    #[error("LIMIT the path takes more than json_path_steps_max ({JSON_PATH_STEPS_MAX} steps)")]
    PathTooCostly,
    /// The reply would be too long.
    #[error("LIMIT the reply is longer than json_reply_bytes_max ({JSON_REPLY_BYTES_MAX} bytes)")]
    ReplyTooLong,
    /// The document would nest too deep.
    #[error("LIMIT the document would nest deeper than json_depth_max ({JSON_DEPTH_MAX})")]
    TooDeep,
    /// One value would come to too many places.
    #[error(
        "LIMIT the value at all its places takes more than json_written_bytes_max ({JSON_WRITTEN_BYTES_MAX} bytes)"
    )]
    TooManyPlaces,
}

impl DocumentError {
    /// The error for a value of a document that is of another type than `expected`, in its own words.
    #[must_use]
    pub fn wrong_argument(expected: &'static str, argument: &[u8]) -> Self {
        Self::WrongType { expected, found: printable(argument, QUOTED_BYTES_MAX).into() }
    }

    /// The error for a path of a document that leads to nothing.
    #[must_use]
    pub fn path_missing(path: &str) -> Self {
        Self::PathMissing { path: printable(path.as_bytes(), usize::MAX).into() }
    }

    /// The error for a path of a document that leads to nothing of the type.
    #[must_use]
    pub fn path_not(path: &str, expected: &'static str) -> Self {
        Self::PathNot { path: printable(path.as_bytes(), usize::MAX).into(), expected }
    }

    /// The error for a path of a document that leads to no number.
    #[must_use]
    pub fn path_not_a_number(path: &str) -> Self {
        Self::PathNotANumber { path: printable(path.as_bytes(), usize::MAX).into() }
    }
}
