//! A version as a client is told it: opaque text that says what was at a key.

use std::fmt;

use crate::keyspace::Sequence;

/// Bits of a hash that a stamp keeps.
const STAMP_BITS: u32 = 48;

/// What was at a key when somebody looked.
///
/// Its text is `p` (something was there) or `a` (nothing was), the stamp in hexadecimal, a hyphen, and the sequence in
/// hexadecimal: no number and no JSON, so that no client takes it for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) stamp: VersionStamp,
    pub(crate) standing: Standing,
}

/// Whether something was there, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// An entry, of this version.
    Present(Sequence),
    /// None, and this was the last removal in the shard.
    Absent(Sequence),
}

/// What the versions of one key have in common. Another key has another, and so has the same key in another database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionStamp(u64);

impl VersionStamp {
    /// What is hashed in front of the key's own hash: no key can lead to the same bytes and show the hash of another one.
    pub(crate) const DOMAIN: &'static [u8] = b"selvedge version";

    pub(crate) fn of(hash: u64) -> Self {
        Self(hash >> (u64::BITS - STAMP_BITS))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, sequence) = match self.standing {
            Standing::Present(sequence) => ('p', sequence),
            Standing::Absent(sequence) => ('a', sequence),
        };
        write!(f, "{letter}{:012x}-{sequence:x}", self.stamp.0)
    }
}

impl Version {
    /// Reads the text. None if no version has it.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (stamp, sequence) = text.get(1..)?.split_once('-')?;
        let sequence = Sequence::from_str_radix(sequence, 16).ok()?;
        let standing = match text.as_bytes().first()? {
            b'p' => Standing::Present(sequence),
            b'a' => Standing::Absent(sequence),
            _ => return None,
        };
        let version = Self { stamp: VersionStamp(u64::from_str_radix(stamp, 16).ok()?), standing };
        // One version has one text.
        (version.to_string() == text).then_some(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_was_written_and_no_other_is() {
        let stamp = VersionStamp::of(0x0123_4567_89ab_cdef);
        for standing in [Standing::Present(0), Standing::Absent(u64::MAX)] {
            let version = Version { stamp, standing };
            assert_eq!(Version::parse(version.to_string().as_bytes()), Some(version));
        }
        assert_eq!(Version { stamp, standing: Standing::Present(31) }.to_string(), "p0123456789ab-1f");
        let others: [&[u8]; 8] = [
            b"",
            b"p",
            b"p0123456789ab",
            b"p0123456789ab-",
            b"p0123456789ab-1F",
            b"p0123456789ab-+1f",
            b"x0123456789ab-1f",
            b"\xff0123456789ab-1f",
        ];
        assert!(others.into_iter().all(|text| Version::parse(text).is_none()));
    }
}
