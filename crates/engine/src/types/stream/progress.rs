//! How far readers are, by counts alone. Entries that were taken out from among others leave gaps, and make it unknown.

use std::cmp::Ordering;

use super::{Group, StreamHead, StreamId, StreamRef};

/// The counts of a stream at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    head: StreamHead,
    len: u64,
    first_id: StreamId,
}

impl StreamRef<'_> {
    /// Its counts.
    #[must_use]
    pub fn progress(self) -> Progress {
        let first_id = self.first().map_or(StreamId::MIN, |entry| entry.id);
        Progress::new(self.head(), self.len() as u64, first_id)
    }
}

impl Progress {
    /// Those of a stream that has this head and that many entries from `first_id` on.
    pub(crate) fn new(head: StreamHead, len: u64, first_id: StreamId) -> Self {
        Self { head, len, first_id }
    }

    /// How many entries a group has read, of which this was known, once it is given the entry `id` behind `last_id`.
    #[must_use]
    pub fn advanced(self, entries_read: Option<u64>, last_id: StreamId, id: StreamId) -> Option<u64> {
        match entries_read {
            Some(read) if last_id >= self.first_id && !self.has_gap_behind(last_id) => Some(read + 1),
            _ => self.entries_up_to(id),
        }
    }

    /// How many entries a group has yet to be given, as far as this is known.
    #[must_use]
    pub fn lag(self, group: &Group) -> Option<u64> {
        let read = match group.entries_read {
            _ if self.head.entries_added == 0 => Some(0),
            Some(read) if group.last_id >= self.first_id && !self.has_gap_behind(group.last_id) => Some(read),
            _ => self.entries_up_to(group.last_id),
        };
        read.map(|read| self.head.entries_added.saturating_sub(read))
    }

    /// How many entries there ever were up to an id, as far as this follows from the counts.
    pub(crate) fn entries_up_to(self, id: StreamId) -> Option<u64> {
        let added = self.head.entries_added;
        if added == 0 {
            return Some(0);
        }
        if self.len == 0 && id <= self.head.last_id {
            return Some(added);
        }
        // What was taken out before the first entry leaves no gap.
        let has_gaps = self.head.max_deleted_id > StreamId::MIN && self.head.max_deleted_id >= self.first_id;
        if id > StreamId::MIN && id < self.head.max_deleted_id && has_gaps {
            return None;
        }
        match id.cmp(&self.head.last_id) {
            Ordering::Equal => return Some(added),
            Ordering::Greater => return None,
            Ordering::Less => {}
        }
        let before_first = added.saturating_sub(self.len);
        match id.cmp(&self.first_id) {
            _ if has_gaps => None,
            Ordering::Less => Some(before_first),
            Ordering::Equal => Some(before_first + 1),
            Ordering::Greater => None,
        }
    }

    /// Whether an entry was taken out from among those from `id` on.
    fn has_gap_behind(self, id: StreamId) -> bool {
        let deleted_id = self.head.max_deleted_id;
        self.len > 0 && deleted_id > StreamId::MIN && deleted_id >= self.first_id && id <= deleted_id
    }
}
