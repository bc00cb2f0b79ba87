//! Which bucket a hash belongs to: a map from the top bits of hashes to numbers of buckets.
//!
//! A directory has a slot for each value of as many bits as the deepest bucket needs, and doubles when one more is needed.
//! Doubling a large one would take too long at once, so a large directory comes in parts that double by themselves.

use std::ops::Range;

use crate::memory::allocated;

/// Bits up to which a directory is in one part: 64 KiB.
const WHOLE_DEPTH_MAX: u8 = 14;

/// Bits that choose a part.
const PART_BITS: u8 = 8;

/// Parts by the first bits, slots by the bits behind them.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    parts: Vec<Part>,
    /// How many bits choose a part: 0 or [`PART_BITS`].
    part_bits: u8,
}

#[derive(Debug, Clone)]
struct Part {
    /// How many bits choose a slot.
    depth: u8,
    slots: Vec<u32>,
}

impl Directory {
    /// Everything belongs to bucket 0.
    pub(super) fn new() -> Self {
        Self { parts: vec![Part { depth: 0, slots: vec![0] }], part_bits: 0 }
    }

    /// Bytes that it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.parts.iter().map(|part| allocated(part.slots.len() * size_of::<u32>())).sum()
    }

    /// The bucket of a placed hash.
    #[inline]
    pub(super) fn get(&self, placed: u64) -> u32 {
        let slot = self.parts.get(top_bits(placed, self.part_bits));
        let slot = slot.and_then(|part| part.slots.get(top_bits(placed << self.part_bits, part.depth)));
        slot.copied().unwrap_or(0)
    }

    /// Notes that the bucket of a placed hash, whose records shared `depth` bits, gave its upper half to `sibling`.
    pub(super) fn split(&mut self, placed: u64, depth: u8, sibling: u32) {
        if self.part_bits == 0 && depth >= WHOLE_DEPTH_MAX {
            self.divide();
        }
        let part = top_bits(placed, self.part_bits);
        let Some(depth) = depth.checked_sub(self.part_bits) else {
            let parts = upper_half(part, self.part_bits - depth);
            let slots = self.parts.get_mut(parts).into_iter().flatten().flat_map(|part| &mut part.slots);
            slots.for_each(|slot| *slot = sibling);
            return;
        };
        let Some(part) = self.parts.get_mut(part) else { return };
        if depth == part.depth {
            part.double();
        }
        let slots = upper_half(top_bits(placed << self.part_bits, part.depth), part.depth - depth);
        part.slots.get_mut(slots).into_iter().flatten().for_each(|slot| *slot = sibling);
    }

    /// How many slots there are.
    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.parts.iter().map(|part| part.slots.len()).sum()
    }

    /// Cuts the one part into many.
    fn divide(&mut self) {
        let Some(whole) = self.parts.first().filter(|whole| whole.depth > PART_BITS) else { return };
        let depth = whole.depth - PART_BITS;
        let parts = whole.slots.chunks(1 << depth).map(|slots| Part { depth, slots: slots.to_vec() });
        self.parts = parts.collect();
        self.part_bits = PART_BITS;
    }
}

impl Part {
    fn double(&mut self) {
        let mut doubled = Vec::with_capacity(self.slots.len() * 2);
        for id in &self.slots {
            doubled.extend_from_slice(&[*id, *id]);
        }
        self.slots = doubled;
        self.depth += 1;
    }
}

/// The upper half of the numbers that are the same as this one but for the lowest bits, of which there is at least one.
fn upper_half(number: usize, bits: u8) -> Range<usize> {
    let span = 1usize << bits;
    let start = number & !(span - 1);
    start + span / 2..start + span
}

/// The first bits of a word as a number.
#[inline]
fn top_bits(word: u64, bits: u8) -> usize {
    let number = word.checked_shr(64 - u32::from(bits)).unwrap_or(0);
    usize::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// Splits what random hashes meet, now and then the same place again and again, and looks every bucket up.
    #[test]
    fn each_hash_finds_the_bucket_that_covers_it() {
        let mut directory = Directory::new();
        // The first hash and the depth of each bucket.
        let mut buckets = vec![(0u64, 0u8)];
        let mut state = 3;
        for round in 0..6_000 {
            let anywhere = random::next(&mut state);
            let hash = if round % 3 == 0 { anywhere >> 12 } else { anywhere };
            let id = directory.get(hash);
            let (first, depth) = buckets[id as usize];
            if depth == 22 {
                continue;
            }
            let sibling = u32::try_from(buckets.len()).unwrap();
            directory.split(hash, depth, sibling);
            buckets[id as usize] = (first, depth + 1);
            buckets.push((first | 1 << (63 - depth), depth + 1));
        }
        assert!(directory.part_bits > 0, "the directory was divided");
        for (id, (first, depth)) in (0..).zip(&buckets) {
            let last = first | (u64::MAX >> depth);
            assert_eq!((directory.get(*first), directory.get(last)), (id, id));
        }
    }

    /// Shallow buckets reach over several parts, and are found and split all the same.
    #[test]
    fn a_shallow_bucket_is_split_across_parts() {
        let mut directory = Directory::new();
        for depth in 0..20 {
            directory.split(0, depth, u32::from(depth) + 1);
        }
        assert!(directory.part_bits > 0);
        assert_eq!([0, 1 << 62, 1 << 63, u64::MAX].map(|hash| directory.get(hash)), [0, 2, 1, 1]);
        directory.split(u64::MAX, 1, 100);
        assert_eq!([1 << 63, u64::MAX, 3 << 62].map(|hash| directory.get(hash)), [1, 100, 100]);
        directory.split(u64::MAX, 2, 101);
        assert_eq!([3 << 62, u64::MAX].map(|hash| directory.get(hash)), [100, 101]);
    }
}
