//! A field of a large hash, in one slot of its table.

use super::Field;
use crate::buckets::{Keyed, NEVER_DUE};
use crate::expire::Expires;
use crate::memory::allocated;
use crate::time::Milliseconds;
use crate::varint::{self, Varint};

/// A field and its value in one allocation: the length of the name, the name, the value. Fields that expire have one more
/// for their expiry, so that those that do not pay nothing.
#[derive(Debug, Clone)]
pub(crate) enum Pair {
    Lasting(Box<[u8]>),
    Expiring(Box<Expiring>),
}

/// A pair and the last millisecond at which it is alive.
#[derive(Debug, Clone)]
pub(crate) struct Expiring {
    expire_at_ms: Milliseconds,
    pair: Box<[u8]>,
}

const _: () = assert!(size_of::<Pair>() == 16, "a bucket's slot is 16 bytes");

impl Pair {
    pub(crate) fn new(field: Field<'_>) -> Self {
        let prefix = Varint::new(field.name.len() as u64);
        let mut bytes = Vec::with_capacity(prefix.as_slice().len() + field.name.len() + field.value.len());
        bytes.extend_from_slice(prefix.as_slice());
        bytes.extend_from_slice(field.name);
        bytes.extend_from_slice(field.value);
        let pair = bytes.into_boxed_slice();
        match field.expire_at_ms {
            None => Self::Lasting(pair),
            Some(expire_at_ms) => Self::Expiring(Box::new(Expiring { expire_at_ms, pair })),
        }
    }

    /// Bytes that it takes outside of its slot.
    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::Lasting(pair) => allocated(pair.len()),
            Self::Expiring(expiring) => allocated(size_of::<Expiring>()) + allocated(expiring.pair.len()),
        }
    }

    pub(crate) fn field(&self) -> Field<'_> {
        let (name, value) = self.split();
        Field { name, value, expire_at_ms: self.expire_at_ms() }
    }

    pub(crate) fn expire_at_ms(&self) -> Option<Milliseconds> {
        match self {
            Self::Lasting(_) => None,
            Self::Expiring(expiring) => Some(expiring.expire_at_ms),
        }
    }

    fn split(&self) -> (&[u8], &[u8]) {
        let bytes = match self {
            Self::Lasting(pair) => pair,
            Self::Expiring(expiring) => &expiring.pair,
        };
        let (len, prefix) = varint::read(bytes).unwrap_or_default();
        let rest = bytes.get(prefix..).unwrap_or_default();
        rest.split_at_checked(usize::try_from(len).unwrap_or(usize::MAX)).unwrap_or_default()
    }
}

impl Keyed for Pair {
    fn key(&self) -> &[u8] {
        self.split().0
    }
}

impl Expires for Pair {
    fn due_ms(&self) -> Milliseconds {
        self.expire_at_ms().unwrap_or(NEVER_DUE)
    }
}
