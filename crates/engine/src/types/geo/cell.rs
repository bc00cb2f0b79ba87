//! Cells: the rectangles into which halving the map again and again divides it.

use std::ops::Range;

use super::{LATITUDE_MAX, LONGITUDE_MAX, Position};

/// The most bits of either coordinate. All of them interleaved fit into a score exactly.
pub(super) const BITS_MAX: u8 = 26;

/// A rectangle of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// Its place from the west.
    column: u32,
    /// Its place from the south.
    row: u32,
    /// How often the map was halved in either direction.
    bits: u8,
}

impl Cell {
    /// The cell around a place on a map that reaches from `-latitude_max` to `latitude_max`.
    pub(super) fn around(position: Position, bits: u8, latitude_max: f64) -> Self {
        let place = |degrees: f64, limit: f64| {
            let share = (degrees + limit) / (limit + limit);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the share is at most 1, and what lies between cells is cut off"
            )]
            #[expect(clippy::cast_sign_loss, reason = "the share is at least 0")]
            let place = (share * f64::from(1u32 << bits)) as u32;
            place
        };
        Self {
            column: place(position.longitude, LONGITUDE_MAX),
            row: place(position.latitude, latitude_max),
            bits,
        }
    }

    /// The same, but never beyond the last column and row: on the edge of the map the cell is the one before it.
    pub(super) fn within_map(position: Position, bits: u8) -> Self {
        let cell = Self::around(position, bits, LATITUDE_MAX);
        let last = cell.last();
        Self { column: cell.column.min(last), row: cell.row.min(last), bits }
    }

    /// The smallest cell that a score names. One that is no geohash is read as its bits are.
    pub(super) fn of_score(score: f64) -> Self {
        let bits = integer(score);
        Self { column: even_bits(bits >> 1), row: even_bits(bits), bits: BITS_MAX }
    }

    /// All cells of a map, from the west, each column from the south.
    pub(super) fn all(bits: u8) -> impl Iterator<Item = Self> {
        let cells = 1 << bits;
        (0..cells).flat_map(move |column| (0..cells).map(move |row| Self { column, row, bits }))
    }

    /// How often the map was halved in either direction.
    pub(super) fn bits(self) -> u8 {
        self.bits
    }

    /// Western and eastern edge, in degrees.
    pub(super) fn longitudes(self) -> (f64, f64) {
        self.edges(self.column, LONGITUDE_MAX)
    }

    /// Southern and northern edge, in degrees.
    pub(super) fn latitudes(self) -> (f64, f64) {
        self.edges(self.row, LATITUDE_MAX)
    }

    fn edges(self, place: u32, limit: f64) -> (f64, f64) {
        let cells = f64::from(1u32 << self.bits);
        let edge = |place: f64| -limit + place / cells * (limit + limit);
        (edge(f64::from(place)), edge(f64::from(place) + 1.0))
    }

    /// The cell as many columns to the east and rows to the north, over the edges of the map.
    pub(super) fn neighbour(self, east: i32, north: i32) -> Self {
        let cells = 1 << self.bits;
        Self {
            column: self.column.wrapping_add_signed(east) % cells,
            row: self.row.wrapping_add_signed(north) % cells,
            ..self
        }
    }

    /// What lies on the northern and eastern edge of the map, if the cell touches it: as the scores of such places come out,
    /// a column and a row more than the map has.
    pub(super) fn edges_of_map(self) -> impl Iterator<Item = Self> {
        let (is_east, is_north) = (self.column == self.last(), self.row == self.last());
        let edges = [(is_east, 1, 0), (is_north, 0, 1), (is_east && is_north, 1, 1)];
        edges.into_iter().filter(|(touches, ..)| *touches).map(move |(_, east, north)| Self {
            column: self.column + east,
            row: self.row + north,
            ..self
        })
    }

    /// The last column and row.
    fn last(self) -> u32 {
        (1 << self.bits) - 1
    }

    /// Row and column as one number, the column's bits before the row's.
    pub(super) fn interleaved(self) -> u64 {
        spread(self.column) << 1 | spread(self.row)
    }

    /// The scores of all places in it.
    pub(super) fn scores(self) -> Range<f64> {
        let (first, shift) = (self.interleaved(), 2 * (BITS_MAX - self.bits));
        #[expect(clippy::cast_precision_loss, reason = "at most 53 bits, the rest zeros")]
        let score = |cell: u64| (cell << shift) as f64;
        score(first)..score(first + 1)
    }
}

/// A score as a 64-bit integer, as x86 converts it: modulo 2^64 while it fits into 64 bits with or without a sign.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit is told apart first")]
#[expect(clippy::cast_sign_loss, reason = "negative scores keep their bits")]
fn integer(score: f64) -> u64 {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    match score {
        _ if (-TWO_63..TWO_63).contains(&score) => score as i64 as u64,
        _ if (TWO_63..2.0 * TWO_63).contains(&score) => score as u64,
        _ if score > 0.0 => 0,
        _ => 1 << 63,
    }
}

/// Puts a zero before every bit.
fn spread(bits: u32) -> u64 {
    let mut spread = u64::from(bits);
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    spread = (spread | spread << 2) & 0x3333_3333_3333_3333;
    (spread | spread << 1) & 0x5555_5555_5555_5555
}

/// Every other bit, the lowest one first: what [`spread`] made of them.
fn even_bits(bits: u64) -> u32 {
    let mut joined = bits & 0x5555_5555_5555_5555;
    joined = (joined | joined >> 1) & 0x3333_3333_3333_3333;
    joined = (joined | joined >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    joined = (joined | joined >> 4) & 0x00ff_00ff_00ff_00ff;
    joined = (joined | joined >> 8) & 0x0000_ffff_0000_ffff;
    u32::try_from((joined | joined >> 16) & 0xffff_ffff).unwrap_or(0)
}
