//! A record: one entry in 16 bytes, and one allocation if the entry is small.
//!
//! A small record is its own bytes: version (6, little endian), flags (1), key length (1, or 4 if the flag says so),
//! expiry (6, only if the flag says so), key, value.

use crate::buckets::{Keyed, NEVER_DUE};
use crate::entry::large::{Large, LargeValue};
use crate::expire::Expires;
use crate::keyspace::Sequence;
use crate::memory::{Samples, allocated};
use crate::time::Milliseconds;
use crate::types::{DataType, PackedHash};

/// One entry.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Small(Box<[u8]>),
    Large(Box<Large>),
}

const _: () = assert!(size_of::<Record>() == 16, "a bucket's slot is 16 bytes");

const TYPE_BITS: u8 = 0b0000_0111;
const EXPIRES: u8 = 0b0000_1000;
const WIDE_KEY: u8 = 0b0001_0000;
const VERSION_BYTES: usize = 6;
const EXPIRE_BYTES: usize = 6;
const FIXED_BYTES: usize = VERSION_BYTES + 1;

/// Bytes of an entry's slot in a bucket of the keyspace, with its share of the bucket itself and of the room that is free.
const SLOT_BYTES: usize = 16 + 4;

/// The largest number that six bytes hold; expiry times beyond it saturate, versions never get there.
const SIX_BYTES_MAX: u64 = (1 << 48) - 1;

/// What a record says besides its key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) version: Sequence,
    pub(crate) data_type: DataType,
    pub(crate) expire_at_ms: Option<Milliseconds>,
}

impl Record {
    /// A small record; the value is the parts put together.
    pub(crate) fn pack(head: Head, key: &[u8], value: &[&[u8]]) -> Self {
        let value_bytes: usize = value.iter().map(|part| part.len()).sum();
        let narrow = u8::try_from(key.len());
        let key_len_bytes = if narrow.is_ok() { 1 } else { 4 };
        let expire_bytes = if head.expire_at_ms.is_some() { EXPIRE_BYTES } else { 0 };
        let mut bytes =
            Vec::with_capacity(FIXED_BYTES + key_len_bytes + expire_bytes + key.len() + value_bytes);
        bytes.extend_from_slice(&six_bytes(head.version));
        let expires = if head.expire_at_ms.is_some() { EXPIRES } else { 0 };
        match narrow {
            Ok(len) => bytes.extend_from_slice(&[head.data_type.code() | expires, len]),
            Err(_) => {
                bytes.push(head.data_type.code() | expires | WIDE_KEY);
                bytes.extend_from_slice(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes());
            }
        }
        if let Some(at) = head.expire_at_ms {
            bytes.extend_from_slice(&six_bytes(at));
        }
        bytes.extend_from_slice(key);
        value.iter().for_each(|part| bytes.extend_from_slice(part));
        Self::Small(bytes.into_boxed_slice())
    }

    pub(crate) fn head(&self) -> Head {
        match self {
            Self::Small(bytes) => {
                let flags = flags(bytes);
                Head {
                    version: read_six(bytes, 0),
                    data_type: DataType::from_code(flags & TYPE_BITS),
                    expire_at_ms: (flags & EXPIRES != 0).then(|| read_six(bytes, expire_offset(flags))),
                }
            }
            Self::Large(large) => Head {
                version: large.version,
                data_type: large.value.data_type(),
                expire_at_ms: large.expire_at_ms,
            },
        }
    }

    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::Small(bytes) => DataType::from_code(flags(bytes) & TYPE_BITS),
            Self::Large(large) => large.value.data_type(),
        }
    }

    pub(crate) fn version(&self) -> Sequence {
        match self {
            Self::Small(bytes) => read_six(bytes, 0),
            Self::Large(large) => large.version,
        }
    }

    pub(crate) fn set_version(&mut self, version: Sequence) {
        match self {
            Self::Small(bytes) => write_at(bytes, 0, &six_bytes(version)),
            Self::Large(large) => large.version = version,
        }
    }

    pub(crate) fn expire_at_ms(&self) -> Option<Milliseconds> {
        match self {
            Self::Small(bytes) => {
                let flags = flags(bytes);
                (flags & EXPIRES != 0).then(|| read_six(bytes, expire_offset(flags)))
            }
            Self::Large(large) => large.expire_at_ms,
        }
    }

    /// Whether nothing of it is alive: an entry lives while `now <= expire_at_ms`, and a hash as long as one of its fields.
    #[inline]
    pub(crate) fn is_expired(&self, now_ms: Milliseconds) -> bool {
        if self.expire_at_ms().is_some_and(|at| now_ms > at) {
            return true;
        }
        match self {
            Self::Small(bytes) => {
                flags(bytes) & TYPE_BITS == DataType::Hash.code()
                    && !PackedHash::new(self.packed().unwrap_or_default()).is_alive(now_ms)
            }
            Self::Large(large) => {
                matches!(&large.value, LargeValue::Hash(hash) if !hash.is_alive(now_ms))
            }
        }
    }

    /// Hands out the fields of a hash that have expired, until `found` has enough and says so with false.
    pub(crate) fn visit_expired_fields(
        &mut self,
        now_ms: Milliseconds,
        found: &mut dyn FnMut(&[u8]) -> bool,
    ) {
        if let Some(hash) = self.packed_hash() {
            let mut expired = hash.iter().filter(|field| field.is_expired(now_ms));
            // The search ends at the first field with which `found` is full.
            let _ = expired.find(|field| !found(field.name));
        } else if let Some(Large { value: LargeValue::Hash(hash), .. }) = self.large_mut() {
            hash.visit_expired(now_ms, found);
        }
    }

    /// Whether a field of the hash in it has expired, though it is still stored.
    pub(crate) fn stores_expired_fields(&self, now_ms: Milliseconds) -> bool {
        match self {
            Self::Small(_) => {
                self.packed_hash().is_some_and(|hash| hash.iter().any(|field| field.is_expired(now_ms)))
            }
            Self::Large(large) => match &large.value {
                LargeValue::Hash(hash) => hash.expired_count(now_ms) > 0,
                _ => false,
            },
        }
    }

    /// The hash that is packed in it.
    fn packed_hash(&self) -> Option<PackedHash<'_>> {
        self.packed().filter(|_| self.data_type() == DataType::Hash).map(PackedHash::new)
    }

    /// The value's bytes if it is packed.
    pub(crate) fn packed(&self) -> Option<&[u8]> {
        match self {
            Self::Small(bytes) => bytes.get(value_offset(bytes)..),
            Self::Large(_) => None,
        }
    }

    pub(crate) fn packed_mut(&mut self) -> Option<&mut [u8]> {
        match self {
            Self::Small(bytes) => {
                let offset = value_offset(bytes);
                bytes.get_mut(offset..)
            }
            Self::Large(_) => None,
        }
    }

    pub(crate) fn large_mut(&mut self) -> Option<&mut Large> {
        match self {
            Self::Small(_) => None,
            Self::Large(large) => Some(large),
        }
    }

    /// Changes the expiry; a small record is rewritten when it gains or loses one.
    pub(crate) fn set_expire_at_ms(&mut self, expire_at_ms: Option<Milliseconds>) {
        match self {
            Self::Large(large) => large.expire_at_ms = saturated(expire_at_ms),
            Self::Small(bytes) => {
                let flags = flags(bytes);
                if let (true, Some(at)) = (flags & EXPIRES != 0, expire_at_ms) {
                    write_at(bytes, expire_offset(flags), &six_bytes(at));
                    return;
                }
                if flags & EXPIRES == 0 && expire_at_ms.is_none() {
                    return;
                }
                let repacked = self.repack(Head { expire_at_ms, ..self.head() }, None);
                *self = repacked;
            }
        }
    }

    /// The same entry under another key.
    pub(crate) fn rekeyed(mut self, key: &[u8]) -> Self {
        if let Self::Large(large) = &mut self {
            large.key = key.into();
            return self;
        }
        self.repack(self.head(), Some(key))
    }

    /// A copy of the entry under another key. A large value is shared rather than copied.
    pub(crate) fn copied(&mut self, key: &[u8]) -> Self {
        match self {
            Self::Small(_) => self.repack(self.head(), Some(key)),
            Self::Large(large) => Self::Large(Box::new(Large {
                version: large.version,
                expire_at_ms: large.expire_at_ms,
                key: key.into(),
                value: large.value.share(),
            })),
        }
    }

    /// Bytes that the entry takes, its slot in the keyspace included.
    pub(crate) fn memory_bytes(&self, samples: Samples) -> usize {
        let outside = match self {
            Self::Small(bytes) => allocated(bytes.len()),
            Self::Large(large) => {
                allocated(size_of::<Large>()) + allocated(large.key.len()) + large.value.memory_bytes(samples)
            }
        };
        SLOT_BYTES + outside
    }

    fn repack(&self, head: Head, key: Option<&[u8]>) -> Self {
        Self::pack(head, key.unwrap_or_else(|| self.key()), &[self.packed().unwrap_or_default()])
    }
}

impl Keyed for Record {
    #[inline]
    fn key(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => {
                let (offset, len) = key_place(bytes);
                bytes.get(offset..offset + len).unwrap_or_default()
            }
            Self::Large(large) => &large.key,
        }
    }
}

impl Expires for Record {
    fn due_ms(&self) -> Milliseconds {
        let fields_ms = match self {
            Self::Small(_) => {
                self.packed_hash().and_then(|hash| hash.iter().filter_map(|field| field.expire_at_ms).min())
            }
            Self::Large(large) => match &large.value {
                LargeValue::Hash(hash) => hash.due_ms(),
                _ => None,
            },
        };
        let own_ms = self.expire_at_ms().unwrap_or(NEVER_DUE);
        own_ms.min(fields_ms.unwrap_or(NEVER_DUE))
    }
}

/// An expiry as a record can hold it.
pub(crate) fn saturated(expire_at_ms: Option<Milliseconds>) -> Option<Milliseconds> {
    expire_at_ms.map(|at| at.min(SIX_BYTES_MAX))
}

fn flags(bytes: &[u8]) -> u8 {
    bytes.get(VERSION_BYTES).copied().unwrap_or_default()
}

fn expire_offset(flags: u8) -> usize {
    FIXED_BYTES + if flags & WIDE_KEY == 0 { 1 } else { 4 }
}

#[inline]
fn key_place(bytes: &[u8]) -> (usize, usize) {
    let flags = flags(bytes);
    let expire_bytes = if flags & EXPIRES == 0 { 0 } else { EXPIRE_BYTES };
    let len = if flags & WIDE_KEY == 0 {
        usize::from(bytes.get(FIXED_BYTES).copied().unwrap_or_default())
    } else {
        let wide = bytes.get(FIXED_BYTES..).and_then(|rest| rest.first_chunk::<4>()).copied();
        u32::from_le_bytes(wide.unwrap_or_default()) as usize
    };
    (expire_offset(flags) + expire_bytes, len)
}

fn value_offset(bytes: &[u8]) -> usize {
    let (offset, len) = key_place(bytes);
    offset + len
}

fn six_bytes(value: u64) -> [u8; 6] {
    let [a, b, c, d, e, f, _, _] = value.min(SIX_BYTES_MAX).to_le_bytes();
    [a, b, c, d, e, f]
}

fn read_six(bytes: &[u8], offset: usize) -> u64 {
    let six = bytes.get(offset..).and_then(|rest| rest.first_chunk::<6>()).copied().unwrap_or_default();
    let [a, b, c, d, e, f] = six;
    u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
}

fn write_at(bytes: &mut [u8], offset: usize, new: &[u8]) {
    if let Some(place) = bytes.get_mut(offset..offset + new.len()) {
        place.copy_from_slice(new);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_packed_record_tells_what_was_put_in(
            version in 0..1u64 << 48,
            expire_at_ms in proptest::option::of(0..1u64 << 48),
            later in proptest::option::of(0..1u64 << 48),
            key in proptest::collection::vec(any::<u8>(), 0..300),
            value in proptest::collection::vec(any::<u8>(), 0..50),
        ) {
            let head = Head { version, data_type: DataType::Set, expire_at_ms };
            let mut record = Record::pack(head, &key, &[&value[..value.len() / 2], &value[value.len() / 2..]]);
            prop_assert_eq!(record.head(), head);
            prop_assert_eq!(record.key(), &key[..]);
            prop_assert_eq!(record.packed(), Some(&value[..]));
            record.set_expire_at_ms(later);
            record.set_version(7);
            let record = record.rekeyed(b"other");
            prop_assert_eq!(record.head(), Head { version: 7, expire_at_ms: later, ..head });
            prop_assert_eq!(record.key(), b"other");
            prop_assert_eq!(record.packed(), Some(&value[..]));
        }
    }
}
