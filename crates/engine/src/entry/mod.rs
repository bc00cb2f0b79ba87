//! An entry: key, value, version and expiry.

use std::marker::PhantomData;

use crate::error::CommandError;
use crate::keyspace::Sequence;
use crate::time::Milliseconds;
use crate::types::{DataType, HashRef, ListRef, SetRef, StringRef};

/// A live entry of the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct EntryRef<'a>(PhantomData<&'a ()>);

impl<'a> EntryRef<'a> {
    /// Its key.
    #[must_use]
    pub fn key(self) -> &'a [u8] {
        unimplemented!()
    }
    /// The type of its value.
    #[must_use]
    pub fn data_type(self) -> DataType {
        unimplemented!()
    }
    /// The sequence of its last mutation.
    #[must_use]
    pub fn version(self) -> Sequence {
        unimplemented!()
    }
    /// The last millisecond at which it is alive, if it expires at all.
    #[must_use]
    pub fn expire_at_ms(self) -> Option<Milliseconds> {
        unimplemented!()
    }
    /// The value as a string.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn string(self) -> Result<StringRef<'a>, CommandError> {
        unimplemented!()
    }
    /// The value as a hash.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn hash(self) -> Result<HashRef<'a>, CommandError> {
        unimplemented!()
    }
    /// The value as a list.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn list(self) -> Result<ListRef<'a>, CommandError> {
        unimplemented!()
    }
    /// The value as a set.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn set(self) -> Result<SetRef<'a>, CommandError> {
        unimplemented!()
    }
}
