//! Putting what was read into the form that mutations carry, and refusing what no value can be.

use std::borrow::Cow;

use super::LoadError;
use crate::limits::{FIELD_EXPIRE_AT_MS_MAX, RESTORED_BYTES_MAX};
use crate::mutation::{Fields, ScoredMembers};
use crate::time::Milliseconds;
use crate::types::Field;
use crate::types::packed::{self, Elements};
use crate::types::sorted_set::OrderedScore;

/// A string that was read, or why there is none.
type Read<'a> = Result<Cow<'a, [u8]>, LoadError>;

/// Elements behind their lengths, as long as they stay below the limit.
#[derive(Debug, Default)]
pub(super) struct List(Vec<u8>);

impl List {
    /// Appends elements.
    pub(super) fn extend<'a>(&mut self, elements: impl Iterator<Item = Read<'a>>) -> Result<(), LoadError> {
        elements.into_iter().try_for_each(|element| put_element(&mut self.0, &element?))
    }

    /// All of them. No list is empty.
    pub(super) fn finish(self) -> Result<Vec<u8>, LoadError> {
        if self.0.is_empty() { Err(LoadError::Damaged) } else { Ok(self.0) }
    }
}

/// Members of a set: some, and each once.
pub(super) fn set<'a>(members: impl Iterator<Item = Read<'a>>) -> Result<Vec<u8>, LoadError> {
    let (mut packed, mut starts) = (Vec::new(), Vec::new());
    for member in members {
        starts.push(start(&packed)?);
        put_element(&mut packed, &member?)?;
    }
    refuse_repeated(&packed, &mut starts)?;
    Ok(packed)
}

/// Fields of a hash: some, and each once; those that have expired are left out.
pub(super) fn hash<'a>(
    fields: impl Iterator<Item = Result<(Cow<'a, [u8]>, Cow<'a, [u8]>, Option<Milliseconds>), LoadError>>,
    now_ms: Milliseconds,
) -> Result<Vec<u8>, LoadError> {
    let (mut packed, mut starts) = (Vec::new(), Vec::new());
    let mut is_empty = true;
    for field in fields {
        let (name, value, expire_at_ms) = field?;
        is_empty = false;
        if expire_at_ms.is_some_and(|at_ms| at_ms > FIELD_EXPIRE_AT_MS_MAX) {
            return Err(LoadError::Damaged);
        }
        let field = Field { name: &name, value: &value, expire_at_ms };
        if !field.is_expired(now_ms) {
            starts.push(start(&packed)?);
            Fields::push(&mut packed, field);
            refuse_large(packed.len())?;
        }
    }
    if is_empty {
        return Err(LoadError::Damaged);
    }
    if !starts.is_empty() {
        refuse_repeated(&packed, &mut starts)?;
    }
    Ok(packed)
}

/// Members of a sorted set and their scores: some, and each once.
pub(super) fn sorted_set<'a>(
    members: impl Iterator<Item = Result<(Cow<'a, [u8]>, f64), LoadError>>,
) -> Result<Vec<u8>, LoadError> {
    let (mut packed, mut starts, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for member in members {
        let (member, score) = member?;
        if score.is_nan() {
            return Err(LoadError::Damaged);
        }
        starts.push(start(&packed)?);
        scores.push((start(&packed)?, score));
        put_element(&mut packed, &member)?;
    }
    refuse_repeated(&packed, &mut starts)?;
    scores.sort_unstable_by(|(a, a_score), (b, b_score)| {
        let order = OrderedScore::new(*a_score).cmp(&OrderedScore::new(*b_score));
        order.then_with(|| element_at(&packed, *a).cmp(element_at(&packed, *b)))
    });
    Ok(ScoredMembers::pack(scores.iter().map(|(start, score)| (element_at(&packed, *start), *score))))
}

fn put_element(packed: &mut Vec<u8>, element: &[u8]) -> Result<(), LoadError> {
    put(packed, element);
    refuse_large(packed.len())
}

/// Appends an element behind its length.
pub(super) fn put(packed: &mut Vec<u8>, element: &[u8]) {
    packed.extend_from_slice(packed::prefix(element).as_slice());
    packed.extend_from_slice(element);
}

/// Refuses a value that has unfolded to so many bytes, if that is too much.
pub(super) fn refuse_large(bytes: usize) -> Result<(), LoadError> {
    if bytes > RESTORED_BYTES_MAX { Err(LoadError::TooLarge) } else { Ok(()) }
}

/// Where the next element will start. Four bytes hold it, half of what an index takes.
fn start(packed: &[u8]) -> Result<u32, LoadError> {
    u32::try_from(packed.len()).map_err(|_| LoadError::TooLarge)
}

fn element_at(packed: &[u8], start: u32) -> &[u8] {
    let bytes = packed.get(start as usize..).unwrap_or_default();
    Elements::bare(bytes).next().unwrap_or_default()
}

/// Refuses what holds nothing, or one thing twice.
fn refuse_repeated(packed: &[u8], starts: &mut [u32]) -> Result<(), LoadError> {
    starts.sort_unstable_by(|a, b| element_at(packed, *a).cmp(element_at(packed, *b)));
    let differ = starts.is_sorted_by(|a, b| element_at(packed, *a) != element_at(packed, *b));
    if differ && !starts.is_empty() { Ok(()) } else { Err(LoadError::Damaged) }
}
