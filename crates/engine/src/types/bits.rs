//! The bits of a string: bit 0 is the highest of the first byte, and what lies behind the end is zero.

use std::ops::Range;

use smallvec::SmallVec;

use crate::types::StringRef;

/// Bytes that are looked at together while no bit of them is the one that is searched.
const BLOCK_BYTES: usize = 64;

/// Bytes that the widest field lies in: 64 bits that begin within a byte.
const FIELD_BYTES_MAX: usize = 9;

/// The bit at `offset`.
pub(crate) fn get(string: StringRef<'_>, offset: u64) -> bool {
    byte(string, offset / 8) & mask(offset) != 0
}

/// How many of these bits, which lie within the string, are ones.
pub(crate) fn count(string: StringRef<'_>, bits: Range<u64>) -> u64 {
    if bits.is_empty() {
        return 0;
    }
    let (first, end) = (bits.start / 8, bits.end.div_ceil(8));
    // Zeros that were never written share a chunk, so that most of a sparse string is counted once.
    let mut last: (&[u8], u64) = (&[], 0);
    let mut ones = 0;
    for piece in string.slice(index(first), index(end - first)) {
        if !std::ptr::eq(last.0, piece) {
            last = (piece, ones_of(piece));
        }
        ones += last.1;
    }
    let before = byte(string, first) & !low_bits(8 - bits.start % 8);
    let after = byte(string, end - 1) & low_bits(8 * end - bits.end);
    ones - u64::from(before.count_ones() + after.count_ones())
}

/// The first of these bits, which lie within the string, that is `wanted`.
pub(crate) fn find(string: StringRef<'_>, bits: Range<u64>, wanted: bool) -> Option<u64> {
    let searched = |byte: u8| if wanted { byte } else { !byte };
    let first_in = |byte: u8| u64::from(searched(byte).leading_zeros());
    let (first, end) = (bits.start / 8, bits.end.div_ceil(8));
    let mut at = first;
    // Of the first byte only the end counts.
    if !bits.start.is_multiple_of(8) {
        let head = searched(byte(string, first)) & low_bits(8 - bits.start % 8);
        if head != 0 {
            return Some(first * 8 + u64::from(head.leading_zeros())).filter(|found| *found < bits.end);
        }
        at += 1;
    }
    let mut last: &[u8] = &[];
    for piece in string.slice(index(at), index(end.saturating_sub(at))) {
        let found = if std::ptr::eq(last, piece) { None } else { position(piece, searched) };
        if let Some(within) = found {
            let offset = (at + within as u64) * 8 + piece.get(within).map_or(0, |byte| first_in(*byte));
            return Some(offset).filter(|found| *found < bits.end);
        }
        last = piece;
        at += piece.len() as u64;
    }
    None
}

/// Where the first byte is in which a searched bit is one.
fn position(bytes: &[u8], searched: impl Fn(u8) -> u8) -> Option<usize> {
    let none = [searched(0); BLOCK_BYTES];
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    let skipped = blocks.iter().take_while(|block| **block == none).count() * BLOCK_BYTES;
    let rest = bytes.get(skipped..)?;
    rest.iter().position(|byte| searched(*byte) != 0).map(|within| skipped + within)
}

fn ones_of(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let of_words = words.iter().map(|word| u64::from(u64::from_le_bytes(*word).count_ones()));
    let of_rest = rest.iter().map(|byte| u64::from(byte.count_ones()));
    of_words.sum::<u64>() + of_rest.sum::<u64>()
}

fn byte(string: StringRef<'_>, at: u64) -> u8 {
    string.slice(index(at), 1).next().and_then(|piece| piece.first().copied()).unwrap_or(0)
}

/// The bit of a byte that `offset` means.
fn mask(offset: u64) -> u8 {
    0x80 >> (offset % 8)
}

/// So many of the lowest bits of a byte.
fn low_bits(count: u64) -> u8 {
    match count {
        0 => 0,
        1..=7 => 0xff >> (8 - count),
        _ => 0xff,
    }
}

fn index(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Up to 64 bits of a string that are read as a number, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// Where it begins, in bits.
    pub(crate) offset: u64,
    /// How many bits it has: 1 to 64.
    pub(crate) width: u32,
}

impl Field {
    /// How many bytes a string has that ends with the field.
    pub(crate) fn end_byte(self) -> u64 {
        (self.offset + u64::from(self.width)).div_ceil(8)
    }

    /// Where its first byte lies.
    pub(crate) fn first_byte(self) -> usize {
        index(self.offset / 8)
    }

    /// Its bits as a number.
    pub(crate) fn read(self, string: Option<StringRef<'_>>) -> u64 {
        let bits = self.bytes(string) >> self.shift() & self.mask();
        u64::try_from(bits).unwrap_or(u64::MAX)
    }

    /// Its bytes, from the first one on, once its bits are those of `value`. None if they are already.
    pub(crate) fn written(
        self,
        string: Option<StringRef<'_>>,
        value: u64,
    ) -> Option<SmallVec<[u8; FIELD_BYTES_MAX]>> {
        let before = self.bytes(string);
        let after =
            before & !(self.mask() << self.shift()) | (u128::from(value) & self.mask()) << self.shift();
        (before != after).then(|| after.to_be_bytes().into_iter().take(self.len()).collect())
    }

    /// Its bytes at the front of a large number.
    fn bytes(self, string: Option<StringRef<'_>>) -> u128 {
        let mut bytes = [0; size_of::<u128>()];
        let pieces = string.into_iter().flat_map(|string| string.slice(self.first_byte(), self.len()));
        bytes.iter_mut().zip(pieces.flatten()).for_each(|(place, byte)| *place = *byte);
        u128::from_be_bytes(bytes)
    }

    fn len(self) -> usize {
        index(self.end_byte() - self.offset / 8)
    }

    fn mask(self) -> u128 {
        (1 << self.width) - 1
    }

    /// How far its last bit is from the end of the large number.
    fn shift(self) -> u32 {
        let within = self.offset % 8;
        u128::BITS - self.width - u32::try_from(within).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::STRING_CHUNK_BYTES;
    use crate::types::Chunked;

    /// A naive bit.
    fn bit(bytes: &[u8], at: u64) -> bool {
        bytes.get(index(at / 8)).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1)
    }

    fn check(bytes: &[u8], string: StringRef<'_>, range: Range<u64>) {
        let ones = range.clone().filter(|at| bit(bytes, *at)).count();
        assert_eq!(count(string, range.clone()), ones as u64, "{range:?}");
        for wanted in [false, true] {
            let first = range.clone().find(|at| bit(bytes, *at) == wanted);
            assert_eq!(find(string, range.clone(), wanted), first, "{range:?} {wanted}");
        }
    }

    proptest! {
        #[test]
        fn counts_and_finds_like_a_loop_over_bits(
            bytes in prop::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], 1..200),
            a in 0..1600u64,
            b in 0..1600u64,
        ) {
            let bits = bytes.len() as u64 * 8;
            let (start, end) = (a.min(b).min(bits), a.max(b).min(bits));
            check(&bytes, StringRef::packed(&bytes), start..end);
            prop_assert_eq!(get(StringRef::packed(&bytes), a), bit(&bytes, a));
        }

        #[test]
        fn fields_read_what_was_written(
            bytes in prop::collection::vec(any::<u8>(), 0..20),
            offset in 0..200u64,
            width in 1..=64u32,
            value: u64,
        ) {
            let field = Field { offset, width };
            let mut changed = bytes.clone();
            changed.resize(bytes.len().max(index(field.end_byte())), 0);
            let old = changed.clone();
            if let Some(written) = field.written(Some(StringRef::packed(&bytes)), value) {
                changed[field.first_byte()..][..written.len()].copy_from_slice(&written);
            }
            let expected = if width == 64 { value } else { value & ((1 << width) - 1) };
            prop_assert_eq!(field.read(Some(StringRef::packed(&changed))), expected);
            for at in (0..changed.len() as u64 * 8).filter(|at| !(offset..offset + u64::from(width)).contains(at)) {
                prop_assert_eq!(bit(&old, at), bit(&changed, at), "bit {} is another's", at);
            }
        }
    }

    #[test]
    fn chunks_make_no_difference() {
        let far = 5 * STRING_CHUNK_BYTES + 77;
        let mut string = Chunked::new(&[0x0f]);
        string.write(far, &[0x10]);
        string.write(STRING_CHUNK_BYTES - 1, &[0xff, 0xff]);
        let mut bytes = vec![0; far + 1];
        bytes[0] = 0x0f;
        bytes[far] = 0x10;
        bytes[STRING_CHUNK_BYTES - 1..=STRING_CHUNK_BYTES].fill(0xff);
        let string = StringRef::chunked(&string);
        let bits = bytes.len() as u64 * 8;
        let edge = STRING_CHUNK_BYTES as u64 * 8;
        for range in
            [0..bits, 4..bits, 8..bits, 8..edge - 8, edge - 3..edge + 3, edge + 8..bits - 1, bits - 5..bits]
        {
            check(&bytes, string, range);
        }
        let field = Field { offset: edge - 11, width: 20 };
        assert_eq!(field.read(Some(string)), 0x1_fffe);
    }
}
