//! Ascending positions in a list, as a mutation carries them.

use crate::varint;

/// Positions as numbers: the first one, then how many elements lie between each and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Positions<'a>(&'a [u8]);

impl<'a> Positions<'a> {
    /// Appends the next position, which is `between` elements behind the one before, or behind the head.
    pub(crate) fn push(packed: &mut Vec<u8>, between: usize) {
        varint::put(packed, between as u64);
    }

    /// Positions that were put together by [`Positions::push`], or that come from a log. None if the bytes make no sense.
    pub(crate) fn new(packed: &'a [u8]) -> Option<Self> {
        let mut rest = packed;
        let mut next = 0u64;
        while !rest.is_empty() {
            let (between, len) = varint::read(rest)?;
            next = next.checked_add(between)?.checked_add(1)?;
            rest = rest.get(len..)?;
        }
        Some(Self(packed))
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The positions, ascending.
    pub(crate) fn iter(self) -> impl Iterator<Item = usize> + Clone + use<'a> {
        let mut rest = self.0;
        let mut next = 0;
        std::iter::from_fn(move || {
            let (between, len) = varint::read(rest)?;
            rest = rest.get(len..)?;
            let position = next + usize::try_from(between).ok()?;
            next = position + 1;
            Some(position)
        })
    }
}
