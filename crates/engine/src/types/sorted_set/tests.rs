//! The large form against a naive model, through splits, merges and copies.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Cut, SortedSet, SortedSetRef};
use crate::hash::KeyHasher;
use crate::random;

/// A member; some are too long to lie among the others.
fn name(number: u64) -> Vec<u8> {
    let mut name = format!("member:{number}").into_bytes();
    if number % 50 == 7 {
        name.resize(usize::try_from(number % 1000).unwrap() + name.len(), b'.');
    }
    name
}

/// Runs a phase of random changes: of ten, `removals` take a member away.
fn change(
    set: &mut SortedSet,
    model: &mut BTreeMap<Vec<u8>, f64>,
    state: &mut u64,
    rounds: usize,
    members: u64,
    removals: u64,
) {
    for _ in 0..rounds {
        let member = name(random::next(state) % members);
        if random::next(state) % 10 < removals {
            assert_eq!(set.remove(&member), model.remove(&member));
        } else {
            let score = f64::from(u16::try_from(random::next(state) % 1000).unwrap());
            assert_eq!(set.set(&member, score), model.insert(member, score));
        }
    }
}

fn check(set: &SortedSet, model: &BTreeMap<Vec<u8>, f64>) {
    set.check();
    let mut order: Vec<_> = model.iter().map(|(member, score)| (member.as_slice(), *score)).collect();
    order.sort_by(|(_, a), (_, b)| a.partial_cmp(b).unwrap());
    let set = SortedSetRef::large(set);
    assert_eq!(set.len(), order.len());
    assert!(set.iter().eq(order.iter().copied()));
    for rank in (0..order.len()).step_by(37) {
        let (member, score) = order[rank];
        assert_eq!(set.rank(member), Some((rank, score)));
        assert!(set.range(rank..order.len()).take(70).eq(order[rank..].iter().copied().take(70)));
        assert!(set.range(0..rank).rev().take(70).eq(order[..rank].iter().rev().copied().take(70)));
    }
    assert_eq!((set.rank_of(Cut::Start), set.rank_of(Cut::End)), (0, order.len()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_large_set_agrees_with_a_model(seed: u64, members in prop_oneof![Just(50u64), Just(20_000)]) {
        let (mut set, mut model) = (SortedSet::new(KeyHasher::new([5; 16])), BTreeMap::new());
        let mut state = seed;
        for (rounds, removals) in [(12_000, 1), (8_000, 5), (12_000, 8), (3_000, 10), (2_000, 3)] {
            change(&mut set, &mut model, &mut state, rounds, members, removals);
            check(&set, &model);
        }
    }

    /// Whatever happens to one of them, the other does not see it.
    #[test]
    fn a_copy_is_independent(seed: u64) {
        let (mut set, mut model) = (SortedSet::new(KeyHasher::new([5; 16])), BTreeMap::new());
        let mut state = seed;
        change(&mut set, &mut model, &mut state, 6_000, 6_000, 1);
        let (mut copy, mut copy_model) = (set.share(), model.clone());
        change(&mut copy, &mut copy_model, &mut state, 300, 6_000, 5);
        check(&set, &model);
        change(&mut set, &mut model, &mut state, 300, 6_000, 5);
        check(&set, &model);
        check(&copy, &copy_model);
    }
}

/// Names decide among equal scores, also where whole nodes have one score.
#[test]
fn ties_are_ordered_by_bytes() {
    let mut set = SortedSet::new(KeyHasher::new([5; 16]));
    for number in (0..5_000u32).rev() {
        set.set(&number.to_be_bytes(), 0.0);
    }
    set.check();
    let set = SortedSetRef::large(&set);
    assert!(
        set.iter()
            .map(|(member, _)| member.to_vec())
            .eq((0..5_000u32).map(|number| number.to_be_bytes().to_vec()))
    );
    let cut = 1_234u32.to_be_bytes();
    assert_eq!(set.rank_of(Cut::BeforeMember(&cut)), 1_234);
    assert_eq!(set.rank_of(Cut::AfterMember(&cut)), 1_235);
    assert_eq!(set.rank_of(Cut::BeforeMember(b"")), 0);
}

/// A member of 20 bytes takes 32 with its score, and pages have no gaps.
#[test]
fn members_lie_close_together() {
    let mut set = SortedSet::new(KeyHasher::new([5; 16]));
    for number in 0..10_000 {
        set.set(format!("member:{number:013}").as_bytes(), f64::from(number));
    }
    assert_eq!(set.member_bytes(), 32 * 10_000);
}

/// Sets whose members come and go do not grow, whatever the lengths.
#[test]
fn room_is_given_out_again() {
    let mut set = SortedSet::new(KeyHasher::new([5; 16]));
    let long = |round: usize, number: usize| {
        let mut member = name((round * 100 + number) as u64);
        member.resize(number * 13, b'.');
        member
    };
    let mut bytes = 0;
    for round in 0..50 {
        for number in 2..100 {
            assert_eq!(set.set(&long(round, number), 1.0), None);
        }
        set.check();
        for number in 2..100 {
            assert_eq!(set.score(&long(round, number)), Some(1.0));
            assert_eq!(set.remove(&long(round, number)), Some(1.0));
        }
        if round == 0 {
            bytes = set.member_bytes();
        }
    }
    assert_eq!(set.len(), 0);
    assert_eq!(set.member_bytes(), bytes);
}

/// What is said before members come is enough, whatever their lengths, and refuses what would be too much.
#[test]
fn room_is_asked_for_before_members_come() {
    let mut set = SortedSet::new(KeyHasher::new([5; 16]));
    for round in 0..40usize {
        let members: Vec<Vec<u8>> =
            (0..50).map(|i| [name((round * 50 + i) as u64), vec![b'.'; (i * 37) % 480]].concat()).collect();
        let member_bytes = members.iter().map(Vec::len).sum();
        let announced = set.bytes_with(members.len(), member_bytes);
        assert!(SortedSetRef::large(&set).has_room_for(members.len(), member_bytes, announced));
        assert!(!SortedSetRef::large(&set).has_room_for(members.len(), member_bytes, announced - 1));
        for member in &members {
            set.set(member, 1.0);
        }
        assert!(set.member_bytes() <= announced, "{} of {announced}", set.member_bytes());
    }
}
