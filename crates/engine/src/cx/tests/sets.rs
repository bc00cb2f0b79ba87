//! What is made out of several sets, and what is drawn from one.

use std::collections::{BTreeSet, HashMap};

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::Database;
use crate::cx::Lookup;
use crate::random;
use crate::types::{SetRef, set_algebra};

type Numbers = BTreeSet<u32>;

fn database(sets: &[Numbers]) -> Database {
    let mut database = Database::new();
    for (key, set) in (0u8..).zip(sets) {
        database.write(|cx| set.iter().for_each(|member| assert!(cx.set_add(&[key], &member.to_le_bytes()))));
    }
    database
}

fn numbers<'a>(members: impl IntoIterator<Item = &'a [u8]>) -> Vec<u32> {
    members.into_iter().map(|member| u32::from_le_bytes(member.try_into().unwrap())).collect()
}

/// The members, which must all be different.
fn different(members: Vec<&[u8]>) -> Numbers {
    let count = members.len();
    let set: Numbers = numbers(members).into_iter().collect();
    assert_eq!(set.len(), count);
    set
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Small and large sets, in both ways of taking a difference.
    #[test]
    fn sets_combine_as_in_a_naive_model(
        sets in vec(prop_oneof![btree_set(0u32..40, 1..30), btree_set(0u32..600, 1..500)], 1..6),
        count_max in 0usize..20,
    ) {
        let database = database(&sets);
        let hasher = database.keyspace.hasher();
        database.read(|cx| {
            let refs: Vec<SetRef<'_>> = (0u8..).take(sets.len()).map(|key| cx.set(&[key]).unwrap().unwrap()).collect();
            let union: Numbers = sets.iter().flatten().copied().collect();
            assert_eq!(different(set_algebra::union(hasher, &refs)), union);
            let all: Numbers = union.iter().copied().filter(|member| sets.iter().all(|set| set.contains(member))).collect();
            assert_eq!(different(set_algebra::intersection(&refs, usize::MAX)), all.clone());
            assert_eq!(set_algebra::intersection(&refs, count_max).len(), all.len().min(count_max));
            let only: Numbers =
                sets[0].iter().copied().filter(|member| !sets[1..].iter().any(|set| set.contains(member))).collect();
            assert_eq!(different(set_algebra::difference(hasher, refs[0], &refs[1..])), only);
        });
    }

    /// Also after most members are gone and the buckets are nearly empty.
    #[test]
    fn a_sample_is_of_different_members(size in 1u32..2000, kept in 1usize..400, count in 0usize..500, seed: u64) {
        let mut database = database(&[(0..size).collect()]);
        database.write(|cx| {
            for member in (0..size).skip(kept) {
                cx.set_remove(&[0], &member.to_le_bytes());
            }
        });
        let mut state = seed;
        database.read(|cx| {
            let set = cx.set(&[0]).unwrap().unwrap();
            let sample = different(set.sample(count, &mut || random::next(&mut state)));
            assert_eq!(sample.len(), count.min(set.len()));
            assert!(sample.iter().all(|member| set.contains(&member.to_le_bytes())));
        });
    }
}

/// Every member has the same chance, whether few or many are drawn, from a small set, a large one and a sparse one.
#[test]
fn samples_are_fair() {
    for (size, kept, count) in
        [(20, 20, 1), (20, 20, 10), (400, 400, 20), (400, 400, 200), (4000, 40, 4), (4000, 40, 30)]
    {
        let mut database = database(&[(0..size).collect()]);
        database
            .write(|cx| (kept..size).for_each(|member| assert!(cx.set_remove(&[0], &member.to_le_bytes()))));
        let mut seen = HashMap::<u32, usize>::new();
        let mut state = 1;
        let rounds = 20_000 / count;
        database.read(|cx| {
            let set = cx.set(&[0]).unwrap().unwrap();
            for _ in 0..rounds {
                let sample = set.sample(count, &mut || random::next(&mut state));
                numbers(sample).into_iter().for_each(|member| *seen.entry(member).or_default() += 1);
            }
        });
        let expected = f64::from(u32::try_from(rounds * count).unwrap()) / f64::from(kept);
        let worst = seen
            .values()
            .map(|count| (f64::from(u32::try_from(*count).unwrap()) - expected).abs())
            .fold(0.0, f64::max);
        assert_eq!(seen.len(), usize::try_from(kept).unwrap(), "{size} {kept} {count}");
        // Six standard deviations, and more for the smallest expectation.
        assert!(worst <= 6.0 * expected.sqrt(), "{size} {kept} {count}: {worst} off {expected}");
    }
}
