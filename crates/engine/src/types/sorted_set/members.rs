//! The members of a large sorted set, each with its score, in pages of bytes under ids that stay.
//!
//! A block is the score (8 bytes), the length of the member (2) and the member, all little endian. It begins at a multiple
//! of 8 bytes, and its place divided by 8 is its id. A long member lies apart; its block has its number there. Free blocks
//! stand in a list for each size, and are given out again for that size.

use crate::buckets::KeySource;
use crate::chunk::Chunks;
use crate::memory::{Samples, allocated};

/// Bytes of a page, which is the unit that copies share.
const PAGE_BYTES: usize = 8 * 1024;

/// Bytes per id: 32 bits reach 32 GiB of members.
const UNIT_BYTES: usize = 8;

/// Units of the largest block.
const UNITS_MAX: usize = 64;

const SCORE_BYTES: usize = 8;
const HEAD_BYTES: usize = SCORE_BYTES + 2;

/// Instead of a length: the member lies apart.
const APART: u16 = u16::MAX;

/// The end of a list of free blocks.
const NONE: u32 = u32::MAX;

/// Long members per chunk.
const CHUNK_APART: usize = 64;

/// Members by id.
#[derive(Debug, Clone)]
pub(super) struct Members {
    pages: Chunks<u8, PAGE_BYTES>,
    /// Where the list of free blocks of each number of units begins.
    free: [u32; UNITS_MAX + 1],
    apart: Chunks<Apart, CHUNK_APART>,
    /// Where the list of free numbers of long members begins.
    free_apart: u32,
}

/// A long member, or the next free number.
#[derive(Debug, Clone)]
enum Apart {
    Taken(Box<[u8]>),
    Free(u32),
}

impl Members {
    pub(super) const fn new() -> Self {
        Self { pages: Chunks::new(), free: [NONE; UNITS_MAX + 1], apart: Chunks::new(), free_apart: NONE }
    }

    /// A copy that shares the pages until either changes them.
    pub(super) fn share(&mut self) -> Self {
        Self {
            pages: self.pages.share(),
            free: self.free,
            apart: self.apart.share(),
            free_apart: self.free_apart,
        }
    }

    /// Bytes that they take.
    pub(super) fn memory_bytes(&self, samples: Samples) -> usize {
        let apart = self.apart.len();
        let sizes = self.apart.iter().map(|apart| match apart {
            Apart::Taken(member) => allocated(member.len()),
            Apart::Free(_) => 0,
        });
        self.pages.len() + apart * size_of::<Apart>() + samples.sum(apart, sizes)
    }

    /// Bytes of all pages at the most when so many more members of so many bytes have come.
    pub(super) fn bytes_with(&self, members: usize, member_bytes: usize) -> usize {
        // A block is rounded up, and may leave the end of a page to smaller ones.
        let added = members.saturating_mul(HEAD_BYTES + UNIT_BYTES).saturating_add(member_bytes);
        self.pages.len().saturating_add(added.saturating_mul(2))
    }

    pub(super) fn insert(&mut self, score: f64, member: &[u8]) -> u32 {
        let long = units_of(member.len()) > UNITS_MAX;
        let number = if long { self.put_apart(member).to_le_bytes() } else { [0; 4] };
        let (len, bytes) = match u16::try_from(member.len()) {
            Ok(len) if !long => (len, member),
            Ok(_) | Err(_) => (APART, &number[..]),
        };
        let id = self.allocate(units_of(bytes.len()));
        let block = self.pages.run_mut(place(id));
        let parts = score.to_le_bytes().into_iter().chain(len.to_le_bytes()).chain(bytes.iter().copied());
        block.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
        id
    }

    pub(super) fn remove(&mut self, id: u32) {
        let block = self.pages.run(place(id));
        let (len, bytes) = body(block);
        let mut units = units_of(usize::from(len));
        if len == APART {
            let number = number(bytes);
            units = units_of(size_of_val(&number));
            if let Some(place) = self.apart.get_mut(number as usize) {
                *place = Apart::Free(std::mem::replace(&mut self.free_apart, number));
            }
        }
        self.set_free(id, units);
    }

    /// A member and its score.
    #[inline]
    pub(super) fn get(&self, id: u32) -> (&[u8], f64) {
        let block = self.pages.run(place(id));
        let score = block.first_chunk::<SCORE_BYTES>().copied().unwrap_or_default();
        let (len, bytes) = body(block);
        let member = if len == APART {
            match self.apart.get(number(bytes) as usize) {
                Some(Apart::Taken(member)) => Some(&member[..]),
                Some(Apart::Free(_)) | None => None,
            }
        } else {
            bytes.get(..usize::from(len))
        };
        (member.unwrap_or_default(), f64::from_le_bytes(score))
    }

    pub(super) fn set_score(&mut self, id: u32, score: f64) {
        if let Some(place) = self.pages.run_mut(place(id)).first_chunk_mut::<SCORE_BYTES>() {
            *place = score.to_le_bytes();
        }
    }

    /// Bytes of all pages.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.pages.len()
    }

    fn put_apart(&mut self, member: &[u8]) -> u32 {
        let taken = Apart::Taken(member.into());
        let number = self.free_apart;
        if let Some(place) = self.apart.get_mut(number as usize) {
            if let Apart::Free(next) = std::mem::replace(place, taken) {
                self.free_apart = next;
            }
            return number;
        }
        self.apart.push(taken);
        // There are fewer long members than blocks, whose numbers have 32 bits.
        u32::try_from(self.apart.len() - 1).unwrap_or(NONE)
    }

    fn allocate(&mut self, units: usize) -> u32 {
        if let Some(first) = self.free.get_mut(units).filter(|first| **first != NONE) {
            let id = *first;
            *first = number(self.pages.run(place(id)));
            return id;
        }
        let left = (PAGE_BYTES - self.pages.len() % PAGE_BYTES) / UNIT_BYTES;
        if left < units {
            // No block reaches over the end of its page; what is left there is for smaller ones.
            let rest = self.append(left);
            self.set_free(rest, left);
        }
        self.append(units)
    }

    fn append(&mut self, units: usize) -> u32 {
        let id = u32::try_from(self.pages.len() / UNIT_BYTES).ok().filter(|id| *id != NONE);
        let zeros = [0; UNITS_MAX * UNIT_BYTES];
        self.pages.extend_from_slice(zeros.get(..units * UNIT_BYTES).unwrap_or_default());
        id.expect("SORTED_SET_BYTES_MAX is less than ids reach")
    }

    fn set_free(&mut self, id: u32, units: usize) {
        if let Some(first) = self.free.get_mut(units) {
            let next = std::mem::replace(first, id);
            let block = self.pages.run_mut(place(id));
            block.iter_mut().zip(next.to_le_bytes()).for_each(|(place, byte)| *place = byte);
        }
    }
}

impl KeySource<u32> for Members {
    #[inline]
    fn key<'a>(&'a self, id: &'a u32) -> &'a [u8] {
        self.get(*id).0
    }
}

fn units_of(member_bytes: usize) -> usize {
    (HEAD_BYTES + member_bytes).div_ceil(UNIT_BYTES)
}

fn place(id: u32) -> usize {
    id as usize * UNIT_BYTES
}

/// The length that a block says, and what follows it.
#[inline]
fn body(block: &[u8]) -> (u16, &[u8]) {
    let rest = block.get(SCORE_BYTES..).unwrap_or_default();
    let (len, bytes) = rest.split_first_chunk::<2>().unwrap_or((&[0; 2], &[]));
    (u16::from_le_bytes(*len), bytes)
}

/// The number that bytes begin with.
fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.first_chunk::<4>().copied().unwrap_or_default())
}
