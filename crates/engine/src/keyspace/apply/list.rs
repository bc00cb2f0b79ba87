//! Mutations of lists.

use super::{Outcome, WrongType, large, new_head, stamp, swap};
use crate::cx::End;
use crate::entry::{EntryRef, Head, LargeValue, Record};
use crate::hash::KeyHash;
use crate::keyspace::{Effects, Shard};
use crate::mutation::{Members, Positions};
use crate::types::packed::{self, Elements};
use crate::types::{DataType, List};
use crate::undo::Undo;

impl Shard {
    pub(super) fn push(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        end: End,
        element: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else {
            let record = with_element(new_head(DataType::List, effects), key, 1, &[], element, &[]);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::List {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let (count, old) = (packed::count(bytes) + 1, bytes.get(1..).unwrap_or_default());
            let new = match end {
                End::Front => with_element(head, key, count, &[], element, old),
                End::Back => with_element(head, key, count, old, element, &[]),
            };
            swap(record, new, effects);
            return Ok(Outcome::Added);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::List(list) = &mut entry.value else { return Err(WrongType) };
        list.push(end, element);
        effects.undo_with(|| Undo::Pushed { key: key.into(), end });
        Ok(Outcome::Added)
    }

    /// Drops elements at both ends, and the entry if none stays.
    pub(super) fn trim(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        front: usize,
        back: usize,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        let len = EntryRef::new(record).list().map_err(|_| WrongType)?.len();
        let gone = front.saturating_add(back);
        if gone == 0 {
            return Ok(Outcome::Unchanged);
        }
        if gone >= len {
            return Ok(self.remove(hash, key, effects));
        }
        if let Some(bytes) = record.packed() {
            let (start, end) = (packed::offset_of(bytes, front), packed::offset_of(bytes, len - back));
            let kept = bytes.get(start..end).unwrap_or_default();
            let new = Record::pack(head, key, &[&packed::count_byte(len - gone), kept]);
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::List(list) = &mut entry.value else { return Err(WrongType) };
        for (end, count) in [(End::Front, front), (End::Back, back)] {
            if !effects.records_inverses() {
                list.drop_elements(end, count, &mut |_| {});
                continue;
            }
            let mut elements = Vec::new();
            list.drop_elements(end, count, &mut |element| elements.push(Box::from(element)));
            effects.undo_with(|| Undo::Dropped { key: key.into(), end, elements });
        }
        Ok(Outcome::Changed)
    }

    /// Puts another element in the place of the one at `index`.
    pub(super) fn set_element(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        index: usize,
        element: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        let list = EntryRef::new(record).list().map_err(|_| WrongType)?;
        if index >= list.len() {
            return Ok(Outcome::Unchanged);
        }
        if let Some(bytes) = record.packed() {
            let (start, end) = (packed::offset_of(bytes, index), packed::offset_of(bytes, index + 1));
            let (before, after) = around(bytes, start, end);
            let new = with_element(head, key, packed::count(bytes), before, element, after);
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let old = if effects.records_inverses() { list.get(index).map(Box::from) } else { None };
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::List(list) = &mut entry.value else { return Err(WrongType) };
        list.set(index, element);
        if let Some(old) = old {
            effects.undo_with(|| Undo::Element { key: key.into(), index, old });
        }
        Ok(Outcome::Changed)
    }

    /// Puts an element in front of the one at `index`.
    pub(super) fn insert_element(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        index: usize,
        element: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        if index > EntryRef::new(record).list().map_err(|_| WrongType)?.len() {
            return Ok(Outcome::Unchanged);
        }
        if let Some(bytes) = record.packed() {
            let at = packed::offset_of(bytes, index);
            let (before, after) = around(bytes, at, at);
            let new = with_element(head, key, packed::count(bytes) + 1, before, element, after);
            swap(record, new, effects);
            return Ok(Outcome::Added);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::List(list) = &mut entry.value else { return Err(WrongType) };
        list.insert(index, element);
        effects.undo_with(|| Undo::Inserted { key: key.into(), index });
        Ok(Outcome::Added)
    }

    /// Takes elements out, and the entry if none stays.
    pub(super) fn remove_elements(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        positions: Positions<'_>,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else { return Ok(Outcome::Unchanged) };
        let head = Head { version: effects.sequence, ..record.head() };
        let list = EntryRef::new(record).list().map_err(|_| WrongType)?;
        let len = list.len();
        let positions = positions.iter().take_while(|position| *position < len);
        let gone = positions.clone().count();
        if gone == 0 {
            return Ok(Outcome::Unchanged);
        }
        if gone == len {
            return Ok(self.remove(hash, key, effects));
        }
        if let Some(bytes) = record.packed() {
            let new = without_elements(head, key, bytes, len - gone, positions);
            swap(record, new, effects);
            return Ok(Outcome::Changed);
        }
        let elements = if effects.records_inverses() { list.pick(positions.clone()) } else { Vec::new() };
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        stamp(entry, effects);
        let LargeValue::List(list) = &mut entry.value else { return Err(WrongType) };
        match positions.clone().next() {
            Some(only) if gone == 1 => list.remove(only),
            _ => list.remove_all(positions),
        }
        effects.undo_with(|| Undo::Removed { key: key.into(), elements });
        Ok(Outcome::Changed)
    }

    /// Makes the key a list of these elements, whatever it was.
    pub(super) fn store_list(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        elements: Members<'_>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        let items = (DataType::List, elements.iter().count(), elements.as_bytes());
        self.store(hash, key, items, effects, |_| {
            let mut list = List::default();
            elements.iter().for_each(|element| list.push(End::Back, element));
            LargeValue::List(list)
        })
    }
}

/// The elements of a packed list before one offset and after another.
fn around(bytes: &[u8], start: usize, end: usize) -> (&[u8], &[u8]) {
    (bytes.get(1..start).unwrap_or_default(), bytes.get(end..).unwrap_or_default())
}

/// A record of an element between others, which stand behind their lengths: packed, or chunks once it outgrows the limits.
fn with_element(head: Head, key: &[u8], count: usize, before: &[u8], element: &[u8], after: &[u8]) -> Record {
    let bytes = 1 + before.len() + packed::packed_bytes(element) + after.len();
    if packed::fits(count, bytes) {
        let prefix = packed::prefix(element);
        return Record::pack(
            head,
            key,
            &[&packed::count_byte(count), before, prefix.as_slice(), element, after],
        );
    }
    let mut list = List::default();
    let elements = Elements::bare(before).chain([element]).chain(Elements::bare(after));
    elements.for_each(|element| list.push(End::Back, element));
    large(head, key, LargeValue::List(list))
}

/// A record of the packed list `bytes` without some of its elements, of which `count` are left.
fn without_elements(
    head: Head,
    key: &[u8],
    bytes: &[u8],
    count: usize,
    positions: impl Iterator<Item = usize>,
) -> Record {
    let mut positions = positions.peekable();
    let mut kept = packed::count_byte(count).to_vec();
    for (index, element) in Elements::new(bytes).enumerate() {
        if positions.next_if_eq(&index).is_none() {
            kept.extend_from_slice(packed::prefix(element).as_slice());
            kept.extend_from_slice(element);
        }
    }
    Record::pack(head, key, &[&kept])
}
