//! The longest common subsequence of two byte strings, 64 pairs of bytes at a time.
//!
//! After Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): a row of the textbook table is kept as the bits of where
//! it does not rise, and the next row comes out of it by one addition over the row's words. The rows themselves, a bit for
//! each pair, are enough to walk back through.

use std::ops::Range;

const WORD_BITS: usize = u64::BITS as usize;

/// A stretch that both strings have, at these places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommonRun {
    pub(crate) in_first: Range<usize>,
    pub(crate) in_second: Range<usize>,
}

/// The length of the longest common subsequence.
pub(crate) fn length(first: &[u8], second: &[u8]) -> usize {
    let mut row = Row::new(first, second);
    first.iter().for_each(|byte| row.advance(*byte));
    row.rises()
}

/// A longest common subsequence as the runs it is made of, last run first.
///
/// Of several it is the one that walking back from both ends finds when it drops a byte of `first` only where that is the
/// only way to keep the length.
pub(crate) fn runs(first: &[u8], second: &[u8]) -> Vec<CommonRun> {
    let row_bytes = second.len().div_ceil(8);
    let mut table = Vec::with_capacity((first.len() + 8) * row_bytes);
    let mut row = Row::new(first, second);
    for (end, byte) in (1..).map(|rows| rows * row_bytes).zip(first) {
        row.advance(*byte);
        row.flat.iter().for_each(|word| table.extend_from_slice(&word.to_le_bytes()));
        table.truncate(end);
    }
    // Whether the length drops without the last byte of the first `j` of `second`, `i` bytes of `first` given.
    let rises = |i: usize, j: usize| {
        let byte = table.get((i - 1) * row_bytes + (j - 1) / 8).copied().unwrap_or_default();
        byte >> ((j - 1) % 8) & 1 == 0
    };
    let mut runs = Vec::<CommonRun>::new();
    let (mut i, mut j) = (first.len(), second.len());
    while i > 0 && j > 0 {
        if first.get(i - 1) == second.get(j - 1) {
            match runs.last_mut() {
                Some(run) if run.in_first.start == i && run.in_second.start == j => {
                    (run.in_first.start, run.in_second.start) = (i - 1, j - 1);
                }
                _ => runs.push(CommonRun { in_first: i - 1..i, in_second: j - 1..j }),
            }
            (i, j) = (i - 1, j - 1);
        } else if rises(i, j) {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    runs
}

/// One row of the table: how the length grows along `second` for the bytes of `first` so far.
struct Row {
    /// Bit `j` is 0 where the length rises with byte `j` of `second`.
    flat: Vec<u64>,
    /// For each byte that `first` has, where `second` has it; none for the others.
    matches: Vec<Option<Vec<u64>>>,
    columns: usize,
}

impl Row {
    fn new(first: &[u8], second: &[u8]) -> Self {
        let words = second.len().div_ceil(WORD_BITS);
        let mut matches: Vec<Option<Vec<u64>>> = vec![None; 256];
        for byte in first {
            if let Some(places) = matches.get_mut(usize::from(*byte)) {
                places.get_or_insert_with(|| vec![0; words]);
            }
        }
        for (index, byte) in second.iter().enumerate() {
            let places = matches.get_mut(usize::from(*byte)).and_then(Option::as_mut);
            if let Some(word) = places.and_then(|places| places.get_mut(index / WORD_BITS)) {
                *word |= 1 << (index % WORD_BITS);
            }
        }
        Self { flat: vec![u64::MAX; words], matches, columns: second.len() }
    }

    fn advance(&mut self, byte: u8) {
        let Some(Some(places)) = self.matches.get(usize::from(byte)) else { return };
        let mut carry = false;
        for (flat, places) in self.flat.iter_mut().zip(places) {
            let (sum, first_carry) = flat.overflowing_add(*flat & places);
            let (sum, second_carry) = sum.overflowing_add(u64::from(carry));
            carry = first_carry || second_carry;
            *flat = sum | (*flat & !places);
        }
    }

    fn rises(&self) -> usize {
        let zeros: usize = self.flat.iter().map(|word| word.count_zeros() as usize).sum();
        // The last word's bits beyond the last column match nothing, and so stay set, but for carries.
        let beyond = self.flat.len() * WORD_BITS - self.columns;
        let last = self.flat.last().copied().unwrap_or_default();
        let zeros_beyond =
            if beyond == 0 { 0 } else { (!last >> (WORD_BITS - beyond)).count_ones() as usize };
        zeros - zeros_beyond
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The textbook: the whole table, walked back by the same rule.
    fn naive(first: &[u8], second: &[u8]) -> (usize, Vec<CommonRun>) {
        let mut table = vec![vec![0usize; second.len() + 1]; first.len() + 1];
        for i in 1..=first.len() {
            for j in 1..=second.len() {
                table[i][j] = if first[i - 1] == second[j - 1] {
                    table[i - 1][j - 1] + 1
                } else {
                    table[i - 1][j].max(table[i][j - 1])
                };
            }
        }
        let (mut i, mut j) = (first.len(), second.len());
        let mut runs = Vec::<CommonRun>::new();
        while i > 0 && j > 0 {
            if first[i - 1] == second[j - 1] {
                let run = runs.last_mut().filter(|run| run.in_first.start == i && run.in_second.start == j);
                match run {
                    Some(run) => (run.in_first.start, run.in_second.start) = (i - 1, j - 1),
                    None => runs.push(CommonRun { in_first: i - 1..i, in_second: j - 1..j }),
                }
                (i, j) = (i - 1, j - 1);
            } else if table[i - 1][j] > table[i][j - 1] {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        (table[first.len()][second.len()], runs)
    }

    proptest! {
        #[test]
        fn the_bits_say_what_the_table_says(
            first in prop_oneof![vec(0u8..4, 0..200), vec(any::<u8>(), 0..200)],
            second in prop_oneof![vec(0u8..4, 0..200), vec(any::<u8>(), 0..200)],
        ) {
            let (expected, expected_runs) = naive(&first, &second);
            prop_assert_eq!(length(&first, &second), expected);
            prop_assert_eq!(runs(&first, &second), expected_runs);
        }
    }

    #[test]
    fn ends_of_words_are_kept_apart() {
        for len in [1, 8, 63, 64, 65, 127, 128, 129] {
            let text = vec![7; len];
            assert_eq!(length(&text, &text), len);
            assert_eq!(runs(&text, &text), [CommonRun { in_first: 0..len, in_second: 0..len }]);
            assert_eq!(length(&text, &[7; 64]), len.min(64));
        }
        assert_eq!((length(b"", b"a"), length(b"a", b""), length(b"", b"")), (0, 0, 0));
    }
}
