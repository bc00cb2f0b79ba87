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
    BeforeScore(f64),
    /// Behind the members of this score.
    AfterScore(f64),
    /// Before this member, where all scores are equal.
    BeforeMember(&'a [u8]),
    /// Behind this member, where all scores are equal.
    AfterMember(&'a [u8]),
    /// Before this member with this score.
    BeforeEntry(f64, &'a [u8]),
}

impl Cut<'_> {
    /// Whether the place lies behind an entry. `member` is only called when the score does not decide.
    pub(super) fn is_behind<'m>(self, score: OrderedScore, member: impl FnOnce() -> &'m [u8]) -> bool {
        match self {
            Self::Start => false,
            Self::End => true,
            Self::BeforeScore(limit) => score < OrderedScore::new(limit),
            Self::AfterScore(limit) => score <= OrderedScore::new(limit),
            Self::BeforeMember(limit) => member() < limit,
            Self::AfterMember(limit) => member() <= limit,
            Self::BeforeEntry(limit, name) => {
                let limit = OrderedScore::new(limit);
                score < limit || (score == limit && member() < name)
            }
        }
    }
}
