//! Fields of a hash with their values and expiries, as a mutation carries them.

use crate::types::Field;
use crate::types::packed::{Elements, prefix};
use crate::varint;

/// Different fields: name and value, each behind its length, and the expiry, 0 for never and otherwise one more than the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Appends a field, which is not there yet.
    pub(crate) fn push(packed: &mut Vec<u8>, field: Field<'_>) {
        for part in [field.name, field.value] {
            packed.extend_from_slice(prefix(part).as_slice());
            packed.extend_from_slice(part);
        }
        varint::put_option(packed, field.expire_at_ms);
    }

    /// Fields that were put together by [`Fields::push`], or that come from a log. None if the bytes make no sense.
    pub(crate) fn new(packed: &'a [u8]) -> Option<Self> {
        let mut rest = packed;
        while !rest.is_empty() {
            take(&mut rest)?;
        }
        Some(Self(packed))
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Field<'a>> + Clone {
        let mut rest = self.0;
        std::iter::from_fn(move || take(&mut rest))
    }
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<Field<'a>> {
    let mut strings = Elements::bare(rest);
    let (name, value) = (strings.next()?, strings.next()?);
    let (expiry, len) = varint::read(rest.get(strings.at()..)?)?;
    *rest = rest.get(strings.at() + len..)?;
    Some(Field { name, value, expire_at_ms: expiry.checked_sub(1) })
}
