//! Areas, and the cells that cover them.

use std::ops::Range;

use smallvec::SmallVec;

use super::cell::{BITS_MAX, Cell};
use super::{EARTH_RADIUS_M, POLE, Position};

/// Half the way around the earth on Mercator's map, in meters.
const HALF_EQUATOR_M: f64 = 20_037_726.37;

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

    /// The ranges of scores that hold every place in the area, none twice: nine, and those of the edge of the map. They hold
    /// others as well.
    pub(crate) fn scores(&self) -> impl Iterator<Item = Range<f64>> {
        let cells = self.cells().into_iter();
        cells.flat_map(|cell| std::iter::once(cell).chain(cell.edges_of_map())).map(Cell::scores)
    }

    /// A cell of a size that the eight around it reach as far as the area does, and those of them that are needed.
    fn cells(&self) -> SmallVec<[Cell; 9]> {
        let mut bits = self.bits();
        let mut middle = Cell::within_map(self.center, bits);
        if bits > 1 && self.reaches_beyond_neighbours(middle) {
            bits -= 1;
            middle = Cell::within_map(self.center, bits);
        }
        let mut cells: SmallVec<[Cell; 9]> = SmallVec::new();
        for (east, north) in AROUND {
            let cell = middle.neighbour(east, north);
            let is_needed = cell == middle || bits < 2 || self.touches_edges(middle, east, north);
            // On a map of few cells the ways to the east and to the west meet.
            if is_needed && !cells.contains(&cell) {
                cells.push(cell);
            }
        }
        cells
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

    /// Whether a point of the area may lie beyond the cells around the middle one.
    fn reaches_beyond_neighbours(&self, middle: Cell) -> bool {
        let Position { longitude, latitude } = self.center;
        let north = Position { latitude: middle.neighbour(0, 1).latitudes().1, longitude };
        let south = Position { latitude: middle.neighbour(0, -1).latitudes().0, longitude };
        let east = Position { longitude: middle.neighbour(1, 0).longitudes().1, latitude };
        let west = Position { longitude: middle.neighbour(-1, 0).longitudes().0, latitude };
        [north, south, east, west].iter().any(|edge| self.center.distance_m(*edge) < self.radius_m())
    }

    /// Whether the box around the area reaches over those edges of the middle cell behind which a neighbour lies.
    fn touches_edges(&self, middle: Cell, east: i32, north: i32) -> bool {
        let (half_width_m, half_height_m) = self.half_sides_m();
        let Position { longitude, latitude } = self.center;
        let height = (half_height_m / EARTH_RADIUS_M).to_degrees();
        let is_over = |reached: (f64, f64), edges: (f64, f64), direction: i32| match direction {
            1.. => reached.1 >= edges.1,
            0 => true,
            _ => reached.0 <= edges.0,
        };
        // The parallel nearer to the pole is the shorter one, so the width takes more degrees there.
        let nearest_to_pole = latitude.abs() + height;
        if nearest_to_pole >= POLE {
            return true;
        }
        let width = (half_width_m / EARTH_RADIUS_M / nearest_to_pole.to_radians().cos()).to_degrees();
        is_over((longitude - width, longitude + width), middle.longitudes(), east)
            && is_over((latitude - height, latitude + height), middle.latitudes(), north)
    }
}
