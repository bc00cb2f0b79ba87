//! The ranges that clients ask for: by rank, by score, by the bytes of the members.

use std::ops::Range;

use crate::args::integer;
use crate::commands::reply;
use crate::error::CommandError;
use crate::numbers::parse_score_limit;
use crate::types::SortedSetRef;
use crate::types::sorted_set::{Cut, OrderedScore};

/// What the two ends of a range are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Ranks, which may count from the end.
    Rank,
    /// Scores.
    Score,
    /// Members, of which all have one score.
    Member,
}

/// A range, before it is known what lies in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Interval<'a> {
    /// From one rank to another, both included.
    Ranks(i64, i64),
    /// From one cut to another.
    Cuts(Cut<'a>, Cut<'a>),
}

impl<'a> Interval<'a> {
    /// Reads both ends, the lower one first.
    ///
    /// # Errors
    /// [`CommandError::NotAnInteger`], [`CommandError::ScoreLimit`], [`CommandError::MemberLimit`].
    pub(super) fn parse(by: By, min: &'a [u8], max: &'a [u8]) -> Result<Self, CommandError> {
        match by {
            By::Rank => Ok(Self::Ranks(integer(min)?, integer(max)?)),
            By::Score => {
                let cuts = score_cut(min, true).zip(score_cut(max, false));
                cuts.map(|(min, max)| Self::Cuts(min, max)).ok_or(CommandError::ScoreLimit)
            }
            By::Member => {
                let cuts = member_cut(min, true).zip(member_cut(max, false));
                cuts.map(|(min, max)| Self::Cuts(min, max)).ok_or(CommandError::MemberLimit)
            }
        }
    }

    /// The ranks of what lies in it. `reverse` lets ranks count from the highest score.
    pub(super) fn ranks_in(self, set: SortedSetRef<'_>, reverse: bool) -> Range<usize> {
        match self {
            Self::Ranks(start, stop) => {
                let ranks = reply::range(start, stop, set.len());
                if reverse { set.len() - ranks.end..set.len() - ranks.start } else { ranks }
            }
            Self::Cuts(min, max) => {
                let start = set.rank_of(min);
                start..set.rank_of(max).max(start)
            }
        }
    }
}

/// `(` excludes the score.
fn score_cut(text: &[u8], is_lower: bool) -> Option<Cut<'_>> {
    let (excluded, number) = match text {
        [b'(', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let score = OrderedScore::new(parse_score_limit(number)?);
    Some(if excluded == is_lower { Cut::AfterScore(score) } else { Cut::BeforeScore(score) })
}

/// `[` includes the member, `(` excludes it, `-` and `+` are the ends.
fn member_cut(text: &[u8], is_lower: bool) -> Option<Cut<'_>> {
    match text {
        b"-" => Some(Cut::Start),
        b"+" => Some(Cut::End),
        [mark @ (b'(' | b'['), member @ ..] if (*mark == b'(') == is_lower => Some(Cut::AfterMember(member)),
        [b'(' | b'[', member @ ..] => Some(Cut::BeforeMember(member)),
        _ => None,
    }
}
