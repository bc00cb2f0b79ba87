//! An entry: key, value, version and expiry.

mod large;
mod record;

pub(crate) use large::{Large, LargeValue};
pub(crate) use record::{Head, Record, saturated};

use crate::buckets::Keyed;
use crate::error::{CommandError, DocumentError};
use crate::expire::Moment;
use crate::keyspace::Sequence;
use crate::memory::Samples;
use crate::time::Milliseconds;
use crate::types::{DataType, HashRef, JsonRef, ListRef, SetRef, SortedSetRef, StreamRef, StringRef};

/// An entry of the keyspace at one instant.
#[derive(Debug, Clone, Copy)]
pub struct EntryRef<'a> {
    record: &'a Record,
    moment: Moment<'a>,
}

impl<'a> EntryRef<'a> {
    /// The entry with everything that is stored in it, expired or not.
    pub(crate) fn new(record: &'a Record) -> Self {
        Self::at(record, Moment::NEVER)
    }

    /// The entry as it is at a moment.
    pub(crate) fn at(record: &'a Record, moment: Moment<'a>) -> Self {
        Self { record, moment }
    }

    /// Its key.
    #[must_use]
    pub fn key(self) -> &'a [u8] {
        self.record.key()
    }

    /// The type of its value.
    #[must_use]
    pub fn data_type(self) -> DataType {
        self.record.data_type()
    }

    /// The sequence of its last mutation.
    #[must_use]
    pub fn version(self) -> Sequence {
        self.record.version()
    }

    /// The last millisecond at which it is alive, if it expires at all.
    #[must_use]
    pub fn expire_at_ms(self) -> Option<Milliseconds> {
        self.record.expire_at_ms()
    }

    /// Whether a field of it has expired, though it is still stored.
    pub(crate) fn stores_expired_fields(self, now_ms: Milliseconds) -> bool {
        self.record.stores_expired_fields(now_ms)
    }

    /// Whether it is packed beside its key rather than in a structure of its own.
    #[must_use]
    pub fn is_packed(self) -> bool {
        self.record.packed().is_some()
    }

    /// How many elements, fields or members a large value has, expired ones included. Of what is packed, and of strings: 0.
    pub(crate) fn elements(self) -> usize {
        match self.record {
            Record::Small(_) => 0,
            Record::Large(large) => large.value.elements(),
        }
    }

    /// Bytes of memory that it takes, its key and its share of the keyspace included: an estimate, exact but for the parts
    /// of a large value that `samples` leaves out, and for what a copy shares with it.
    #[must_use]
    pub fn memory_bytes(self, samples: Samples) -> usize {
        self.record.memory_bytes(samples)
    }

    /// The value as a string.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn string(self) -> Result<StringRef<'a>, CommandError> {
        self.value(DataType::String, StringRef::packed, |value| match value {
            LargeValue::String(string) => Some(StringRef::chunked(string)),
            _ => None,
        })
    }

    /// The value as a hash.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn hash(self) -> Result<HashRef<'a>, CommandError> {
        let packed = |bytes| HashRef::packed(bytes, self.moment);
        self.value(DataType::Hash, packed, |value| match value {
            LargeValue::Hash(hash) => Some(HashRef::large(hash, self.moment)),
            _ => None,
        })
    }

    /// The value as a list.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn list(self) -> Result<ListRef<'a>, CommandError> {
        self.value(DataType::List, ListRef::packed, |value| match value {
            LargeValue::List(list) => Some(ListRef::chunked(list)),
            _ => None,
        })
    }

    /// The value as a set.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn set(self) -> Result<SetRef<'a>, CommandError> {
        self.value(DataType::Set, SetRef::packed, |value| match value {
            LargeValue::Set(table) => Some(SetRef::table(table)),
            _ => None,
        })
    }

    /// The value as a sorted set.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn sorted_set(self) -> Result<SortedSetRef<'a>, CommandError> {
        self.value(DataType::SortedSet, SortedSetRef::packed, |value| match value {
            LargeValue::SortedSet(set) => Some(SortedSetRef::large(set)),
            _ => None,
        })
    }

    /// The value as a JSON document.
    ///
    /// # Errors
    /// [`DocumentError::NotJson`] if it is something else.
    pub fn json(self) -> Result<JsonRef<'a>, CommandError> {
        let value = self.value(DataType::Json, JsonRef::in_record, |value| match value {
            LargeValue::Json(node) => Some(JsonRef::tree(node)),
            _ => None,
        });
        value.map_err(|_| DocumentError::NotJson.into())
    }

    /// The value as a stream.
    ///
    /// # Errors
    /// [`CommandError::WrongType`] if it is something else.
    pub fn stream(self) -> Result<StreamRef<'a>, CommandError> {
        self.value(DataType::Stream, StreamRef::packed, |value| match value {
            LargeValue::Stream(stream) => Some(StreamRef::large(stream)),
            _ => None,
        })
    }

    fn value<T>(
        self,
        data_type: DataType,
        packed: impl FnOnce(&'a [u8]) -> T,
        large: impl FnOnce(&'a LargeValue) -> Option<T>,
    ) -> Result<T, CommandError> {
        match self.record {
            Record::Small(_) if self.record.data_type() == data_type => {
                Ok(packed(self.record.packed().unwrap_or_default()))
            }
            Record::Small(_) => Err(CommandError::WrongType),
            Record::Large(entry) => large(&entry.value).ok_or(CommandError::WrongType),
        }
    }
}
