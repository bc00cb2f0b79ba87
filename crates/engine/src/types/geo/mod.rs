//! Places on the earth, each as one number that a sorted set keeps as a score.
//!
//! A place is cut down to 26 bits of latitude and 26 of longitude, which lie interleaved in the integer that a score holds
//! exactly: 52 bits. Places with a long common prefix are near each other, so what is near a place lies in a few ranges of
//! scores. (Morton 1966; the ranges and the radius of the earth are those of Redis.)

mod area;
mod cell;
#[cfg(test)]
mod tests;

pub(crate) use area::{Area, Shape};
use cell::Cell;

/// The most eastern longitude, in degrees; the most western one is its negative.
const LONGITUDE_MAX: f64 = 180.0;

/// The most northern latitude that has a score, in degrees: where the square map of Mercator ends.
const LATITUDE_MAX: f64 = 85.051_128_78;

/// The latitude of the pole, where the map of textual geohashes ends.
const POLE: f64 = 90.0;

const EARTH_RADIUS_M: f64 = 6_372_797.560_856;

/// Characters of a textual geohash.
const GEOHASH_LEN: usize = 11;

const GEOHASH_ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// A place on the earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Position {
    /// In degrees, eastern ones positive.
    pub(crate) longitude: f64,
    /// In degrees, northern ones positive.
    pub(crate) latitude: f64,
}

impl Position {
    /// The place, if it has a score.
    pub(crate) fn new(longitude: f64, latitude: f64) -> Option<Self> {
        let has_score = longitude.abs() <= LONGITUDE_MAX && latitude.abs() <= LATITUDE_MAX;
        has_score.then_some(Self { longitude, latitude })
    }

    /// The middle of the cell that a score names. Any score names one.
    pub(crate) fn of_score(score: f64) -> Self {
        let cell = Cell::of_score(score);
        let middle = |(from, to): (f64, f64), limit: f64| f64::midpoint(from, to).clamp(-limit, limit);
        Self {
            longitude: middle(cell.longitudes(), LONGITUDE_MAX),
            latitude: middle(cell.latitudes(), LATITUDE_MAX),
        }
    }

    /// The integer that a score of a place is.
    #[expect(clippy::cast_possible_truncation, reason = "a place has at most 53 bits")]
    pub(crate) const fn hash_of_score(score: f64) -> i64 {
        score as i64
    }

    /// The number that a sorted set keeps for it.
    pub(crate) fn score(self) -> f64 {
        Cell::around(self, cell::BITS_MAX, LATITUDE_MAX).scores().start
    }

    /// The way along the surface, in meters.
    pub(crate) fn distance_m(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let across = ((other.longitude.to_radians() - self.longitude.to_radians()) / 2.0).sin();
        if across == 0.0 {
            return self.northward_m(other);
        }
        let along = ((to - from) / 2.0).sin();
        let haversine = along * along + from.cos() * to.cos() * across * across;
        // Rounding carries the opposite side of the earth beyond 1.
        2.0 * EARTH_RADIUS_M * haversine.sqrt().min(1.0).asin()
    }

    /// The way from one latitude to the other, in meters.
    fn northward_m(self, other: Self) -> f64 {
        EARTH_RADIUS_M * (other.latitude.to_radians() - self.latitude.to_radians()).abs()
    }

    /// The geohash as other systems write it: eleven characters, the last of which says nothing.
    pub(crate) fn geohash(self) -> [u8; GEOHASH_LEN] {
        let bits = Cell::around(self, cell::BITS_MAX, POLE).interleaved();
        let mut text = [b'0'; GEOHASH_LEN];
        for (i, character) in (1..GEOHASH_LEN).zip(&mut text) {
            let digit = (bits >> (2 * usize::from(cell::BITS_MAX) - 5 * i)) % 32;
            *character = usize::try_from(digit)
                .ok()
                .and_then(|digit| GEOHASH_ALPHABET.get(digit))
                .copied()
                .unwrap_or(b'0');
        }
        text
    }
}
