//! The data types: structures without Redis words.

mod hash;
mod list;
pub(crate) mod packed;
mod set;
pub(crate) mod set_algebra;
mod string;

pub use hash::{Field, HashRef};
pub(crate) use hash::{LargeHash, PackedHash, Pair};
pub(crate) use list::List;
pub use list::ListRef;
pub(crate) use set::Member;
pub use set::SetRef;
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
}

impl DataType {
    /// All types.
    pub const ALL: [Self; 4] = [Self::String, Self::Hash, Self::List, Self::Set];

    /// The lower-case word for it, as TYPE answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Set => "set",
        }
    }

    /// Its number inside a record.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::String => 0,
            Self::Hash => 1,
            Self::List => 2,
            Self::Set => 3,
        }
    }

    /// The type with that number.
    pub(crate) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Hash,
            2 => Self::List,
            3 => Self::Set,
            _ => Self::String,
        }
    }
}
