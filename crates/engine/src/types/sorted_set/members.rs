//! The members of a large sorted set, each with its score, under ids that stay.

use std::sync::Arc;

use crate::buckets::KeySource;

/// Members per chunk, so that the list never regrows as a whole, and a write to a shared chunk copies this much.
const CHUNK_MEMBERS: usize = 512;

/// Members by id. Ids of removed members are given out again. A clone shares the chunks until either changes them.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    chunks: Vec<Arc<Vec<Slot>>>,
    slot_count: u32,
    /// The head of the list of free slots.
    free: Option<u32>,
}

#[derive(Debug, Clone)]
enum Slot {
    /// The score, little endian, and the member in one allocation.
    Taken(Box<[u8]>),
    /// The next free slot.
    Free(Option<u32>),
}

const _: () = assert!(size_of::<Slot>() == 16, "a slot is no larger than what points to a member");

impl Members {
    pub(super) fn insert(&mut self, score: f64, member: &[u8]) -> u32 {
        let taken = Slot::Taken([&score.to_le_bytes(), member].concat().into_boxed_slice());
        if let Some(id) = self.free {
            self.free = match self.slot(id) {
                Some(Slot::Free(next)) => *next,
                Some(Slot::Taken(_)) | None => None,
            };
            self.set_slot(id, taken);
            return id;
        }
        let id = self.slot_count;
        self.slot_count = id.checked_add(1).expect("2^32 members need more memory than there is");
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK_MEMBERS => Arc::make_mut(chunk).push(taken),
            Some(_) => {
                let mut chunk = Vec::with_capacity(CHUNK_MEMBERS);
                chunk.push(taken);
                self.chunks.push(Arc::new(chunk));
            }
            // The first chunk grows as it fills: most sorted sets end within it.
            None => self.chunks.push(Arc::new(vec![taken])),
        }
        id
    }

    pub(super) fn remove(&mut self, id: u32) {
        self.set_slot(id, Slot::Free(self.free));
        self.free = Some(id);
    }

    pub(super) fn get(&self, id: u32) -> (&[u8], f64) {
        match self.slot(id) {
            Some(Slot::Taken(bytes)) => {
                let (score, member) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
                (member, f64::from_le_bytes(*score))
            }
            Some(Slot::Free(_)) | None => (&[], 0.0),
        }
    }

    pub(super) fn set_score(&mut self, id: u32, score: f64) {
        if let Some(Slot::Taken(bytes)) = self.slot_mut(id)
            && let Some(place) = bytes.first_chunk_mut::<8>()
        {
            *place = score.to_le_bytes();
        }
    }

    #[cfg(test)]
    pub(super) fn slot_count(&self) -> u32 {
        self.slot_count
    }

    fn slot(&self, id: u32) -> Option<&Slot> {
        let id = id as usize;
        self.chunks.get(id / CHUNK_MEMBERS)?.get(id % CHUNK_MEMBERS)
    }

    fn slot_mut(&mut self, id: u32) -> Option<&mut Slot> {
        let id = id as usize;
        Arc::make_mut(self.chunks.get_mut(id / CHUNK_MEMBERS)?).get_mut(id % CHUNK_MEMBERS)
    }

    fn set_slot(&mut self, id: u32, new: Slot) {
        if let Some(slot) = self.slot_mut(id) {
            *slot = new;
        }
    }
}

impl KeySource<u32> for Members {
    #[inline]
    fn key<'a>(&'a self, id: &'a u32) -> &'a [u8] {
        self.get(*id).0
    }
}
