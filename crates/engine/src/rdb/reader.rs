//! Reading the parts that all kinds are made of: bytes, lengths, strings.

use std::borrow::Cow;

use super::{LoadError, lzf};
use crate::limits::RESTORED_BYTES_MAX;

/// The two top bits of a byte that is no length but says how a string is encoded.
const ENCODED: u8 = 0b11;

/// Takes parts off the front of a payload.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The end of the payload.
    ///
    /// # Errors
    /// [`LoadError::Damaged`] if something is left.
    pub(super) fn finish(&self) -> Result<(), LoadError> {
        if self.rest.is_empty() { Ok(()) } else { Err(LoadError::Damaged) }
    }

    /// Bytes not taken yet.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn byte(&mut self) -> Result<u8, LoadError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(LoadError::Damaged)?;
        self.rest = rest;
        Ok(*array)
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], LoadError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(LoadError::Damaged)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A length, or a count.
    pub(super) fn length(&mut self) -> Result<u64, LoadError> {
        let first = self.byte()?;
        self.length_after(first)
    }

    /// A string: bytes behind their length, a number, or compressed bytes.
    pub(super) fn string(&mut self) -> Result<Cow<'a, [u8]>, LoadError> {
        let first = self.byte()?;
        if first >> 6 != ENCODED {
            let len = self.length_after(first)?;
            return self.take(size(len)?).map(Cow::Borrowed);
        }
        let number = match first & 0x3f {
            0 => i32::from(i8::from_le_bytes(self.array()?)),
            1 => i32::from(i16::from_le_bytes(self.array()?)),
            2 => i32::from_le_bytes(self.array()?),
            3 => return self.compressed().map(Cow::Owned),
            _ => return Err(LoadError::Damaged),
        };
        Ok(Cow::Owned(number.to_string().into_bytes()))
    }

    /// Strings, as many as announced.
    pub(super) fn strings(
        &mut self,
        count: u64,
    ) -> impl Iterator<Item = Result<Cow<'a, [u8]>, LoadError>> + use<'a, '_> {
        (0..count).map(|_| self.string())
    }

    fn compressed(&mut self) -> Result<Vec<u8>, LoadError> {
        let (compressed_len, len) = (size(self.length()?)?, size(self.length()?)?);
        let compressed = self.take(compressed_len)?;
        if len > lzf::unfolded_max(compressed.len()) {
            return Err(LoadError::Damaged);
        }
        if len > RESTORED_BYTES_MAX {
            return Err(LoadError::TooLarge);
        }
        lzf::decompress(compressed, len).ok_or(LoadError::Damaged)
    }

    fn length_after(&mut self, first: u8) -> Result<u64, LoadError> {
        match (first >> 6, first) {
            (0b00, _) => Ok(u64::from(first)),
            (0b01, _) => Ok(u64::from(u16::from_be_bytes([first & 0x3f, self.byte()?]))),
            (_, 0x80) => Ok(u64::from(u32::from_be_bytes(self.array()?))),
            (_, 0x81) => Ok(u64::from_be_bytes(self.array()?)),
            _ => Err(LoadError::Damaged),
        }
    }
}

fn size(length: u64) -> Result<usize, LoadError> {
    usize::try_from(length).map_err(|_| LoadError::Damaged)
}
