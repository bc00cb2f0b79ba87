//! Values in the format of Redis' own files: what DUMP gives out and RESTORE takes in.
//!
//! A payload is a byte for the kind of value, the value, the version of the format (two bytes) and a CRC-64 of all that is
//! before it. We write the plain kinds only, those that name each element in turn: every Redis since 7.0 loads them, and
//! gives the value the encoding it likes. We read every kind that a Redis up to 8.2 may have written.
//!
//! Payloads come from clients: no length in them is believed, and nothing is allocated by it. Whatever a value unfolds to
//! stays below [`RESTORED_BYTES_MAX`](crate::limits::RESTORED_BYTES_MAX).

mod collect;
mod dump;
mod footer;
mod intset;
mod kind;
mod libraries;
mod listpack;
mod load;
mod lzf;
mod reader;
mod stream;
#[cfg(test)]
mod tests;
mod writer;
mod ziplist;
mod zipmap;

pub(crate) use dump::dump;
pub(crate) use libraries::dump_libraries;
pub use libraries::load_libraries;
pub(crate) use load::load;

use std::borrow::Cow;

use crate::types::json::JsonText;

/// Why a payload is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoadError {
    /// The checksum is not that of the bytes, or a later version wrote them.
    #[error("the footer is not that of these bytes")]
    Footer,
    /// The bytes make no sense.
    #[error("the bytes are no value")]
    Damaged,
    /// It unfolds to more than may be stored at once.
    #[error("the value is too large")]
    TooLarge,
}

/// A value that was read: the bodies that mutations carry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Restored<'a> {
    /// A string.
    String(Cow<'a, [u8]>),
    /// Elements of a list, each behind its length.
    List(Vec<u8>),
    /// Different members of a set, each behind its length.
    Set(Vec<u8>),
    /// Different fields of a hash with their values and expiries, without those that have expired: there may be none.
    Hash(Vec<u8>),
    /// Different members of a sorted set with their scores, in order.
    SortedSet(Vec<u8>),
    /// A stream with its groups.
    Stream(Vec<u8>),
    /// A JSON document.
    Json(JsonText),
}
