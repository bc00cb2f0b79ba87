//! Units of length.

use crate::args::Keyword;
use crate::commands::table::Arg;
use crate::error::CommandError;

/// `M | KM | FT | MI`.
pub(super) const UNIT: Arg = Arg::one_of(
    "unit",
    &[Arg::token("m", "M"), Arg::token("km", "KM"), Arg::token("ft", "FT"), Arg::token("mi", "MI")],
);

/// A unit, as the meters it is long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit(f64);

impl Unit {
    /// One meter.
    pub(super) const METER: Self = Self(1.0);

    /// Reads its name.
    ///
    /// # Errors
    /// [`CommandError::UnsupportedUnit`].
    pub(super) fn parse(word: &[u8]) -> Result<Self, CommandError> {
        match Keyword::of(word).bytes() {
            b"M" => Ok(Self::METER),
            b"KM" => Ok(Self(1000.0)),
            b"FT" => Ok(Self(0.3048)),
            b"MI" => Ok(Self(1609.34)),
            _ => Err(CommandError::UnsupportedUnit),
        }
    }

    /// That many of it, in meters.
    pub(super) fn meters(self, amount: f64) -> f64 {
        amount * self.0
    }

    /// That many meters in it.
    pub(super) fn of_meters(self, meters: f64) -> f64 {
        meters / self.0
    }
}
