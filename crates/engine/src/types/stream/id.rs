//! Ids of entries: a time and a number within it.

use crate::time::Milliseconds;

/// The id of an entry. Ids of a stream only rise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Unix time, or what a client took for it.
    pub ms: Milliseconds,
    /// The number among those of one millisecond.
    pub number: u64,
}

impl StreamId {
    /// The smallest id. No entry has it.
    pub const MIN: Self = Self { ms: 0, number: 0 };

    /// The largest id: the end of time.
    pub const MAX: Self = Self { ms: u64::MAX, number: u64::MAX };

    /// An id of these parts.
    #[must_use]
    pub const fn new(ms: Milliseconds, number: u64) -> Self {
        Self { ms, number }
    }

    /// The next id. None behind the last one.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self.number.checked_add(1) {
            Some(number) => Some(Self { number, ..self }),
            None => self.ms.checked_add(1).map(|ms| Self { ms, number: 0 }),
        }
    }

    /// The id before. None before the first one.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        match self.number.checked_sub(1) {
            Some(number) => Some(Self { number, ..self }),
            None => self.ms.checked_sub(1).map(|ms| Self { ms, number: u64::MAX }),
        }
    }
}
