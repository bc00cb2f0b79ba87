//! Strings: one piece, or chunks shared by `Arc`.

use std::borrow::Cow;
use std::hash::Hasher;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use crate::limits::STRING_CHUNK_BYTES;
use crate::memory::{SHARED_VEC_BYTES, allocated};

/// A long string: chunks of [`STRING_CHUNK_BYTES`], the last one shorter. A clone shares them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chunked {
    chunks: Vec<Arc<Vec<u8>>>,
    len: usize,
}

impl Chunked {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut string = Self::default();
        string.write(0, bytes);
        string
    }

    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// Bytes that it takes. Zeros that neighbours share count once.
    pub(crate) fn memory_bytes(&self) -> usize {
        let shared = |index: usize, chunk: &Arc<Vec<u8>>| {
            index
                .checked_sub(1)
                .and_then(|before| self.chunks.get(before))
                .is_some_and(|before| Arc::ptr_eq(before, chunk))
        };
        let sizes = self.chunks.iter().enumerate().map(|(index, chunk)| {
            if shared(index, chunk) { 0 } else { allocated(chunk.capacity()) + SHARED_VEC_BYTES }
        });
        allocated(self.chunks.capacity() * size_of::<usize>()) + sizes.sum::<usize>()
    }

    /// Overwrites from `offset` on; what lies between the end and `offset` becomes zeros.
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.extend_with_zeros(offset);
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let within = at % STRING_CHUNK_BYTES;
            let (now, later) = rest.split_at(rest.len().min(STRING_CHUNK_BYTES - within));
            match self.chunks.get_mut(at / STRING_CHUNK_BYTES) {
                Some(chunk) => {
                    let chunk = Arc::make_mut(chunk);
                    let (over, append) = now.split_at(now.len().min(chunk.len().saturating_sub(within)));
                    if let Some(place) = chunk.get_mut(within..within + over.len()) {
                        place.copy_from_slice(over);
                    }
                    chunk.extend_from_slice(append);
                }
                None => self.chunks.push(Arc::new(now.to_vec())),
            }
            at += now.len();
            rest = later;
        }
        self.len = self.len.max(at);
    }

    /// Zero chunks are shared, so that a far offset costs a pointer for each, not its bytes.
    fn extend_with_zeros(&mut self, len: usize) {
        if len <= self.len {
            return;
        }
        if let Some(last) = self.chunks.last_mut().filter(|last| last.len() < STRING_CHUNK_BYTES) {
            let room = (STRING_CHUNK_BYTES - last.len()).min(len - self.len);
            let last = Arc::make_mut(last);
            last.resize(last.len() + room, 0);
            self.len += room;
        }
        let missing = len - self.len;
        if missing >= STRING_CHUNK_BYTES {
            let zeros = Arc::new(vec![0; STRING_CHUNK_BYTES]);
            self.chunks.extend(std::iter::repeat_n(zeros, missing / STRING_CHUNK_BYTES));
        }
        if !missing.is_multiple_of(STRING_CHUNK_BYTES) {
            self.chunks.push(Arc::new(vec![0; missing % STRING_CHUNK_BYTES]));
        }
        self.len = len;
    }
}

/// A string in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct StringRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(&'a [u8]),
    Chunked(&'a Chunked),
}

impl<'a> StringRef<'a> {
    pub(crate) fn packed(bytes: &'a [u8]) -> Self {
        Self(Form::Packed(bytes))
    }

    pub(crate) fn chunked(string: &'a Chunked) -> Self {
        Self(Form::Chunked(string))
    }

    /// Its length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            Form::Packed(bytes) => bytes.len(),
            Form::Chunked(string) => string.len,
        }
    }

    /// Whether it holds no bytes.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Its bytes if they lie in one piece, as those of every string that was set with up to 64 KiB do.
    #[must_use]
    pub fn as_slice(self) -> Option<&'a [u8]> {
        match self.0 {
            Form::Packed(bytes) => Some(bytes),
            Form::Chunked(string) => match string.chunks.as_slice() {
                [] => Some(&[]),
                [only] => Some(only),
                _ => None,
            },
        }
    }

    /// Its bytes: borrowed when they lie in one piece, copied otherwise.
    #[must_use]
    pub fn to_cow(self) -> Cow<'a, [u8]> {
        self.as_slice().map_or_else(
            || {
                let mut bytes = Vec::with_capacity(self.len());
                self.chunks().for_each(|chunk| bytes.extend_from_slice(chunk));
                Cow::Owned(bytes)
            },
            Cow::Borrowed,
        )
    }

    /// Whether its bytes are these.
    #[must_use]
    pub fn equals(self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        self.len() == bytes.len()
            && self.chunks().all(|chunk| match rest.split_at_checked(chunk.len()) {
                Some((front, back)) => {
                    rest = back;
                    front == chunk
                }
                None => false,
            })
    }

    /// The XXH3 digest of its bytes, 64 bits, without a seed.
    #[must_use]
    pub fn digest(self) -> u64 {
        match self.as_slice() {
            Some(bytes) => XxHash3_64::oneshot(bytes),
            None => {
                let mut hasher = XxHash3_64::with_seed(0);
                self.chunks().for_each(|chunk| hasher.write(chunk));
                hasher.finish()
            }
        }
    }

    /// The pieces in order; none of them is empty.
    pub fn chunks(self) -> impl Iterator<Item = &'a [u8]> {
        self.slice(0, self.len())
    }

    /// The pieces of `offset..offset + len`, cut to the string's end; none of them is empty.
    pub fn slice(self, offset: usize, len: usize) -> impl Iterator<Item = &'a [u8]> {
        let end = offset.saturating_add(len).min(self.len());
        let mut at = offset;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let (chunk, within) = match self.0 {
                Form::Packed(bytes) => (bytes, at),
                Form::Chunked(string) => {
                    (string.chunks.get(at / STRING_CHUNK_BYTES)?.as_slice(), at % STRING_CHUNK_BYTES)
                }
            };
            let piece = chunk.get(within..chunk.len().min(within + (end - at)))?;
            at += piece.len();
            (!piece.is_empty()).then_some(piece)
        })
    }
}
