//! The members of a large sorted set, each with its score, under ids that stay.

use crate::buckets::KeySource;
use crate::chunk::Chunks;

/// Members per chunk: 8 KiB.
const CHUNK_MEMBERS: usize = 512;

/// Members by id. Ids of removed members are given out again.
#[derive(Debug, Clone)]
pub(super) struct Members {
    slots: Chunks<Slot, CHUNK_MEMBERS>,
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
    pub(super) const fn new() -> Self {
        Self { slots: Chunks::new(), free: None }
    }

    /// A copy that shares the members until either changes them.
    pub(super) fn share(&mut self) -> Self {
        Self { slots: self.slots.share(), free: self.free }
    }

    pub(super) fn insert(&mut self, score: f64, member: &[u8]) -> u32 {
        let taken = Slot::Taken([&score.to_le_bytes(), member].concat().into_boxed_slice());
        if let Some(id) = self.free {
            self.free = match self.slots.get(id as usize) {
                Some(Slot::Free(next)) => *next,
                Some(Slot::Taken(_)) | None => None,
            };
            self.set_slot(id, taken);
            return id;
        }
        let id = u32::try_from(self.slots.len()).expect("2^32 members need more memory than there is");
        self.slots.push(taken);
        id
    }

    pub(super) fn remove(&mut self, id: u32) {
        self.set_slot(id, Slot::Free(self.free));
        self.free = Some(id);
    }

    pub(super) fn get(&self, id: u32) -> (&[u8], f64) {
        match self.slots.get(id as usize) {
            Some(Slot::Taken(bytes)) => {
                let (score, member) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
                (member, f64::from_le_bytes(*score))
            }
            Some(Slot::Free(_)) | None => (&[], 0.0),
        }
    }

    pub(super) fn set_score(&mut self, id: u32, score: f64) {
        if let Some(Slot::Taken(bytes)) = self.slots.get_mut(id as usize)
            && let Some(place) = bytes.first_chunk_mut::<8>()
        {
            *place = score.to_le_bytes();
        }
    }

    #[cfg(test)]
    pub(super) fn slot_count(&self) -> usize {
        self.slots.len()
    }

    fn set_slot(&mut self, id: u32, new: Slot) {
        if let Some(slot) = self.slots.get_mut(id as usize) {
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
