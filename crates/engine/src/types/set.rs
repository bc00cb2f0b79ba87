//! Sets: packed, or a table of members.

use crate::buckets::{Keyed, Table};
use crate::random;
use crate::types::packed::{self, Elements};

/// A member of a large set.
#[derive(Debug, Clone)]
pub(crate) struct Member(pub(crate) Box<[u8]>);

impl Keyed for Member {
    fn key(&self) -> &[u8] {
        &self.0
    }
}

/// A set in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct SetRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(&'a [u8]),
    Table(&'a Table<Member>),
}

impl<'a> SetRef<'a> {
    pub(crate) fn packed(bytes: &'a [u8]) -> Self {
        Self(Form::Packed(bytes))
    }

    pub(crate) fn table(table: &'a Table<Member>) -> Self {
        Self(Form::Table(table))
    }

    /// The number of members, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty set is no entry")]
    pub fn len(self) -> usize {
        match self.0 {
            Form::Packed(bytes) => packed::count(bytes),
            Form::Table(table) => table.len(),
        }
    }

    /// Whether it holds that member.
    #[must_use]
    pub fn contains(self, member: &[u8]) -> bool {
        match self.0 {
            Form::Packed(bytes) => Elements::new(bytes).any(|element| element == member),
            Form::Table(table) => table.get(table.hash(member), member).is_some(),
        }
    }

    /// The members, each once. Packed sets keep the order in which members came.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let (bytes, table) = match self.0 {
            Form::Packed(bytes) => (bytes, None),
            Form::Table(table) => (&[][..], Some(table)),
        };
        Elements::new(bytes).chain(table.into_iter().flat_map(Table::iter).map(Keyed::key))
    }

    /// A member drawn uniformly with `random`.
    #[must_use]
    pub fn random(self, random: u64) -> Option<&'a [u8]> {
        match self.0 {
            Form::Packed(bytes) => {
                let index = random.checked_rem(packed::count(bytes) as u64)?;
                Elements::new(bytes).nth(usize::try_from(index).ok()?)
            }
            Form::Table(table) => table.random(random).map(Keyed::key),
        }
    }

    /// `count` different members, or all, drawn uniformly with the numbers that `random` gives.
    pub(crate) fn sample(self, count: usize, random: &mut dyn FnMut() -> u64) -> Vec<&'a [u8]> {
        let count = count.min(self.len());
        match self.0 {
            Form::Table(table) if table.draws_are_cheap(count) => {
                let mut drawn = Table::<&[u8]>::new(table.hasher(), 0);
                while drawn.len() < count
                    && let Some(member) = self.random(random())
                {
                    drawn.put(table.hash(member), member);
                }
                drawn.iter().copied().collect()
            }
            Form::Table(_) | Form::Packed(_) => random::select(self.iter(), self.len(), count, random),
        }
    }

    /// Members from `cursor` (0 = start) on, about `count`; returns the next cursor, 0 at the end.
    ///
    /// A packed set is given whole. Members that stay are given at least once, however the set grows meanwhile.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(&'a [u8])) -> u64 {
        match self.0 {
            Form::Packed(_) => {
                self.iter().for_each(visit);
                0
            }
            Form::Table(table) => {
                let mut visit = |member: &'a Member| visit(member.key());
                table.scan(cursor, count, &mut visit).1.unwrap_or(0)
            }
        }
    }
}
