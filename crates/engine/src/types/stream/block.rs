//! Blocks: entries packed one after the other.
//!
//! The bytes of a block are the number of its field names and these names, each behind its length, and then its entries. An
//! entry is the distance of its milliseconds from the block's base, doubled, with 1 added if its fields have the names of the
//! block; its number, as the distance from that of the base within the same millisecond; and its values, or the number of its
//! fields and then names and values in turn.

use std::ops::Range;

use super::StreamId;
use crate::types::packed::{self, Elements};
use crate::varint;

/// Milliseconds by which the ids of one block may differ.
const DISTANCE_MS_MAX: u64 = u32::MAX as u64;

/// The bytes of a block that holds one entry, whose id is the base and whose field names are the block's.
pub(super) fn start(words: &[u8]) -> Vec<u8> {
    let names = || Elements::bare(words).step_by(2);
    let mut bytes = Vec::with_capacity(words.len() + 4);
    varint::put(&mut bytes, names().count() as u64);
    for name in names() {
        put(&mut bytes, name);
    }
    append(&mut bytes, StreamId::MIN, StreamId::MIN, words);
    bytes
}

/// Whether the entry `id` can stand in a block of this base, by their distance.
pub(super) fn is_near(base: StreamId, id: StreamId) -> bool {
    id.ms - base.ms <= DISTANCE_MS_MAX
}

/// Whether an entry's fields have the names of the block.
fn has_same_names(bytes: &[u8], words: &[u8]) -> bool {
    let (count, names) = names(bytes);
    Elements::bare(words).step_by(2).eq(Elements::bare(names)) && Elements::bare(words).count() == 2 * count
}

/// Bytes of an entry's fields in this block.
pub(super) fn fields_bytes(bytes: &[u8], words: &[u8]) -> usize {
    match has_same_names(bytes, words) {
        true => Elements::bare(words).skip(1).step_by(2).map(packed::packed_bytes).sum(),
        false => words.len(),
    }
}

/// Appends an entry: its fields are names and values in turn, each behind its length.
pub(super) fn append(bytes: &mut Vec<u8>, base: StreamId, id: StreamId, words: &[u8]) {
    let has_same_names = has_same_names(bytes, words);
    let distance_ms = id.ms - base.ms;
    let number = if distance_ms == 0 { id.number - base.number } else { id.number };
    varint::put(bytes, 2 * distance_ms + u64::from(has_same_names));
    varint::put(bytes, number);
    if has_same_names {
        Elements::bare(words).skip(1).step_by(2).for_each(|value| put(bytes, value));
    } else {
        varint::put(bytes, Elements::bare(words).count() as u64 / 2);
        bytes.extend_from_slice(words);
    }
}

fn put(bytes: &mut Vec<u8>, element: &[u8]) {
    bytes.extend_from_slice(packed::prefix(element).as_slice());
    bytes.extend_from_slice(element);
}

/// The number of field names at the front of a block, and their bytes.
fn names(bytes: &[u8]) -> (usize, &[u8]) {
    let (count, start) = varint::read(bytes).unwrap_or_default();
    let count = usize::try_from(count).unwrap_or_default();
    let rest = bytes.get(start..).unwrap_or_default();
    (count, rest.get(..length_of(rest, count)).unwrap_or_default())
}

/// Bytes of the first `count` elements.
fn length_of(bytes: &[u8], count: usize) -> usize {
    let mut elements = Elements::bare(bytes);
    if let Some(last) = count.checked_sub(1) {
        elements.nth(last);
    }
    elements.at()
}

/// An entry of a stream.
#[derive(Debug, Clone, Copy)]
pub struct StreamEntry<'a> {
    /// Its id.
    pub id: StreamId,
    fields: usize,
    /// The names of its fields, if they do not stand before the values.
    names: Option<&'a [u8]>,
    bytes: &'a [u8],
}

impl<'a> StreamEntry<'a> {
    /// The number of its fields.
    #[must_use]
    pub fn field_count(self) -> usize {
        self.fields
    }

    /// The names of its fields and their values in turn, as they were given.
    pub fn words(self) -> impl Iterator<Item = &'a [u8]> + Clone {
        let (mut names, mut rest) = (self.names.map(Elements::bare), Elements::bare(self.bytes));
        let mut at_name = false;
        std::iter::from_fn(move || {
            at_name = !at_name;
            match &mut names {
                Some(names) if at_name => names.next(),
                _ => rest.next(),
            }
        })
    }
}

/// The entries of a block, each with the place of its bytes.
pub(super) fn entries(
    base: StreamId,
    bytes: &[u8],
) -> impl Iterator<Item = (Range<usize>, StreamEntry<'_>)> + Clone {
    let (names_count, names) = names(bytes);
    let mut at = packed::prefix_bytes(names_count) + names.len();
    std::iter::from_fn(move || {
        let mut rest = bytes.get(at..)?;
        let mut number = || {
            let (value, len) = varint::read(rest)?;
            rest = rest.get(len..)?;
            Some(value)
        };
        let (distance, place) = (number()?, number()?);
        let has_same_names = distance % 2 == 1;
        let fields = if has_same_names { names_count } else { usize::try_from(number()?).ok()? };
        let ms = base.ms + distance / 2;
        let id = StreamId { ms, number: if distance < 2 { base.number + place } else { place } };
        let len = length_of(rest, if has_same_names { fields } else { 2 * fields });
        let words = rest.get(..len)?;
        let end = bytes.len() - rest.len() + len;
        let range = at..end;
        at = end;
        Some((range, StreamEntry { id, fields, names: has_same_names.then_some(names), bytes: words }))
    })
}
