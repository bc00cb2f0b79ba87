//! A small generator for choices that need no secrecy (which member to take).

use std::collections::BTreeSet;

/// The next number of SplitMix64.
pub(crate) fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What a drawn number stands for below a bound that is not 0.
pub(crate) fn below(drawn: u64, bound: usize) -> usize {
    drawn.checked_rem(bound as u64).and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// `count` different numbers below `bound`, every choice as likely as any other (Floyd's way).
pub(crate) fn distinct(draw: impl Fn() -> u64, count: usize, bound: usize) -> BTreeSet<usize> {
    let mut numbers = BTreeSet::new();
    for last in bound.saturating_sub(count)..bound {
        if !numbers.insert(below(draw(), last + 1)) {
            numbers.insert(last);
        }
    }
    numbers
}

/// `count` of `total` items, each choice as likely as any other, in one walk: each item is taken with the chance that leaves
/// as many for the rest as are needed.
pub(crate) fn select<T>(
    items: impl Iterator<Item = T>,
    total: usize,
    count: usize,
    mut random: impl FnMut() -> u64,
) -> Vec<T> {
    let (mut needed, mut left) = (count, total);
    let mut is_drawn = |_: &T| {
        let is_drawn = below(random(), left) < needed;
        needed -= usize::from(is_drawn);
        left = left.saturating_sub(1);
        is_drawn
    };
    items.filter(|item| is_drawn(item)).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_choice_is_as_likely_as_any_other() {
        let state = Cell::new(1);
        let draw = || {
            let mut next_state = state.get();
            let number = next(&mut next_state);
            state.set(next_state);
            number
        };
        let mut times = [0; 10];
        for _ in 0..20_000 {
            let choice = distinct(draw, 3, 10);
            assert_eq!(choice.len(), 3);
            choice.into_iter().for_each(|number| times[number] += 1);
        }
        assert!(times.iter().all(|times| (5_700..6_300).contains(times)), "{times:?}");
        assert_eq!(distinct(draw, 4, 4).len(), 4);
        assert!(distinct(draw, 0, 4).is_empty());
        let mut times = [0; 10];
        for _ in 0..20_000 {
            let choice = select(0..10usize, 10, 3, draw);
            assert_eq!(choice.len(), 3);
            choice.into_iter().for_each(|number| times[number] += 1);
        }
        assert!(times.iter().all(|times| (5_700..6_300).contains(times)), "{times:?}");
    }
}
