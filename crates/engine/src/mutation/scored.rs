//! Members of a sorted set with their scores, as a mutation carries them.

use crate::types::packed::prefix;
use crate::types::sorted_set::OrderedScore;
use crate::types::sorted_set::packed::{self, ScoreBytes};

/// Different members in the order of their scores, each and its score behind their lengths, as a packed sorted set holds
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoredMembers<'a>(&'a [u8]);

impl<'a> ScoredMembers<'a> {
    /// The bytes of members in order.
    pub(crate) fn pack<'m>(members: impl Iterator<Item = (&'m [u8], f64)>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (member, score) in members {
            let score = ScoreBytes::new(score);
            for part in [member, score.as_slice()] {
                bytes.extend_from_slice(prefix(part).as_slice());
                bytes.extend_from_slice(part);
            }
        }
        bytes
    }

    /// Members that were put together by [`ScoredMembers::pack`], or that come from a log. None if the bytes make no sense.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut end = 0;
        let mut last = None;
        for (next, (member, score)) in packed::pairs(bytes) {
            let this = (OrderedScore::new(score), member);
            if score.is_nan() || last.is_some_and(|last| last >= this) {
                return None;
            }
            (end, last) = (next, Some(this));
        }
        (end == bytes.len()).then_some(Self(bytes))
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [u8], f64)> {
        packed::pairs(self.0).map(|(_, pair)| pair)
    }
}
