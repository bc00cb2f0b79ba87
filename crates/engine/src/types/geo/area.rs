//! Areas, and the cells that cover them.

use std::ops::Range;

use smallvec::SmallVec;

use super::cell::{BITS_MAX, Cell};
use super::{EARTH_RADIUS_M, Position};

/// Half the way around the earth on Mercator's map, in meters.
const HALF_EQUATOR_M: f64 = 20_037_726.37;

/// From this latitude on an area is searched at all longitudes, in degrees: the meridians meet, and no cell is wide enough.
const BAND_LATITUDE: f64 = 89.0;

/// How often the map is halved for such a search.
const BAND_BITS: u8 = 3;

/// A cell and those around it, in the order in which they are looked at.
const AROUND: [(i32, i32); 9] =
    [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];

/// The form of an area. Lengths in meters, not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// All that is at most so far away.
    Circle {
        /// How far.
        radius_m: f64,
    },
    /// What lies between two meridians and two parallels, as far as the lengths of these say.
    Box {
        /// From west to east, along the parallel of the place asked about.
        width_m: f64,
        /// From south to north.
        height_m: f64,
    },
}

/// A form around a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) center: Position,
    pub(crate) shape: Shape,
}

impl Area {
    /// The distance from the center, in meters. None outside.
    pub(crate) fn distance_m(&self, position: Position) -> Option<f64> {
        match self.shape {
            Shape::Circle { radius_m } => {
                Some(self.center.distance_m(position)).filter(|distance| *distance <= radius_m)
            }
            Shape::Box { width_m, height_m } => {
                // Latitudes first: they are cheap to compare.
                if self.center.northward_m(position) > height_m / 2.0 {
                    return None;
                }
                let beside = Position { longitude: self.center.longitude, ..position };
                let is_inside = position.distance_m(beside) <= width_m / 2.0;
                is_inside.then(|| self.center.distance_m(position))
            }
        }
    }

    /// The ranges of scores that hold every place in the area, none twice: nine, but for the edge of the map, and near the
    /// poles at most a map's 64. They hold others as well.
    pub(crate) fn scores(&self) -> impl Iterator<Item = Range<f64>> {
        // Halved once, the map is all there anyway.
        let is_band = self.farthest_latitude() >= BAND_LATITUDE && self.bits() > 1;
        let cells = if is_band { self.band() } else { self.cells() };
        let cells = cells.into_iter();
        cells.flat_map(|cell| std::iter::once(cell).chain(cell.edges_of_map())).map(Cell::scores)
    }

    /// A cell of a size that the eight around it reach as far as the area does, and those of them that are needed.
    fn cells(&self) -> SmallVec<[Cell; 9]> {
        let mut middle = Cell::within_map(self.center, self.bits());
        while middle.bits() > 1 && self.reaches_beyond_neighbours(middle) {
            middle = Cell::within_map(self.center, middle.bits() - 1);
        }
        let mut cells: SmallVec<[Cell; 9]> = SmallVec::new();
        for (east, north) in AROUND {
            let cell = middle.neighbour(east, north);
            let is_needed = cell == middle || middle.bits() < 2 || self.touches_edges(middle, east, north);
            // On a map of few cells the ways to the east and to the west meet.
            if is_needed && !cells.contains(&cell) {
                cells.push(cell);
            }
        }
        cells
    }

    /// The cells of all longitudes between the latitudes of the area, its middle first: around a pole every longitude is near.
    fn band(&self) -> SmallVec<[Cell; 9]> {
        let middle = Cell::within_map(self.center, BAND_BITS);
        let (south, north) = self.latitudes();
        let is_within = |cell: &Cell| cell.latitudes().1 >= south && cell.latitudes().0 <= north;
        let others = Cell::all(BAND_BITS).filter(|cell| *cell != middle && is_within(cell));
        std::iter::once(middle).chain(others).collect()
    }

    /// Half the width and half the height of the box around it.
    fn half_sides_m(&self) -> (f64, f64) {
        match self.shape {
            Shape::Circle { radius_m } => (radius_m, radius_m),
            Shape::Box { width_m, height_m } => (width_m / 2.0, height_m / 2.0),
        }
    }

    /// How far its farthest point is.
    fn radius_m(&self) -> f64 {
        match self.shape {
            Shape::Circle { radius_m } => radius_m,
            Shape::Box { .. } => {
                let (half_width_m, half_height_m) = self.half_sides_m();
                half_width_m.hypot(half_height_m)
            }
        }
    }

    /// How often the map is halved until a cell is about as large as the area.
    fn bits(&self) -> u8 {
        let mut radius_m = self.radius_m();
        if radius_m == 0.0 {
            return BITS_MAX;
        }
        let mut bits: u8 = 1;
        while radius_m < HALF_EQUATOR_M && bits < u8::MAX {
            radius_m *= 2.0;
            bits += 1;
        }
        // Degrees of longitude are short near the poles.
        let shorter = match self.center.latitude.abs() {
            80.0.. => 2,
            66.0.. => 1,
            _ => 0,
        };
        bits.saturating_sub(2 + shorter).clamp(1, BITS_MAX)
    }

    /// The most southern and the most northern latitude, which may lie beyond the poles.
    fn latitudes(&self) -> (f64, f64) {
        let height = (self.half_sides_m().1 / EARTH_RADIUS_M).to_degrees();
        (self.center.latitude - height, self.center.latitude + height)
    }

    /// The latitude that is nearest to a pole, as one of the north.
    fn farthest_latitude(&self) -> f64 {
        let (south, north) = self.latitudes();
        north.max(-south)
    }

    /// The most western and the most eastern longitude, which may lie beyond the edges of the map.
    fn longitudes(&self) -> (f64, f64) {
        // The parallel nearest to a pole is the shortest, so the width takes most degrees there.
        let shortening = self.farthest_latitude().to_radians().cos();
        let width = (self.half_sides_m().0 / EARTH_RADIUS_M / shortening).to_degrees();
        (self.center.longitude - width, self.center.longitude + width)
    }

    /// Whether the box around the area reaches beyond the cells around the middle one.
    fn reaches_beyond_neighbours(&self, middle: Cell) -> bool {
        let ((south, north), (west, east)) = (self.latitudes(), self.longitudes());
        middle.neighbour(0, 1).latitudes().1 < north
            || middle.neighbour(0, -1).latitudes().0 > south
            || middle.neighbour(1, 0).longitudes().1 < east
            || middle.neighbour(-1, 0).longitudes().0 > west
    }

    /// Whether the box around the area reaches over those edges of the middle cell behind which a neighbour lies.
    fn touches_edges(&self, middle: Cell, east: i32, north: i32) -> bool {
        let is_over = |reached: (f64, f64), edges: (f64, f64), direction: i32| match direction {
            1.. => reached.1 >= edges.1,
            0 => true,
            _ => reached.0 <= edges.0,
        };
        is_over(self.longitudes(), middle.longitudes(), east)
            && is_over(self.latitudes(), middle.latitudes(), north)
    }
}
