//! Packed hashes: a count byte, then the fields in the order in which they came.
//!
//! A field is one byte that holds both lengths, four bits each, the name and the value. A length of 15 or more is written
//! as 15 there and follows as a number, that of the name first.
//!
//! As long as one of its fields expires, the hash has its *expiring form*: a zero byte in front of the count, and behind
//! each value the field's expiry as a number, 0 for never and otherwise one more than the time.

use std::ops::Range;

use super::Field;
use crate::time::Milliseconds;
use crate::types::packed::{count_byte, fits};
use crate::varint::{self, Varint};

/// The half byte that says: the length follows.
const LONG: u8 = 15;

/// What a packed hash in the expiring form starts with: no count, since empty hashes are no entries.
const EXPIRING_MARK: u8 = 0;

/// The bytes of a packed hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedHash<'a> {
    bytes: &'a [u8],
    expiring: bool,
}

impl<'a> PackedHash<'a> {
    /// What a new hash starts from.
    pub(crate) const EMPTY: PackedHash<'static> = PackedHash { bytes: &[], expiring: false };

    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, expiring: bytes.first() == Some(&EXPIRING_MARK) }
    }

    /// The number of fields, expired ones included.
    pub(crate) fn count(self) -> usize {
        usize::from(self.bytes.get(usize::from(self.expiring)).copied().unwrap_or_default())
    }

    /// Whether some field expires.
    pub(crate) fn is_expiring(self) -> bool {
        self.expiring
    }

    /// Whether some field is alive.
    #[inline]
    pub(crate) fn is_alive(self, now_ms: Milliseconds) -> bool {
        !self.expiring || self.iter().any(|field| !field.is_expired(now_ms))
    }

    /// The fields, expired ones included.
    pub(crate) fn iter(self) -> PackedFields<'a> {
        PackedFields { bytes: self.bytes, at: self.start(), expiring: self.expiring }
    }

    /// A field, expired or not.
    pub(crate) fn get(self, name: &[u8]) -> Option<Field<'a>> {
        self.iter().find(|field| field.name == name)
    }

    /// The fields as one packed value with `field` set, in pieces; `old` is where [`PackedHash::find`] found it. None: the
    /// hash has outgrown the packed form.
    pub(crate) fn with<T>(
        self,
        old: Option<Range<usize>>,
        field: Field<'_>,
        pack: impl FnOnce(&[&[u8]]) -> T,
    ) -> Option<T> {
        if self.expiring || field.expire_at_ms.is_some() {
            let added = old.is_none().then_some(field);
            let kept = self.iter().map(|other| if other.name == field.name { field } else { other });
            let bytes = Self::encode(kept.chain(added))?;
            return Some(pack(&[&bytes]));
        }
        let end = self.bytes.len().max(self.start());
        let count = self.count() + usize::from(old.is_none());
        let place = old.unwrap_or(end..end);
        let lengths = Lengths::new(&field);
        let added_bytes = lengths.bytes_len() + field.name.len() + field.value.len();
        if !fits(count, end - place.len() + added_bytes) {
            return None;
        }
        let before = self.bytes.get(self.start()..place.start).unwrap_or_default();
        let after = self.bytes.get(place.end..).unwrap_or_default();
        let [head, name_len, value_len] = lengths.parts();
        Some(pack(&[&count_byte(count), before, head, name_len, value_len, field.name, field.value, after]))
    }

    /// The fields as one packed value without the field `name`, in pieces; `place` is where [`PackedHash::find`] found it.
    /// None: it is the last one.
    pub(crate) fn without<T>(
        self,
        place: Range<usize>,
        name: &[u8],
        pack: impl FnOnce(&[&[u8]]) -> T,
    ) -> Option<T> {
        let left = self.count().checked_sub(1).filter(|left| *left > 0)?;
        if self.expiring {
            let bytes = Self::encode(self.iter().filter(|field| field.name != name))?;
            return Some(pack(&[&bytes]));
        }
        let before = self.bytes.get(self.start()..place.start).unwrap_or_default();
        let after = self.bytes.get(place.end..).unwrap_or_default();
        Some(pack(&[&count_byte(left), before, after]))
    }

    /// Where a field lies, with everything that belongs to it.
    pub(crate) fn find(self, name: &[u8]) -> Option<Range<usize>> {
        let mut fields = self.iter();
        loop {
            let start = fields.at;
            if fields.next()?.name == name {
                return Some(start..fields.at);
            }
        }
    }

    /// Packs fields in the form they need. None if they do not fit.
    pub(crate) fn encode<'f>(fields: impl Iterator<Item = Field<'f>> + Clone) -> Option<Vec<u8>> {
        let count = fields.clone().count();
        if !fits(count, fields.clone().map(|field| field.name.len() + field.value.len()).sum()) {
            return None;
        }
        let expiring = fields.clone().any(|field| field.expire_at_ms.is_some());
        let mut bytes = Vec::new();
        if expiring {
            bytes.push(EXPIRING_MARK);
        }
        bytes.extend_from_slice(&count_byte(count));
        for field in fields {
            Lengths::new(&field).parts().into_iter().for_each(|part| bytes.extend_from_slice(part));
            bytes.extend_from_slice(field.name);
            bytes.extend_from_slice(field.value);
            if expiring {
                varint::put_option(&mut bytes, field.expire_at_ms);
            }
        }
        fits(count, bytes.len()).then_some(bytes)
    }

    fn start(self) -> usize {
        1 + usize::from(self.expiring)
    }
}

/// The fields of a packed hash.
#[derive(Debug, Clone)]
pub(crate) struct PackedFields<'a> {
    bytes: &'a [u8],
    at: usize,
    expiring: bool,
}

impl<'a> PackedFields<'a> {
    fn length(&mut self, half: u8) -> Option<usize> {
        if half < LONG {
            return Some(usize::from(half));
        }
        usize::try_from(self.number()?).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let (number, len) = varint::read(self.bytes.get(self.at..)?)?;
        self.at += len;
        Some(number)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..len)?;
        self.at += len;
        Some(taken)
    }
}

impl<'a> Iterator for PackedFields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        let head = *self.bytes.get(self.at)?;
        self.at += 1;
        let name_len = self.length(head >> 4)?;
        let value_len = self.length(head & LONG)?;
        let (name, value) = (self.take(name_len)?, self.take(value_len)?);
        let expire_at_ms: Option<Milliseconds> =
            if self.expiring { self.number()?.checked_sub(1) } else { None };
        Some(Field { name, value, expire_at_ms })
    }
}

/// The lengths in front of a field.
struct Lengths {
    head: [u8; 1],
    name: Option<Varint>,
    value: Option<Varint>,
}

impl Lengths {
    fn new(field: &Field<'_>) -> Self {
        let half = |len: usize| u8::try_from(len).unwrap_or(LONG).min(LONG);
        let long = |len: usize| (len >= usize::from(LONG)).then(|| Varint::new(len as u64));
        Self {
            head: [half(field.name.len()) << 4 | half(field.value.len())],
            name: long(field.name.len()),
            value: long(field.value.len()),
        }
    }

    fn parts(&self) -> [&[u8]; 3] {
        [&self.head, bytes_of(&self.name), bytes_of(&self.value)]
    }

    fn bytes_len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }
}

fn bytes_of(length: &Option<Varint>) -> &[u8] {
    length.as_ref().map_or(&[], Varint::as_slice)
}
