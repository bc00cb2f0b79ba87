//! The keyed hash that places keys, fields and members.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// The secret of a database's hash, drawn once and kept in its first record.
pub type HashSeed = [u8; 16];

/// The hash of a key under the database's seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub(crate) u64);

/// SipHash-1-3 under a fixed key: an outsider cannot aim at a bucket, and every node iterates in the same order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyHasher {
    k0: u64,
    k1: u64,
}

impl KeyHasher {
    pub(crate) fn new(seed: HashSeed) -> Self {
        let wide = u128::from_le_bytes(seed);
        Self { k0: low_half(wide), k1: low_half(wide >> 64) }
    }

    pub(crate) fn hash(self, bytes: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.k0, self.k1);
        hasher.write(bytes);
        hasher.finish()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
fn low_half(wide: u128) -> u64 {
    wide as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of iteration is visible and the same on every node: these values never change.
    #[test]
    fn hash_is_frozen() {
        let seed: HashSeed = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let hasher = KeyHasher::new(seed);
        assert_eq!(hasher.hash(b""), 0xabac_0158_050f_c4dc);
        assert_eq!(hasher.hash(&[0]), 0xc9f4_9bf3_7d57_ca93);
        assert_eq!(hasher.hash(&[0, 1]), 0x82cb_9b02_4dc7_d44d);
    }
}
