//! The data types: structures without Redis words.

pub(crate) mod bit_combination;
pub(crate) mod bit_numbers;
pub(crate) mod bits;
pub(crate) mod geo;
mod hash;
pub(crate) mod hyper_log_log;
pub(crate) mod json;
pub(crate) mod lcs;
mod list;
pub(crate) mod packed;
mod set;
pub(crate) mod set_algebra;
pub(crate) mod sorted_map;
pub(crate) mod sorted_set;
pub(crate) mod stream;
mod string;

pub use hash::{Field, HashRef};
pub(crate) use hash::{LargeHash, PackedHash, Pair};
pub use json::{ArrayRef, JsonError, JsonRef, JsonView, ObjectRef, PackedJson, PackedValues};
pub(crate) use list::List;
pub use list::ListRef;
pub(crate) use set::Member;
pub use set::SetRef;
pub use sorted_set::SortedSetRef;
pub use stream::{
    Bounds, Consumer, Group, Pending, Progress, References, StreamEntry, StreamHead, StreamId, StreamRef,
};
pub(crate) use string::Chunked;
pub use string::StringRef;

/// The type of an entry's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// Bytes.
    String,
    /// Fields with values.
    Hash,
    /// Elements in order.
    List,
    /// Members without order.
    Set,
    /// Members ordered by scores.
    SortedSet,
    /// A JSON document.
    Json,
    /// Entries under rising ids, and the groups that read them.
    Stream,
}

impl DataType {
    /// All types.
    pub const ALL: [Self; 7] =
        [Self::String, Self::Hash, Self::List, Self::Set, Self::SortedSet, Self::Stream, Self::Json];

    /// The word for it, as TYPE answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "zset",
            Self::Json => "ReJSON-RL",
            Self::Stream => "stream",
        }
    }

    /// Its number inside a record.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::String => 0,
            Self::Hash => 1,
            Self::List => 2,
            Self::Set => 3,
            Self::SortedSet => 4,
            Self::Json => 6,
            Self::Stream => 5,
        }
    }

    /// The type with that number.
    pub(crate) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Hash,
            2 => Self::List,
            3 => Self::Set,
            4 => Self::SortedSet,
            6 => Self::Json,
            5 => Self::Stream,
            _ => Self::String,
        }
    }
}
