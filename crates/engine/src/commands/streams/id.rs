//! Ids as clients write them.

use crate::error::StreamError;
use crate::types::StreamId;

/// A word as an id: milliseconds, and a number behind a dash unless `missing` stands for it.
///
/// # Errors
/// [`StreamError::InvalidId`].
pub(super) fn parse(word: &[u8], missing: u64) -> Result<StreamId, StreamError> {
    let id = match memchr::memchr(b'-', word) {
        None => number(word).map(|ms| StreamId::new(ms, missing)),
        Some(dash) => word.split_at_checked(dash).and_then(|(ms, rest)| {
            let [_dash, rest @ ..] = rest else { return None };
            Some(StreamId::new(number(ms)?, number(rest)?))
        }),
    };
    id.ok_or(StreamError::InvalidId)
}

/// The ids that words name.
///
/// # Errors
/// [`StreamError::InvalidId`].
pub(super) fn parse_all(words: &[&[u8]]) -> Result<Vec<StreamId>, StreamError> {
    words.iter().map(|word| parse(word, 0)).collect()
}

/// A word as the first id of an interval.
///
/// # Errors
/// [`StreamError::InvalidId`], [`StreamError::IntervalStart`].
pub(super) fn start(word: &[u8]) -> Result<StreamId, StreamError> {
    match word {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        [b'(', word @ ..] => parse(word, 0)?.next().ok_or(StreamError::IntervalStart),
        _ => parse(word, 0),
    }
}

/// A word as the last id of an interval.
///
/// # Errors
/// [`StreamError::InvalidId`], [`StreamError::IntervalEnd`].
pub(super) fn end(word: &[u8]) -> Result<StreamId, StreamError> {
    match word {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        [b'(', word @ ..] => parse(word, u64::MAX)?.previous().ok_or(StreamError::IntervalEnd),
        _ => parse(word, u64::MAX),
    }
}

/// The id of a new entry, as XADD names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewId {
    /// `*`: the time, or the next one.
    Auto,
    /// `ms-*`: the next number of that millisecond.
    OfMillisecond(u64),
    /// An id.
    Given(StreamId),
}

impl NewId {
    /// # Errors
    /// [`StreamError::InvalidId`].
    pub(super) fn parse(word: &[u8]) -> Result<Self, StreamError> {
        match word {
            b"*" => Ok(Self::Auto),
            [ms @ .., b'-', b'*'] => number(ms).map(Self::OfMillisecond).ok_or(StreamError::InvalidId),
            _ => parse(word, 0).map(Self::Given),
        }
    }

    /// The id that it comes to behind `last_id`.
    ///
    /// # Errors
    /// [`StreamError::Exhausted`], [`StreamError::IdNotAbove`].
    pub(super) fn resolve(self, last_id: StreamId, now_ms: u64) -> Result<StreamId, StreamError> {
        let next = last_id.next().ok_or(StreamError::Exhausted)?;
        let id = match self {
            Self::Auto if now_ms > last_id.ms => StreamId::new(now_ms, 0),
            Self::Auto => next,
            Self::OfMillisecond(ms) if ms == last_id.ms && next.ms == ms => next,
            Self::OfMillisecond(ms) => StreamId::new(ms, 0),
            Self::Given(id) => id,
        };
        if id > last_id { Ok(id) } else { Err(StreamError::IdNotAbove) }
    }
}

/// A number of 64 bits without a sign. Redis reads it with C's function, which takes zeros, blanks and a plus in front.
fn number(word: &[u8]) -> Option<u64> {
    let word = word.trim_ascii_start();
    let digits = word.strip_prefix(b"+").unwrap_or(word);
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}
