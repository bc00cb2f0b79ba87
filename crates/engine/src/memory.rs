//! Estimates of memory: what the parts of a value take from the allocator.

/// Bytes that an allocation of `bytes` takes in jemalloc's size classes: multiples of 16 up to 128, then four for each
/// doubling.
pub(crate) fn allocated(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1..=8 => 8,
        9..=128 => bytes.next_multiple_of(16),
        _ => bytes.next_multiple_of(1 << ((bytes - 1).ilog2() - 2)),
    }
}

/// Bytes of a vector's own fields behind a counted pointer: two counts and three fields.
pub(crate) const SHARED_VEC_BYTES: usize = 48;

/// How many parts of a value are looked at; the others are taken to be like them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples(Option<usize>);

impl Samples {
    /// Looks at every part.
    pub const ALL: Self = Self(None);

    /// Looks at that many parts, at least one.
    #[must_use]
    pub fn some(count: usize) -> Self {
        Self(Some(count.max(1)))
    }

    /// The sum of the `sizes` of `len` parts.
    pub(crate) fn sum(self, len: usize, sizes: impl Iterator<Item = usize>) -> usize {
        match self.0 {
            Some(count) if count < len => sizes.take(count).sum::<usize>().saturating_mul(len) / count,
            Some(_) | None => sizes.sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_fill_size_classes() {
        let classes = [0, 8, 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640];
        for pair in classes.windows(2) {
            assert_eq!(allocated(pair[0]), pair[0]);
            assert_eq!(allocated(pair[0] + 1), pair[1]);
        }
        assert_eq!(allocated(4096), 4096);
        assert_eq!(allocated(4097), 5120);
    }

    #[test]
    fn parts_that_are_not_looked_at_are_like_the_others() {
        let sizes = || [10, 20, 100, 100].into_iter();
        assert_eq!(Samples::ALL.sum(4, sizes()), 230);
        assert_eq!(Samples::some(2).sum(4, sizes()), 60);
        assert_eq!(Samples::some(0).sum(4, sizes()), 40);
        assert_eq!(Samples::some(9).sum(4, sizes()), 230);
        assert_eq!(Samples::some(5).sum(0, std::iter::empty()), 0);
    }
}
