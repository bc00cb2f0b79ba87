//! Mutations of lists.

use super::{Outcome, WrongType, large, new_head, stamp, swap};
use crate::cx::End;
use crate::entry::{EntryRef, Head, LargeValue, Record};
use crate::hash::KeyHash;
use crate::keyspace::{Effects, Shard};
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
            let record = with_element(new_head(DataType::List, effects), key, &[0], end, element);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::List {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let new = with_element(head, key, bytes, end, element);
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
}

/// A record of the packed list `bytes` with one more element; chunks once it outgrows its limits.
fn with_element(head: Head, key: &[u8], bytes: &[u8], end: End, element: &[u8]) -> Record {
    let count = packed::count(bytes) + 1;
    let len = packed::prefix(element);
    if packed::fits(count, bytes.len() + len.as_slice().len() + element.len()) {
        let (count, old) = (packed::count_byte(count), bytes.get(1..).unwrap_or_default());
        let parts: [&[u8]; 4] = match end {
            End::Front => [&count, len.as_slice(), element, old],
            End::Back => [&count, old, len.as_slice(), element],
        };
        return Record::pack(head, key, &parts);
    }
    let mut list = List::default();
    Elements::new(bytes).for_each(|element| list.push(End::Back, element));
    list.push(end, element);
    large(head, key, LargeValue::List(list))
}
