//! Places between the members of a sorted set.

use super::score::OrderedScore;

/// A place between two neighbours, or at an end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cut<'a> {
    /// Before all members.
    Start,
    /// Behind all members.
    End,
    /// Before the members of this score.
    BeforeScore(OrderedScore),
    /// Behind the members of this score.
    AfterScore(OrderedScore),
    /// Before this member, where all scores are equal.
    BeforeMember(&'a [u8]),
    /// Behind this member, where all scores are equal.
    AfterMember(&'a [u8]),
    /// Before this member with this score.
    BeforeEntry(OrderedScore, &'a [u8]),
}

impl Cut<'_> {
    /// Whether it lies behind a member.
    pub(super) fn is_behind(self, member: &[u8], score: f64) -> bool {
        let score = OrderedScore::new(score);
        match self {
            Self::Start => false,
            Self::End => true,
            Self::BeforeScore(limit) => score < limit,
            Self::AfterScore(limit) => score <= limit,
            Self::BeforeMember(limit) => member < limit,
            Self::AfterMember(limit) => member <= limit,
            Self::BeforeEntry(limit, name) => (score, member) < (limit, name),
        }
    }
}
