//! Members of a set, or elements of a list, as a mutation carries them.

use crate::types::packed::{self, Elements};

/// Members or elements, each behind its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Members<'a>(&'a [u8]);

impl<'a> Members<'a> {
    /// The bytes of different members.
    pub(crate) fn pack(members: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(members.iter().map(|member| packed::packed_bytes(member)).sum());
        for member in members {
            bytes.extend_from_slice(packed::prefix(member).as_slice());
            bytes.extend_from_slice(member);
        }
        bytes
    }

    /// Members that were put together by [`Members::pack`], or that come from a log. None if the bytes make no sense.
    pub(crate) fn new(packed: &'a [u8]) -> Option<Self> {
        let mut members = Elements::bare(packed);
        members.by_ref().for_each(drop);
        (members.at() == packed.len()).then_some(Self(packed))
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        Elements::bare(self.0)
    }
}
