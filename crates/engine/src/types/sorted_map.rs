//! Ordered maps in chunks that a copy shares until one of the two is changed.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use crate::memory::{SHARED_VEC_BYTES, Samples, allocated};

/// Items of one chunk: bounds what a change moves and what the first change behind a copy copies.
const CHUNK_ITEMS: usize = 128;

/// Items in the order of their keys. A lookup is two binary searches, a change moves inside one chunk, and a clone costs a
/// pointer for each chunk. Items that come in order fill their chunks.
#[derive(Debug, Clone)]
pub(crate) struct SortedMap<K, V> {
    chunks: VecDeque<Chunk<K, V>>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Chunk<K, V> {
    /// A lower bound of its keys, and above all keys of the chunk before.
    first: K,
    /// Never empty.
    items: Arc<Vec<(K, V)>>,
}

/// Where an item stands: its chunk and its place in it.
type Place = (usize, usize);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self { chunks: VecDeque::new(), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> SortedMap<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (chunk, place) = self.find(key)?;
        self.chunks.get(chunk)?.items.get(place).map(|(_, value)| value)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (chunk, place) = self.find(key)?;
        Arc::make_mut(&mut self.chunks.get_mut(chunk)?.items).get_mut(place).map(|(_, value)| value)
    }

    /// The item with the largest key.
    pub(crate) fn last(&self) -> Option<&(K, V)> {
        self.chunks.back()?.items.last()
    }

    /// The item with the largest key that is not above this one.
    pub(crate) fn floor(&self, key: &K) -> Option<&(K, V)> {
        let number = self.chunk_of(key)?;
        let items = &self.chunks.get(number)?.items;
        match items.partition_point(|(known, _)| known <= key).checked_sub(1) {
            Some(place) => items.get(place),
            // The bound of a chunk may lie below its first key.
            None => self.chunks.get(number.checked_sub(1)?)?.items.last(),
        }
    }

    /// Puts a value at a key. Returns the one that was there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Some(number) = self.chunk_of(&key).or_else(|| (!self.chunks.is_empty()).then_some(0)) else {
            self.chunks.push_back(Chunk::of(key, value));
            self.len = 1;
            return None;
        };
        let chunk = self.chunks.get_mut(number)?;
        let items = Arc::make_mut(&mut chunk.items);
        let place = match items.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => {
                let (_, old) = items.get_mut(place)?;
                return Some(std::mem::replace(old, value));
            }
            Err(place) => place,
        };
        self.len += 1;
        if key < chunk.first {
            chunk.first = key.clone();
        }
        if items.len() < CHUNK_ITEMS {
            items.insert(place, (key, value));
        } else if place == items.len() {
            self.chunks.insert(number + 1, Chunk::of(key, value));
        } else {
            let mut tail = items.split_off(CHUNK_ITEMS / 2);
            match place.checked_sub(items.len()) {
                Some(place) => tail.insert(place, (key, value)),
                None => items.insert(place, (key, value)),
            }
            if let Some(first) = tail.first().map(|(key, _)| key.clone()) {
                self.chunks.insert(number + 1, Chunk { first, items: Arc::new(tail) });
            }
        }
        None
    }

    /// Takes an item out.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (number, place) = self.find(key)?;
        let items = Arc::make_mut(&mut self.chunks.get_mut(number)?.items);
        let (_, value) = items.remove(place);
        self.len -= 1;
        if items.is_empty() {
            self.chunks.remove(number);
        } else {
            self.join(number);
            if let Some(before) = number.checked_sub(1) {
                self.join(before);
            }
        }
        Some(value)
    }

    /// The items whose keys lie in a range, in order from either end.
    pub(crate) fn range<R: RangeBounds<K>>(
        &self,
        keys: R,
    ) -> impl DoubleEndedIterator<Item = &(K, V)> + Clone + use<'_, K, V, R> {
        let start = match keys.start_bound() {
            Bound::Unbounded => (0, 0),
            Bound::Included(key) => self.place(key, |known| known < key),
            Bound::Excluded(key) => self.place(key, |known| known <= key),
        };
        let end = match keys.end_bound() {
            Bound::Unbounded => (self.chunks.len(), 0),
            Bound::Included(key) => self.place(key, |known| known <= key),
            Bound::Excluded(key) => self.place(key, |known| known < key),
        };
        let last = end.0 + usize::from(end.1 > 0);
        let chunks = self.chunks.range(start.0.min(last)..last).enumerate();
        chunks.flat_map(move |(index, chunk)| {
            let number = start.0 + index;
            let from = if number == start.0 { start.1 } else { 0 };
            let to = if number == end.0 { end.1 } else { chunk.items.len() };
            chunk.items.get(from..to).unwrap_or_default()
        })
    }

    /// All items in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &(K, V)> + Clone {
        self.chunks.iter().flat_map(|chunk| chunk.items.iter())
    }

    /// Bytes that it takes, given what an item owns outside of itself.
    pub(crate) fn memory_bytes(&self, samples: Samples, outside: impl Fn(&K, &V) -> usize) -> usize {
        let chunks = self
            .chunks
            .iter()
            .map(|chunk| SHARED_VEC_BYTES + allocated(chunk.items.capacity() * size_of::<(K, V)>()));
        let items = self.iter().map(|(key, value)| outside(key, value));
        allocated(self.chunks.capacity() * size_of::<Chunk<K, V>>())
            + samples.sum(self.chunks.len(), chunks)
            + samples.sum(self.len, items)
    }

    /// Panics where its parts do not agree.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        assert_eq!(self.iter().count(), self.len);
        assert!(self.iter().zip(self.iter().skip(1)).all(|(a, b)| a.0 < b.0), "keys are in order");
        assert!(
            self.chunks.iter().all(|chunk| chunk.items.first().is_some_and(|(key, _)| chunk.first <= *key))
        );
        let firsts = self.chunks.iter().skip(1).zip(&self.chunks);
        assert!(firsts.into_iter().all(|(next, chunk)| chunk.items.last().unwrap().0 < next.first));
    }

    /// The chunk that a key belongs to. None if it lies before all of them.
    fn chunk_of<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.chunks.partition_point(|chunk| chunk.first.borrow() <= key).checked_sub(1)
    }

    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<Place>
    where
        K: Borrow<Q>,
    {
        let number = self.chunk_of(key)?;
        let place =
            self.chunks.get(number)?.items.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()?;
        Some((number, place))
    }

    /// The first place that is not before a key, as `is_before` has it.
    fn place(&self, key: &K, is_before: impl Fn(&K) -> bool) -> Place {
        let number = self.chunk_of(key).unwrap_or(0);
        let place =
            self.chunks.get(number).map(|chunk| chunk.items.partition_point(|(known, _)| is_before(known)));
        (number, place.unwrap_or(0))
    }

    /// Makes one chunk of this one and the next, if both together are at most half full.
    fn join(&mut self, number: usize) {
        let (Some(chunk), Some(next)) = (self.chunks.get(number), self.chunks.get(number + 1)) else {
            return;
        };
        if chunk.items.len() + next.items.len() <= CHUNK_ITEMS / 2
            && let Some(next) = self.chunks.remove(number + 1)
            && let Some(chunk) = self.chunks.get_mut(number)
        {
            Arc::make_mut(&mut chunk.items).extend(Arc::unwrap_or_clone(next.items));
        }
    }
}

impl<K: Clone, V> Chunk<K, V> {
    fn of(key: K, value: V) -> Self {
        Self { first: key.clone(), items: Arc::new(vec![(key, value)]) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map(steps in proptest::collection::vec((any::<bool>(), 0u16..400, any::<u8>()), 0..600), rising: bool) {
            let (mut map, mut model) = (SortedMap::default(), BTreeMap::new());
            let mut old = None;
            for (at, (inserts, key, value)) in steps.into_iter().enumerate() {
                let key = if rising && inserts { u16::try_from(at).unwrap() } else { key };
                if inserts {
                    prop_assert_eq!(map.insert(key, value), model.insert(key, value));
                } else {
                    prop_assert_eq!(map.remove(&key), model.remove(&key));
                }
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert_eq!(map.floor(&key).map(|(key, _)| key), model.range(..=key).next_back().map(|(key, _)| key));
                if at == 300 {
                    old = Some((map.clone(), model.clone()));
                }
            }
            map.check();
            prop_assert!(map.iter().map(|(key, value)| (key, value)).eq(&model));
            prop_assert!(map.iter().rev().map(|(key, value)| (key, value)).eq(model.iter().rev()));
            for (start, end) in [(0, 400), (10, 10), (57, 300), (390, 500)] {
                let inside = |range: (Bound<u16>, Bound<u16>)| {
                    let found: Vec<_> = map.range(range).map(|(key, _)| *key).collect();
                    let back: Vec<_> = map.range(range).rev().map(|(key, _)| *key).collect();
                    let expected: Vec<_> = model.range(range).map(|(key, _)| *key).collect();
                    assert_eq!(found, expected);
                    assert!(back.iter().eq(expected.iter().rev()));
                };
                inside((Bound::Included(start), Bound::Included(end)));
                inside((Bound::Excluded(start), Bound::Unbounded));
                inside((Bound::Unbounded, Bound::Excluded(end)));
            }
            if let Some((map, model)) = old {
                prop_assert!(map.iter().map(|(key, value)| (key, value)).eq(&model), "a copy keeps what it had");
            }
        }
    }
}
