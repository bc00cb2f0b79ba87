//! Points in time. The engine has no clock: they come in with the request.

/// Unix time in milliseconds.
pub type Milliseconds = u64;

/// The one instant at which a command, transaction or script happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    unix_us: u64,
}

impl Now {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_us(unix_us: u64) -> Self {
        Self { unix_us }
    }

    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_ms(unix_ms: Milliseconds) -> Self {
        Self { unix_us: unix_ms.saturating_mul(1000) }
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn us(self) -> u64 {
        self.unix_us
    }

    /// Whole milliseconds since the Unix epoch.
    #[must_use]
    pub const fn ms(self) -> Milliseconds {
        self.unix_us / 1000
    }
}

/// A hybrid logical time stamp: 48 bits of Unix milliseconds above a 16 bit counter.
///
/// Ordered like the number it is, so that two stamps of one millisecond still differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HybridTime(u64);

impl HybridTime {
    /// Puts a stamp together. Milliseconds beyond 48 bits saturate.
    #[must_use]
    pub const fn new(unix_ms: Milliseconds, counter: u16) -> Self {
        let ms = if unix_ms >= 1 << 48 { (1 << 48) - 1 } else { unix_ms };
        Self((ms << 16) | counter as u64)
    }

    /// From the 64 bits that [`HybridTime::to_bits`] gave.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The stamp as one number.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// Its Unix milliseconds.
    #[must_use]
    pub const fn ms(self) -> Milliseconds {
        self.0 >> 16
    }

    /// Its counter inside the millisecond.
    #[must_use]
    pub const fn counter(self) -> u16 {
        (self.0 & 0xffff) as u16
    }
}
