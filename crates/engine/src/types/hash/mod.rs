//! Hashes: packed, or a table of pairs. A field may expire by itself.

mod field;
mod large;
mod packed;
mod pair;

pub use field::Field;
pub(crate) use large::LargeHash;
pub(crate) use packed::PackedHash;
pub(crate) use pair::Pair;

use std::collections::BTreeMap;

use crate::buckets::Table;
use crate::expire::Moment;
use crate::random;

/// Draws of a random field before the live ones are searched for.
const LIVE_DRAWS_MAX: usize = 64;

/// A hash in the keyspace at one instant: fields that have expired by then are not in it.
#[derive(Debug, Clone, Copy)]
pub struct HashRef<'a> {
    form: Form<'a>,
    moment: Moment<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(PackedHash<'a>),
    Large(&'a LargeHash),
}

impl<'a> HashRef<'a> {
    pub(crate) fn packed(bytes: &'a [u8], moment: Moment<'a>) -> Self {
        Self { form: Form::Packed(PackedHash::new(bytes)), moment }
    }

    pub(crate) fn large(hash: &'a LargeHash, moment: Moment<'a>) -> Self {
        Self { form: Form::Large(hash), moment }
    }

    /// The number of fields, never 0. Takes time only for fields that have expired and are still stored.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty hash is no entry")]
    pub fn len(self) -> usize {
        match self.form {
            Form::Packed(hash) if hash.is_expiring() => self.fields().count(),
            Form::Packed(hash) => hash.count(),
            Form::Large(hash) => {
                let expired = hash.expired_count(self.moment.now_ms());
                if expired > 0 {
                    self.moment.note_expired();
                }
                hash.table().len() - expired
            }
        }
    }

    /// A field that is stored, unless it has expired.
    #[inline]
    fn alive(self, field: Field<'a>) -> Option<Field<'a>> {
        if field.is_expired(self.moment.now_ms()) {
            self.moment.note_expired();
            return None;
        }
        Some(field)
    }

    /// A field.
    #[must_use]
    pub fn field(self, name: &[u8]) -> Option<Field<'a>> {
        let field = match self.form {
            Form::Packed(hash) => hash.get(name),
            Form::Large(hash) => hash.get(name),
        };
        field.and_then(|field| self.alive(field))
    }

    /// The value of a field.
    #[must_use]
    pub fn get(self, name: &[u8]) -> Option<&'a [u8]> {
        self.field(name).map(|field| field.value)
    }

    /// Whether it has that field.
    #[must_use]
    pub fn contains(self, name: &[u8]) -> bool {
        self.field(name).is_some()
    }

    /// The fields, each once. Packed hashes keep the order in which they came.
    pub fn fields(self) -> impl Iterator<Item = Field<'a>> {
        let (packed, table) = match self.form {
            Form::Packed(hash) => (hash, None),
            Form::Large(hash) => (PackedHash::EMPTY, Some(hash.table())),
        };
        let stored = packed.iter().chain(table.into_iter().flat_map(Table::iter).map(Pair::field));
        stored.filter_map(move |field| self.alive(field))
    }

    /// Fields and values, each once, in the order of [`HashRef::fields`].
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.fields().map(|field| (field.name, field.value))
    }

    /// A field and its value, drawn uniformly with `random`.
    #[must_use]
    pub fn random(self, random: u64) -> Option<(&'a [u8], &'a [u8])> {
        match self.form {
            Form::Packed(_) => {
                let index = random.checked_rem(self.len() as u64)?;
                self.iter().nth(usize::try_from(index).ok()?)
            }
            Form::Large(hash) => {
                let mut state = random;
                for _ in 0..LIVE_DRAWS_MAX {
                    let stored = hash.table().random(random::next(&mut state))?.field();
                    if let Some(field) = self.alive(stored) {
                        return Some((field.name, field.value));
                    }
                }
                // Nearly everything has expired: the first one that has not.
                self.iter().next()
            }
        }
    }

    /// `count` different fields with their values, or all, drawn uniformly with the numbers that `random` gives.
    pub(crate) fn sample(self, count: usize, random: &mut dyn FnMut() -> u64) -> Vec<(&'a [u8], &'a [u8])> {
        let (len, count) = (self.len(), count.min(self.len()));
        if let Form::Large(hash) = self.form
            && len >= hash.table().len() / 2
            && hash.table().draws_are_cheap(count)
        {
            let mut drawn = BTreeMap::new();
            while drawn.len() < count
                && let Some((name, value)) = self.random(random())
            {
                drawn.insert(name, value);
            }
            return drawn.into_iter().collect();
        }
        random::select(self.iter(), len, count, random)
    }

    /// Fields and values from `cursor` (0 = start) on, about `count`; returns the next cursor, 0 at the end.
    ///
    /// A packed hash is given whole. Fields that stay are given at least once, however the hash grows meanwhile.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(&'a [u8], &'a [u8])) -> u64 {
        match self.form {
            Form::Packed(_) => {
                self.iter().for_each(|(field, value)| visit(field, value));
                0
            }
            Form::Large(hash) => {
                let mut visit = |pair: &'a Pair| {
                    if let Some(field) = self.alive(pair.field()) {
                        visit(field.name, field.value);
                    }
                };
                hash.table().scan(cursor, count, &mut visit).1.unwrap_or(0)
            }
        }
    }
}
