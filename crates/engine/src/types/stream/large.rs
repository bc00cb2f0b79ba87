//! A stream that is not packed.

use std::sync::Arc;

use super::block::StreamEntry;
use super::entries::Entries;
use super::group::{Consumer, Group, Name, Pending};
use super::packed::PackedStream;
use super::{Bounds, StreamHead, StreamId, StreamRef};
use crate::limits::{PACKED_BYTES_MAX, PACKED_COUNT_MAX};
use crate::memory::{Samples, allocated};
use crate::time::Milliseconds;
use crate::types::sorted_map::SortedMap;

/// Entries, and the groups that read them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    head: StreamHead,
    entries: Entries,
    groups: SortedMap<Name, Group>,
}

/// What becomes of entries that are pending when they are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum References {
    /// They stay pending.
    #[default]
    Kept,
    /// They are pending no more.
    Dropped,
    /// Only entries are taken out that every group was given and none waits for.
    None,
}

/// The inverse of one step.
#[derive(Debug)]
pub(crate) enum StreamUndo {
    /// The head was this.
    Head(StreamHead),
    /// An entry was added.
    Added(StreamHead),
    /// Head and entries were these.
    Entries(Box<(StreamHead, EntriesBefore)>),
    /// There was this group of that name, or none.
    Group(Box<[u8]>, Option<Box<Group>>),
    /// A group had this last id, and had read that many entries.
    GroupHead(Box<[u8]>, StreamId, Option<u64>),
    /// A group had this consumer with these times, or not.
    Consumer(Box<[u8]>, Box<[u8]>, Option<(Milliseconds, Option<Milliseconds>)>),
    /// A group knew this of these entries.
    Pending(Box<[u8]>, Vec<(StreamId, Option<Pending>)>),
}

/// The entries that a stream had.
#[derive(Debug)]
pub(crate) struct EntriesBefore(Entries);

/// The inverses of steps, if anyone wants them.
#[derive(Debug, Default)]
pub(crate) struct StreamInverses(Option<Vec<StreamUndo>>);

impl StreamInverses {
    /// Where inverses are kept or not.
    pub(crate) fn new(are_kept: bool) -> Self {
        Self(are_kept.then(Vec::new))
    }

    /// Those that were kept, to be undone last first.
    pub(crate) fn into_steps(self) -> Vec<StreamUndo> {
        self.0.unwrap_or_default()
    }

    fn note(&mut self, inverse: impl FnOnce() -> StreamUndo) {
        if let Some(steps) = &mut self.0 {
            steps.push(inverse());
        }
    }
}

impl Stream {
    /// The stream that is packed in `bytes`.
    pub(crate) fn unpacked(bytes: &[u8]) -> Self {
        let PackedStream { head, count, base, block } = PackedStream::new(bytes);
        Self { head, entries: Entries::of_block(base, count, block), groups: SortedMap::default() }
    }

    /// The packed form, if it is small and has no groups.
    pub(crate) fn packed(&self) -> Option<Vec<u8>> {
        let head = self.head;
        let (base, count, block) = match self.entries.len() {
            0 => (StreamId::MIN, 0, &[][..]),
            _ => self.entries.only_block()?,
        };
        let is_small = count <= PACKED_COUNT_MAX && block.len() <= PACKED_BYTES_MAX;
        (is_small && self.groups.is_empty()).then(|| PackedStream { head, count, base, block }.encode())
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn head(&self) -> StreamHead {
        self.head
    }

    pub(super) fn block_count(&self) -> usize {
        self.entries.block_count()
    }

    /// The number of parts that freeing it frees one by one.
    pub(crate) fn part_count(&self) -> usize {
        let of_groups = self.groups.iter().map(|(_, group)| group.consumer_count() + group.pending_count());
        self.entries.block_count() + of_groups.sum::<usize>()
    }

    /// Bytes that it takes outside of itself.
    pub(crate) fn memory_bytes(&self, samples: Samples) -> usize {
        let groups = self
            .groups
            .memory_bytes(samples, |name, group| allocated(16 + name.len()) + group.memory_bytes(samples));
        self.entries.memory_bytes(samples) + groups
    }

    pub(super) fn get(&self, id: StreamId) -> Option<StreamEntry<'_>> {
        self.entries.get(id)
    }

    pub(super) fn range(&self, bounds: Bounds) -> impl Iterator<Item = StreamEntry<'_>> + Clone {
        self.entries.range(bounds)
    }

    pub(super) fn range_back(&self, bounds: Bounds) -> impl Iterator<Item = StreamEntry<'_>> + Clone {
        self.entries.range_back(bounds)
    }

    pub(super) fn group_count(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.get(name)
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (&[u8], &Group)> + Clone {
        self.groups.iter().map(|(name, group)| (&**name, group))
    }

    /// Sets the head.
    pub(crate) fn set_head(&mut self, head: StreamHead, inverses: &mut StreamInverses) {
        let old = std::mem::replace(&mut self.head, head);
        inverses.note(|| StreamUndo::Head(old));
    }

    /// Adds an entry. False if its id is not above all there were. Its fields are names and values in turn, each behind its
    /// length.
    pub(crate) fn add(&mut self, id: StreamId, words: &[u8], inverses: &mut StreamInverses) -> bool {
        if id <= self.head.last_id {
            return false;
        }
        inverses.note(|| StreamUndo::Added(self.head));
        self.entries.push(id, words);
        self.head.last_id = id;
        self.head.entries_added = self.head.entries_added.saturating_add(1);
        true
    }

    /// Takes entries out from among others, and makes them pending no more if `references` says so. Whether any of them was
    /// there in either way.
    pub(crate) fn delete(
        &mut self,
        ids: impl Iterator<Item = StreamId> + Clone,
        references: References,
        inverses: &mut StreamInverses,
    ) -> bool {
        let were_pending = references == References::Dropped && self.drop_references(&ids, inverses);
        let mut ids =
            ids.filter(|id| self.entries.get(*id).is_some()).collect::<Vec<_>>().into_iter().peekable();
        if ids.peek().is_none() {
            return were_pending;
        }
        self.note_entries(inverses);
        for id in ids {
            self.entries.remove(id);
            self.head.max_deleted_id = self.head.max_deleted_id.max(id);
        }
        true
    }

    /// Takes the first entries out. Whether there were any.
    pub(crate) fn trim(
        &mut self,
        count: usize,
        references: References,
        inverses: &mut StreamInverses,
    ) -> bool {
        if count == 0 || self.entries.len() == 0 {
            return false;
        }
        let first_ids =
            |stream: &Self| stream.range(Bounds::ALL).map(|entry| entry.id).take(count).collect::<Vec<_>>();
        match references {
            References::Kept => {}
            References::Dropped if self.groups.is_empty() => {}
            References::Dropped => {
                let ids = first_ids(self);
                self.drop_references(&ids.into_iter(), inverses);
            }
            References::None => return self.trim_done(count, inverses),
        }
        self.note_entries(inverses);
        self.entries.remove_first(count);
        true
    }

    /// Takes the first entries out that no group needs. Whether there were any.
    fn trim_done(&mut self, count: usize, inverses: &mut StreamInverses) -> bool {
        let stream = StreamRef::large(self);
        let ids = self.range(Bounds::ALL).map(|entry| entry.id).filter(|id| stream.is_done(*id));
        let ids: Vec<_> = ids.take(count).collect();
        if ids.is_empty() {
            return false;
        }
        self.note_entries(inverses);
        for id in ids {
            self.entries.remove(id);
        }
        true
    }

    /// Makes entries pending no more in any group. Whether any was.
    fn drop_references(
        &mut self,
        ids: &(impl Iterator<Item = StreamId> + Clone),
        inverses: &mut StreamInverses,
    ) -> bool {
        let names: Vec<Name> = self.groups.iter().map(|(name, _)| Arc::clone(name)).collect();
        let mut any = false;
        for name in &names {
            any |= self.acknowledge(name, ids.clone(), inverses);
        }
        any
    }

    fn note_entries(&self, inverses: &mut StreamInverses) {
        inverses.note(|| StreamUndo::Entries(Box::new((self.head, EntriesBefore(self.entries.clone())))));
    }

    /// Makes a group, or sets how far it is. Whether anything changed.
    pub(crate) fn set_group(
        &mut self,
        name: &[u8],
        last_id: StreamId,
        entries_read: Option<u64>,
        inverses: &mut StreamInverses,
    ) -> bool {
        match self.groups.get_mut(name) {
            Some(group) => {
                let old = (group.last_id, group.entries_read);
                (group.last_id, group.entries_read) = (last_id, entries_read);
                inverses.note(|| StreamUndo::GroupHead(name.into(), old.0, old.1));
                old != (last_id, entries_read)
            }
            None => {
                self.groups.insert(name.into(), Group { last_id, entries_read, ..Group::default() });
                inverses.note(|| StreamUndo::Group(name.into(), None));
                true
            }
        }
    }

    /// Removes a group. Whether it was there.
    pub(crate) fn remove_group(&mut self, name: &[u8], inverses: &mut StreamInverses) -> bool {
        let Some(group) = self.groups.remove(name) else { return false };
        inverses.note(|| StreamUndo::Group(name.into(), Some(Box::new(group))));
        true
    }

    /// Makes a consumer, or sets its times. Whether anything changed.
    pub(crate) fn set_consumer(
        &mut self,
        group_name: &[u8],
        name: &[u8],
        times: (Milliseconds, Option<Milliseconds>),
        inverses: &mut StreamInverses,
    ) -> bool {
        let Some(group) = self.groups.get_mut(group_name) else { return false };
        let old = match group.consumers.get_mut(name) {
            Some(consumer) => {
                let old = (consumer.seen_at_ms, consumer.active_at_ms);
                (consumer.seen_at_ms, consumer.active_at_ms) = times;
                Some(old)
            }
            None => {
                let consumer = Consumer { seen_at_ms: times.0, active_at_ms: times.1, ..Consumer::default() };
                group.consumers.insert(name.into(), consumer);
                None
            }
        };
        inverses.note(|| StreamUndo::Consumer(group_name.into(), name.into(), old));
        old != Some(times)
    }

    /// Removes a consumer and what is pending with it. Whether it was there.
    pub(crate) fn remove_consumer(
        &mut self,
        group_name: &[u8],
        name: &[u8],
        inverses: &mut StreamInverses,
    ) -> bool {
        let Some(group) = self.groups.get_mut(group_name).filter(|group| group.consumer(name).is_some())
        else {
            return false;
        };
        inverses.note(|| StreamUndo::Group(group_name.into(), Some(Box::new(group.clone()))));
        group.remove_consumer(name);
        true
    }

    /// Makes entries pending with a consumer, each with when it was given out last, and how often. Whether there were any; the
    /// consumer has to be there.
    pub(crate) fn set_pending(
        &mut self,
        group_name: &[u8],
        consumer: &[u8],
        entries: impl Iterator<Item = (StreamId, Milliseconds, u64)>,
        inverses: &mut StreamInverses,
    ) -> bool {
        let Some(group) = self.groups.get_mut(group_name).filter(|group| group.consumer(consumer).is_some())
        else {
            return false;
        };
        let name: Name = consumer.into();
        let before = entries.map(|(id, delivered_at_ms, deliveries)| {
            (id, group.set_pending(id, Pending { consumer: Arc::clone(&name), delivered_at_ms, deliveries }))
        });
        changed_pending(group_name, before, inverses)
    }

    /// Gives a consumer, made if absent, all entries behind the last one that its group was given, up to `last_id`. Whether the
    /// group is there.
    pub(crate) fn deliver(
        &mut self,
        group_name: &[u8],
        consumer: &[u8],
        (last_id, entries_read): (StreamId, Option<u64>),
        now_ms: Milliseconds,
        inverses: &mut StreamInverses,
    ) -> bool {
        if self.group(group_name).is_none() {
            return false;
        }
        self.set_consumer(group_name, consumer, (now_ms, Some(now_ms)), inverses);
        if let Some(group) = self.groups.get_mut(group_name)
            && let Some(bounds) = Bounds::behind(group.last_id)
        {
            let name: Name = consumer.into();
            let before = self.entries.range(Bounds { end: last_id, ..bounds }).map(|entry| {
                let pending = Pending { consumer: Arc::clone(&name), delivered_at_ms: now_ms, deliveries: 1 };
                (entry.id, group.set_pending(entry.id, pending))
            });
            changed_pending(group_name, before, inverses);
        }
        self.set_group(group_name, last_id, entries_read, inverses);
        true
    }

    /// Makes entries pending no more. Whether any was.
    pub(crate) fn acknowledge(
        &mut self,
        group_name: &[u8],
        ids: impl Iterator<Item = StreamId>,
        inverses: &mut StreamInverses,
    ) -> bool {
        let Some(group) = self.groups.get_mut(group_name) else { return false };
        let before = ids.filter_map(|id| group.remove_pending(id).map(|old| (id, Some(old))));
        changed_pending(group_name, before, inverses)
    }

    /// Takes a step back.
    pub(crate) fn undo(&mut self, step: StreamUndo) {
        match step {
            StreamUndo::Head(head) => self.head = head,
            StreamUndo::Added(head) => {
                self.entries.remove(self.head.last_id);
                self.head = head;
            }
            StreamUndo::Entries(before) => (self.head, EntriesBefore(self.entries)) = *before,
            StreamUndo::Group(name, Some(group)) => {
                self.groups.insert((&*name).into(), *group);
            }
            StreamUndo::Group(name, None) => {
                self.groups.remove(&*name);
            }
            StreamUndo::GroupHead(name, last_id, entries_read) => {
                self.set_group(&name, last_id, entries_read, &mut StreamInverses::default());
            }
            StreamUndo::Consumer(group, name, Some(times)) => {
                self.set_consumer(&group, &name, times, &mut StreamInverses::default());
            }
            StreamUndo::Consumer(group, name, None) => {
                self.remove_consumer(&group, &name, &mut StreamInverses::default());
            }
            StreamUndo::Pending(name, before) => {
                let Some(group) = self.groups.get_mut(&*name) else { return };
                for (id, pending) in before.into_iter().rev() {
                    match pending {
                        Some(pending) => group.set_pending(id, pending),
                        None => group.remove_pending(id),
                    };
                }
            }
        }
    }

    /// Panics where its parts do not agree.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        self.entries.check();
        self.groups.check();
        self.groups.iter().for_each(|(_, group)| group.check());
    }
}

/// Runs through changes of what is pending, each with what was known before. Whether there were any.
fn changed_pending(
    group: &[u8],
    mut before: impl Iterator<Item = (StreamId, Option<Pending>)>,
    inverses: &mut StreamInverses,
) -> bool {
    let Some(first) = before.next() else { return false };
    match &mut inverses.0 {
        Some(steps) => {
            steps.push(StreamUndo::Pending(group.into(), std::iter::once(first).chain(before).collect()))
        }
        None => before.for_each(drop),
    }
    true
}
