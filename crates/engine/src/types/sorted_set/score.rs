//! Scores as integers in the same order.

const SIGN: u64 = 1 << 63;

/// A score that is not NaN, as an integer that sorts like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderedScore(u64);

impl OrderedScore {
    /// Minus zero becomes zero: they are the same score.
    pub(crate) fn new(score: f64) -> Self {
        let bits = (score + 0.0).to_bits();
        Self(if bits & SIGN == 0 { bits | SIGN } else { !bits })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn scores_keep_their_order(a: f64, b: f64) {
            prop_assert_eq!(OrderedScore::new(a).cmp(&OrderedScore::new(b)), a.partial_cmp(&b).unwrap());
        }
    }

    #[test]
    fn the_ends_and_both_zeros() {
        let scores = [f64::NEG_INFINITY, f64::MIN, -1.0, -5e-324, -0.0, 5e-324, 1.0, f64::MAX, f64::INFINITY];
        assert!(scores.map(OrderedScore::new).is_sorted_by(|a, b| a < b));
        assert_eq!(OrderedScore::new(-0.0), OrderedScore::new(0.0));
    }
}
