//! The keys that clients read.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::entropy::split_mix;
use crate::tracking::inbox::News;
use crate::tracking::tracker::TrackerState;

/// The clients that read one key.
pub(super) type Readers = SmallVec<[Arc<TrackerState>; 2]>;

/// Keys with those who read them. Each key has a place in a list, so that any one can be drawn.
#[derive(Debug, Default)]
pub(super) struct Table {
    places: HashMap<Arc<[u8]>, usize>,
    entries: Vec<(Arc<[u8]>, Readers)>,
    items: usize,
    random: u64,
}

impl Table {
    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many pairs of a key and a client there are.
    pub(super) fn items(&self) -> usize {
        self.items
    }

    pub(super) fn insert(&mut self, key: &[u8], client: &Arc<TrackerState>) {
        let place = match self.places.get(key) {
            Some(place) => *place,
            None => {
                let key: Arc<[u8]> = Arc::from(key);
                self.places.insert(Arc::clone(&key), self.entries.len());
                self.entries.push((key, Readers::new()));
                self.entries.len() - 1
            }
        };
        let Some((_, readers)) = self.entries.get_mut(place) else { return };
        if !readers.iter().any(|reader| Arc::ptr_eq(reader, client)) {
            readers.push(Arc::clone(client));
            self.items += 1;
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<(Arc<[u8]>, Readers)> {
        let place = *self.places.get(key)?;
        self.remove_at(place)
    }

    fn remove_at(&mut self, place: usize) -> Option<(Arc<[u8]>, Readers)> {
        if place >= self.entries.len() {
            return None;
        }
        let (key, readers) = self.entries.swap_remove(place);
        self.places.remove(&key);
        if let Some((moved, _)) = self.entries.get(place) {
            self.places.insert(Arc::clone(moved), place);
        }
        self.items -= readers.len();
        Some((key, readers))
    }

    /// Forgets up to `count` keys, drawn at random, until there are no more than `keys_max` (0: any number), and tells their
    /// readers. Whether that is so now.
    pub(super) fn shrink_to(&mut self, keys_max: usize, count: usize) -> bool {
        for _ in 0..count {
            if keys_max == 0 || self.len() <= keys_max {
                return true;
            }
            let random = split_mix(&mut self.random);
            // The remainder is smaller than a length.
            let place = usize::try_from(random % self.len() as u64).unwrap_or_default();
            if let Some((key, readers)) = self.remove_at(place) {
                readers.iter().for_each(|reader| reader.tell(News::Keys(vec![Arc::clone(&key)]), None));
            }
        }
        keys_max == 0 || self.len() <= keys_max
    }

    /// Forgets clients that are gone at the `count` places before `end`. Returns where to go on, 0 after the last.
    ///
    /// What takes the place of a key that goes comes from behind, where the sweep has been.
    pub(super) fn sweep(&mut self, end: usize, count: usize) -> usize {
        let end = end.min(self.len());
        let begin = end.saturating_sub(count);
        for place in (begin..end).rev() {
            let Some((_, readers)) = self.entries.get_mut(place) else { continue };
            let before = readers.len();
            readers.retain(|reader| reader.is_alive());
            self.items -= before - readers.len();
            if readers.is_empty() {
                self.remove_at(place);
            }
        }
        begin
    }

    /// Gives memory back that many more keys took.
    pub(super) fn give_back(&mut self) {
        if self.entries.capacity() > 2 * self.len() + 1024 {
            self.entries.shrink_to_fit();
            self.places.shrink_to_fit();
        }
    }
}
