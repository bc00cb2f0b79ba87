//! The data types: structures without Redis words.

use std::borrow::Cow;
use std::marker::PhantomData;

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
}

/// A string in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct StringRef<'a>(PhantomData<&'a ()>);

impl<'a> StringRef<'a> {
    /// Its length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        unimplemented!()
    }
    /// Whether it holds no bytes.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    /// Its bytes: borrowed when they lie in one piece (always up to 64 KiB unless appended to), copied otherwise.
    #[must_use]
    pub fn to_cow(self) -> Cow<'a, [u8]> {
        unimplemented!()
    }
    /// The pieces in order.
    pub fn chunks(self) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
    /// The pieces of `offset..offset + len`, cut to the string's end.
    pub fn slice(self, _offset: usize, _len: usize) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
}

/// A hash in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct HashRef<'a>(PhantomData<&'a ()>);

impl<'a> HashRef<'a> {
    /// The number of fields, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty hash is no entry")]
    pub fn len(self) -> usize {
        unimplemented!()
    }
    /// The value of a field.
    #[must_use]
    pub fn get(self, _field: &[u8]) -> Option<&'a [u8]> {
        unimplemented!()
    }
    /// Fields and values, each once.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        std::iter::empty()
    }
    /// Fields and values from `cursor` on, about `count`; returns the next cursor, 0 at the end.
    pub fn scan(self, _cursor: u64, _count: usize, _visit: &mut dyn FnMut(&'a [u8], &'a [u8])) -> u64 {
        unimplemented!()
    }
}

/// A list in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct ListRef<'a>(PhantomData<&'a ()>);

impl<'a> ListRef<'a> {
    /// The number of elements, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty list is no entry")]
    pub fn len(self) -> usize {
        unimplemented!()
    }
    /// The element at an index from the head.
    #[must_use]
    pub fn get(self, _index: usize) -> Option<&'a [u8]> {
        unimplemented!()
    }
    /// The elements from index `start` on.
    pub fn iter_from(self, _start: usize) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
    /// All elements from the head.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.iter_from(0)
    }
}

/// A set in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct SetRef<'a>(PhantomData<&'a ()>);

impl<'a> SetRef<'a> {
    /// The number of members, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty set is no entry")]
    pub fn len(self) -> usize {
        unimplemented!()
    }
    /// Whether it holds that member.
    #[must_use]
    pub fn contains(self, _member: &[u8]) -> bool {
        unimplemented!()
    }
    /// The members, each once.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
    /// A member drawn with `random`, uniformly enough.
    #[must_use]
    pub fn random(self, _random: u64) -> Option<&'a [u8]> {
        unimplemented!()
    }
    /// Members from `cursor` on, about `count`; returns the next cursor, 0 at the end.
    pub fn scan(self, _cursor: u64, _count: usize, _visit: &mut dyn FnMut(&'a [u8])) -> u64 {
        unimplemented!()
    }
}
