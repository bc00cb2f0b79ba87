//! Consumer groups: who was given which entries, and has not said that it is done with them.

use std::sync::Arc;

use super::StreamId;
use crate::memory::{Samples, allocated};
use crate::time::Milliseconds;
use crate::types::sorted_map::SortedMap;

/// The name of a group or of a consumer.
pub(super) type Name = Arc<[u8]>;

/// Bytes of the counts in front of a name.
const NAME_COUNTS_BYTES: usize = 16;

/// A consumer group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The last entry that was given out.
    pub last_id: StreamId,
    /// How many entries were given out, as far as this is known: entries that went unread make it unknown.
    pub entries_read: Option<u64>,
    pub(super) pending: SortedMap<StreamId, Pending>,
    pub(super) consumers: SortedMap<Name, Consumer>,
}

/// An entry that was given to a consumer, who has not acknowledged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub(super) consumer: Name,
    /// When it was given out last.
    pub delivered_at_ms: Milliseconds,
    /// How often it was given out.
    pub deliveries: u64,
}

/// A member of a group.
#[derive(Debug, Clone, Default)]
pub struct Consumer {
    /// When it last did anything.
    pub seen_at_ms: Milliseconds,
    /// When it last got an entry.
    pub active_at_ms: Option<Milliseconds>,
    pub(super) pending: SortedMap<StreamId, ()>,
}

impl Pending {
    /// Whose it is.
    #[must_use]
    pub fn consumer(&self) -> &[u8] {
        &self.consumer
    }
}

impl Consumer {
    /// How many entries it was given and has not acknowledged.
    #[must_use]
    pub fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// The ids of these entries from `start` on, in order.
    pub fn pending_from(&self, start: StreamId) -> impl Iterator<Item = StreamId> + Clone {
        self.pending.range(start..).map(|(id, ())| *id)
    }
}

impl Group {
    /// How many entries its consumers were given and have not acknowledged.
    #[must_use]
    pub fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// What is known of one of these entries.
    #[must_use]
    pub fn pending(&self, id: StreamId) -> Option<&Pending> {
        self.pending.get(&id)
    }

    /// These entries from `start` to `end`, both included, in order.
    pub fn pending_range(
        &self,
        start: StreamId,
        end: StreamId,
    ) -> impl DoubleEndedIterator<Item = (StreamId, &Pending)> + Clone {
        // Nothing lies between bounds that cross.
        let end =
            if start <= end { std::ops::Bound::Included(end) } else { std::ops::Bound::Excluded(start) };
        self.pending.range((std::ops::Bound::Included(start), end)).map(|(id, pending)| (*id, pending))
    }

    /// Whether it was given this entry and waits for it no more.
    #[must_use]
    pub fn is_done(&self, id: StreamId) -> bool {
        id <= self.last_id && self.pending(id).is_none()
    }

    /// The number of consumers.
    #[must_use]
    pub fn consumer_count(&self) -> usize {
        self.consumers.len()
    }

    /// A consumer.
    #[must_use]
    pub fn consumer(&self, name: &[u8]) -> Option<&Consumer> {
        self.consumers.get(name)
    }

    /// All consumers in the order of their names.
    pub fn consumers(&self) -> impl Iterator<Item = (&[u8], &Consumer)> + Clone {
        self.consumers.iter().map(|(name, consumer)| (&**name, consumer))
    }

    /// Makes an entry pending with a consumer, which is there. Returns what was known of it.
    pub(super) fn set_pending(&mut self, id: StreamId, pending: Pending) -> Option<Pending> {
        let name = Arc::clone(&pending.consumer);
        let old = self.pending.insert(id, pending);
        match &old {
            Some(old) if old.consumer == name => return Some(old.clone()),
            Some(old) => self.release(&old.consumer, id),
            None => {}
        }
        if let Some(consumer) = self.consumers.get_mut(&name) {
            consumer.pending.insert(id, ());
        }
        old
    }

    /// Makes an entry pending no more. Returns what was known of it.
    pub(super) fn remove_pending(&mut self, id: StreamId) -> Option<Pending> {
        let old = self.pending.remove(&id)?;
        self.release(&old.consumer, id);
        Some(old)
    }

    fn release(&mut self, consumer: &Name, id: StreamId) {
        if let Some(consumer) = self.consumers.get_mut(consumer) {
            consumer.pending.remove(&id);
        }
    }

    /// Removes a consumer and what is pending with it.
    pub(super) fn remove_consumer(&mut self, name: &[u8]) -> Option<Consumer> {
        let consumer = self.consumers.remove(name)?;
        for (id, ()) in consumer.pending.iter() {
            self.pending.remove(id);
        }
        Some(consumer)
    }

    /// Bytes that it takes outside of itself.
    pub(super) fn memory_bytes(&self, samples: Samples) -> usize {
        let of_consumer = |name: &Name, consumer: &Consumer| {
            allocated(NAME_COUNTS_BYTES + name.len()) + consumer.pending.memory_bytes(samples, |_, ()| 0)
        };
        self.pending.memory_bytes(samples, |_, _| 0) + self.consumers.memory_bytes(samples, of_consumer)
    }

    /// Panics where its parts do not agree.
    #[cfg(test)]
    pub(super) fn check(&self) {
        self.pending.check();
        self.consumers.check();
        let mut owned = 0;
        for (name, consumer) in self.consumers.iter() {
            consumer.pending.check();
            owned += consumer.pending.len();
            for (id, ()) in consumer.pending.iter() {
                assert_eq!(self.pending.get(id).map(|pending| &pending.consumer), Some(name));
            }
        }
        assert_eq!(owned, self.pending.len());
    }
}
