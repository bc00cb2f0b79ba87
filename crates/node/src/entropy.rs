//! Randomness comes from outside the engine; this is where it comes in.

/// A source of random bytes.
pub trait Entropy: Send + std::fmt::Debug {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// What the system's generator says. Nothing may be drawn from a source that failed.
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()>;
}

/// The system's generator.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        getrandom::fill(bytes).map_err(std::io::Error::other)
    }
}

/// A repeatable source for tests and simulation. Not for secrets.
#[derive(Debug)]
pub struct SeededEntropy(pub u64);

impl Entropy for SeededEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        for chunk in bytes.chunks_mut(8) {
            let word = split_mix(&mut self.0).to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(word) {
                *to = from;
            }
        }
        Ok(())
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): the per-command numbers that SPOP and its like pick by.
pub(crate) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
