//! Mutations of sorted sets.

use std::ops::Range;

use super::{Outcome, WrongType, large, new_head, stamp, swap};
use crate::entry::{EntryRef, Head, LargeValue, Record};
use crate::hash::{KeyHash, KeyHasher};
use crate::keyspace::{Effects, Shard};
use crate::mutation::ScoredMembers;
use crate::types::DataType;
use crate::types::packed::{self as pack, count};
use crate::types::sorted_set::SortedSet;
use crate::types::sorted_set::packed::{self, ScoreBytes};
use crate::undo::Undo;

impl Shard {
    /// Adds a member or gives it another score.
    pub(super) fn set_score(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        member: &[u8],
        score: f64,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        // Both zeros are the same score.
        let score = score + 0.0;
        let hasher = self.hasher();
        let Some(record) = self.get_mut(hash, key) else {
            let record =
                with_score(new_head(DataType::SortedSet, effects), hasher, key, &[0], None, member, score);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::SortedSet {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let old = packed::find(bytes, member);
            if old.as_ref().is_some_and(|(_, before)| *before == score) {
                return Ok(Outcome::Unchanged);
            }
            let outcome = if old.is_some() { Outcome::Changed } else { Outcome::Added };
            let new = with_score(head, hasher, key, bytes, old.map(|(place, _)| place), member, score);
            swap(record, new, effects);
            return Ok(outcome);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        let LargeValue::SortedSet(set) = &mut entry.value else { return Err(WrongType) };
        let old = set.set(member, score);
        if old == Some(score) {
            return Ok(Outcome::Unchanged);
        }
        stamp(entry, effects);
        effects.undo_with(|| Undo::Score { key: key.into(), member: member.into(), old });
        Ok(if old.is_some() { Outcome::Changed } else { Outcome::Added })
    }

    pub(super) fn remove_scored(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        member: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let set = EntryRef::new(record).sorted_set().map_err(|_| WrongType)?;
        if set.score(member).is_none() {
            return Ok(Outcome::Unchanged);
        }
        if set.len() == 1 {
            return Ok(self.remove(hash, key, effects));
        }
        if let Some(bytes) = record.packed() {
            let Some((place, _)) = packed::find(bytes, member) else { return Ok(Outcome::Unchanged) };
            let new = without(Head { version: effects.sequence, ..record.head() }, key, bytes, place, 1);
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::SortedSet(set) = &mut entry.value else { return Err(WrongType) };
        let old = set.remove(member);
        effects.undo_with(|| Undo::Score { key: key.into(), member: member.into(), old });
        Ok(Outcome::Changed)
    }

    /// Removes the members with these ranks, as far as there are any, and the entry if none stays.
    pub(super) fn remove_scored_range(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        ranks: Range<usize>,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let set = EntryRef::new(record).sorted_set().map_err(|_| WrongType)?;
        let ranks = ranks.start..ranks.end.min(set.len());
        if ranks.is_empty() {
            return Ok(Outcome::Unchanged);
        }
        if ranks.len() == set.len() {
            return Ok(self.remove(hash, key, effects));
        }
        if let Some(bytes) = record.packed() {
            let place = packed::offset_of(bytes, ranks.start)..packed::offset_of(bytes, ranks.end);
            let new =
                without(Head { version: effects.sequence, ..record.head() }, key, bytes, place, ranks.len());
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let removed: Vec<Box<[u8]>> = set.range(ranks).map(|(member, _)| member.into()).collect();
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::SortedSet(set) = &mut entry.value else { return Err(WrongType) };
        for member in removed {
            let old = set.remove(&member);
            effects.undo_with(|| Undo::Score { key: key.into(), member, old });
        }
        Ok(Outcome::Changed)
    }

    /// Makes the key a sorted set of these members, whatever it was.
    pub(super) fn store_sorted_set(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        members: ScoredMembers<'_>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        let items = (DataType::SortedSet, members.iter().count(), members.as_bytes());
        self.store(hash, key, items, effects, |hasher| {
            LargeValue::SortedSet(Box::new(sorted_set_of(hasher, members.iter())))
        })
    }
}

/// A record of the packed sorted set `bytes` with a member at its place, whose former pair lay at `old`; a large one once
/// it outgrows its limits.
fn with_score(
    head: Head,
    hasher: KeyHasher,
    key: &[u8],
    bytes: &[u8],
    old: Option<Range<usize>>,
    member: &[u8],
    score: f64,
) -> Record {
    let new_count = count(bytes) + usize::from(old.is_none());
    let old = old.unwrap_or(bytes.len()..bytes.len());
    let score_bytes = ScoreBytes::new(score);
    let (member_len, score_len) = (pack::prefix(member), pack::prefix(score_bytes.as_slice()));
    let pair = [member_len.as_slice(), member, score_len.as_slice(), score_bytes.as_slice()];
    let pair_bytes: usize = pair.iter().map(|part| part.len()).sum();
    if !pack::fits(new_count, bytes.len() - old.len() + pair_bytes) {
        let set = sorted_set_of(hasher, packed::entries(bytes).chain([(member, score)]));
        return large(head, key, LargeValue::SortedSet(Box::new(set)));
    }
    // The new place, among all pairs: the old one stands either before it or behind it, or both are the same.
    let place = packed::place(bytes, score, member);
    let part = |range: Range<usize>| bytes.get(range).unwrap_or_default();
    let new_count = pack::count_byte(new_count);
    let [member_len, member, score_len, score] = pair;
    if place <= old.start {
        let (before, between, after) = (part(1..place), part(place..old.start), part(old.end..bytes.len()));
        Record::pack(head, key, &[&new_count, before, member_len, member, score_len, score, between, after])
    } else {
        let (before, between, after) = (part(1..old.start), part(old.end..place), part(place..bytes.len()));
        Record::pack(head, key, &[&new_count, before, between, member_len, member, score_len, score, after])
    }
}

/// A record of the packed sorted set `bytes` without the `gone` pairs that lie at `place`.
fn without(head: Head, key: &[u8], bytes: &[u8], place: Range<usize>, gone: usize) -> Record {
    let before = bytes.get(1..place.start).unwrap_or_default();
    let after = bytes.get(place.end..).unwrap_or_default();
    Record::pack(head, key, &[&pack::count_byte(count(bytes) - gone), before, after])
}

fn sorted_set_of<'a>(hasher: KeyHasher, members: impl Iterator<Item = (&'a [u8], f64)>) -> SortedSet {
    let mut set = SortedSet::new(hasher);
    for (member, score) in members {
        set.set(member, score);
    }
    set
}
