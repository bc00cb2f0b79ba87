//! Hashes: packed, or a table of pairs.

use crate::buckets::{Keyed, Table};
use crate::types::packed::{self, Elements, Pairs};
use crate::varint::{self, Varint};

/// A field and its value in one allocation: the field's length, the field, the value.
#[derive(Debug, Clone)]
pub(crate) struct Pair(Box<[u8]>);

impl Pair {
    pub(crate) fn new(field: &[u8], value: &[u8]) -> Self {
        let prefix = Varint::new(field.len() as u64);
        let mut bytes = Vec::with_capacity(prefix.as_slice().len() + field.len() + value.len());
        bytes.extend_from_slice(prefix.as_slice());
        bytes.extend_from_slice(field);
        bytes.extend_from_slice(value);
        Self(bytes.into_boxed_slice())
    }

    pub(crate) fn split(&self) -> (&[u8], &[u8]) {
        let (len, prefix) = varint::read(&self.0).unwrap_or_default();
        let rest = self.0.get(prefix..).unwrap_or_default();
        rest.split_at_checked(usize::try_from(len).unwrap_or(usize::MAX)).unwrap_or_default()
    }

    pub(crate) fn value(&self) -> &[u8] {
        self.split().1
    }
}

impl Keyed for Pair {
    fn key(&self) -> &[u8] {
        self.split().0
    }
}

/// A hash in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct HashRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(&'a [u8]),
    Table(&'a Table<Pair>),
}

impl<'a> HashRef<'a> {
    pub(crate) fn packed(bytes: &'a [u8]) -> Self {
        Self(Form::Packed(bytes))
    }

    pub(crate) fn table(table: &'a Table<Pair>) -> Self {
        Self(Form::Table(table))
    }

    /// The number of fields, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty hash is no entry")]
    pub fn len(self) -> usize {
        match self.0 {
            Form::Packed(bytes) => packed::count(bytes),
            Form::Table(table) => table.len(),
        }
    }

    /// The value of a field.
    #[must_use]
    pub fn get(self, field: &[u8]) -> Option<&'a [u8]> {
        match self.0 {
            Form::Packed(bytes) => {
                Pairs(Elements::new(bytes)).find(|pair| pair.0 == field).map(|pair| pair.1)
            }
            Form::Table(table) => table.get(table.hash(field), field).map(Pair::value),
        }
    }

    /// Whether it has that field.
    #[must_use]
    pub fn contains(self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    /// Fields and values, each once. Packed hashes keep the order in which fields came.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let (bytes, table) = match self.0 {
            Form::Packed(bytes) => (bytes, None),
            Form::Table(table) => (&[][..], Some(table)),
        };
        Pairs(Elements::new(bytes)).chain(table.into_iter().flat_map(Table::iter).map(Pair::split))
    }

    /// A field and its value, drawn uniformly with `random`.
    #[must_use]
    pub fn random(self, random: u64) -> Option<(&'a [u8], &'a [u8])> {
        match self.0 {
            Form::Packed(bytes) => {
                let index = random.checked_rem(packed::count(bytes) as u64)?;
                Pairs(Elements::new(bytes)).nth(usize::try_from(index).ok()?)
            }
            Form::Table(table) => table.random(random).map(Pair::split),
        }
    }

    /// Fields and values from `cursor` (0 = start) on, about `count`; returns the next cursor, 0 at the end.
    ///
    /// A packed hash is given whole. Fields that stay are given at least once, however the hash grows meanwhile.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(&'a [u8], &'a [u8])) -> u64 {
        match self.0 {
            Form::Packed(_) => {
                self.iter().for_each(|(field, value)| visit(field, value));
                0
            }
            Form::Table(table) => {
                let mut visit = |pair: &'a Pair| visit(pair.key(), pair.value());
                table.scan(cursor, count, &mut visit).1.unwrap_or(0)
            }
        }
    }
}
