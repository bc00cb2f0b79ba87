//! Unions, intersections and differences of sets. Nothing of the inputs is copied.

use crate::buckets::Table;
use crate::hash::KeyHasher;
use crate::types::SetRef;

/// The members that any of the sets has, each once.
pub(crate) fn union<'a>(hasher: KeyHasher, sets: &[SetRef<'a>]) -> Vec<&'a [u8]> {
    let Some((at, largest)) = sets.iter().copied().enumerate().max_by_key(|(_, set)| set.len()) else {
        return Vec::new();
    };
    let mut members: Vec<&[u8]> = largest.iter().collect();
    // What the largest set lacks: only these need remembering.
    let mut others = Table::<&[u8]>::new(hasher, 0);
    let rest = sets.iter().enumerate().filter(|(index, _)| *index != at);
    for member in rest.flat_map(|(_, set)| set.iter()) {
        let hash = hasher.hash(member);
        if !largest.contains(member) && others.get(hash, member).is_none() {
            others.put(hash, member);
            members.push(member);
        }
    }
    members
}

/// The members that all of the sets have, up to `count_max` of them.
pub(crate) fn intersection<'a>(sets: &[SetRef<'a>], count_max: usize) -> Vec<&'a [u8]> {
    let mut sets = sets.to_vec();
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else { return Vec::new() };
    let in_all = |member: &&[u8]| others.iter().all(|set| set.contains(member));
    smallest.iter().filter(in_all).take(count_max).collect()
}

/// The members of `first` that none of the others has.
pub(crate) fn difference<'a>(hasher: KeyHasher, first: SetRef<'a>, others: &[SetRef<'a>]) -> Vec<&'a [u8]> {
    let removed: usize = others.iter().map(|set| set.len()).sum();
    // Either every member is looked for in every other set, or every other member is taken out of a copy of the first.
    if first.len().saturating_mul(others.len()) <= first.len() + removed {
        let in_none = |member: &&[u8]| !others.iter().any(|set| set.contains(member));
        return first.iter().filter(in_none).collect();
    }
    let mut left = Table::<&[u8]>::new(hasher, 0);
    for member in first.iter() {
        left.put(hasher.hash(member), member);
    }
    for member in others.iter().flat_map(|set| set.iter()) {
        left.take(hasher.hash(member), member);
    }
    left.iter().copied().collect()
}
