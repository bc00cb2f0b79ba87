//! The packed form: a count byte, then each member and its score, both behind their lengths, in order.
//!
//! A score is its eight bytes, the highest first, without the zeros at the end: two bytes for small integers, none for 0.

use std::ops::Range;

use super::cut::Cut;
use super::score::OrderedScore;
use crate::types::packed::{self, Elements};

/// The bytes of a score, without its length.
pub(crate) struct ScoreBytes([u8; 8]);

impl ScoreBytes {
    pub(crate) fn new(score: f64) -> Self {
        // Both zeros are the same score.
        Self((score + 0.0).to_bits().to_be_bytes())
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        let len = self.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.0.get(..len).unwrap_or_default()
    }
}

/// None if there are too many bytes, or a zero at the end that is not written.
fn read_score(bytes: &[u8]) -> Option<f64> {
    let mut whole = [0; 8];
    whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
    (bytes.last() != Some(&0)).then_some(f64::from_bits(u64::from_be_bytes(whole)))
}

/// Members and their scores in order.
pub(crate) fn entries(bytes: &[u8]) -> impl Iterator<Item = (&[u8], f64)> {
    pairs(bytes.get(1..).unwrap_or_default()).map(|(_, pair)| pair)
}

/// Members and their scores in bytes that have no count in front, each with the place where the next one starts.
pub(crate) fn pairs(bytes: &[u8]) -> impl Iterator<Item = (usize, (&[u8], f64))> {
    let mut elements = Elements::bare(bytes);
    std::iter::from_fn(move || {
        let pair = (elements.next()?, read_score(elements.next()?)?);
        Some((elements.at(), pair))
    })
}

/// Where a member and its score lie, and the score.
pub(crate) fn find(bytes: &[u8], member: &[u8]) -> Option<(Range<usize>, f64)> {
    let mut elements = Elements::new(bytes);
    loop {
        let start = elements.at();
        let found = elements.next()? == member;
        let score = elements.next()?;
        if found {
            return Some((start..elements.at(), read_score(score)?));
        }
    }
}

/// How many members lie before a cut.
pub(super) fn rank(bytes: &[u8], cut: Cut<'_>) -> usize {
    entries(bytes).take_while(|(member, score)| cut.is_behind(member, *score)).count()
}

/// The offset at which the pair with this rank starts, or the end.
pub(crate) fn offset_of(bytes: &[u8], rank: usize) -> usize {
    packed::offset_of(bytes, 2 * rank)
}

/// The offset at which a member that is not there belongs.
pub(crate) fn place(bytes: &[u8], score: f64, member: &[u8]) -> usize {
    offset_of(bytes, rank(bytes, Cut::BeforeEntry(OrderedScore::new(score), member)))
}
