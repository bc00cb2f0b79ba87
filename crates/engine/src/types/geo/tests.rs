use proptest::prelude::*;

use super::cell::Cell;
use super::*;

fn positions() -> impl Strategy<Value = Position> {
    (-LONGITUDE_MAX..LONGITUDE_MAX, -LATITUDE_MAX..LATITUDE_MAX)
        .prop_map(|(longitude, latitude)| Position { longitude, latitude })
}

/// Places everywhere, and as many where the map ends.
fn centers() -> impl Strategy<Value = Position> {
    let near_a_pole =
        (positions(), 70.0..LATITUDE_MAX, any::<bool>()).prop_map(|(position, latitude, is_south)| {
            Position { latitude: if is_south { -latitude } else { latitude }, ..position }
        });
    prop_oneof![positions(), near_a_pole]
}

/// Where one comes to on a great circle, cut to the map.
fn destination(from: Position, distance_m: f64, bearing: f64) -> Position {
    let (latitude, longitude) = (from.latitude.to_radians(), from.longitude.to_radians());
    let (angle, bearing) = (distance_m / EARTH_RADIUS_M, bearing.to_radians());
    let there =
        (latitude.sin() * angle.cos() + latitude.cos() * angle.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
    let across = bearing.sin() * angle.sin() * latitude.cos();
    let longitude = longitude + across.atan2(angle.cos() - latitude.sin() * there.sin());
    Position {
        longitude: (longitude.to_degrees() + 180.0).rem_euclid(360.0) - 180.0,
        latitude: there.to_degrees().clamp(-LATITUDE_MAX, LATITUDE_MAX),
    }
}

/// Sizes from a meter to more than the earth has.
fn lengths_m() -> impl Strategy<Value = f64> {
    (0.0..8.0).prop_map(|exponent: f64| 10f64.powf(exponent))
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop_oneof![
        lengths_m().prop_map(|radius_m| Shape::Circle { radius_m }),
        (lengths_m(), lengths_m()).prop_map(|(width_m, height_m)| Shape::Box { width_m, height_m }),
    ]
}

#[test]
fn places_have_the_scores_and_geohashes_of_redis() {
    let palermo = Position::new(13.361389, 38.115556).unwrap();
    let catania = Position::new(15.087269, 37.502669).unwrap();
    assert_eq!(palermo.score(), 3_479_099_956_230_698.0);
    let read_back = Position { longitude: 13.361_389_338_970_184, latitude: 38.115_556_395_496_3 };
    assert_eq!(Position::of_score(palermo.score()), read_back);
    assert_eq!(&read_back.geohash(), b"sqc8b49rny0");
    let distance_m = read_back.distance_m(Position::of_score(catania.score()));
    assert_eq!(format!("{distance_m:.4}"), "166274.1516");
}

#[test]
fn the_map_ends_where_mercator_has_it_end() {
    assert!(Position::new(180.0, 85.051_128_78).is_some());
    assert!(Position::new(-180.0, -85.051_128_78).is_some());
    assert_eq!(Position::new(180.000_001, 0.0), None);
    assert_eq!(Position::new(0.0, 85.051_129), None);
    assert_eq!(Position::new(f64::NAN, 0.0), None);
}

#[test]
fn the_other_side_of_the_earth_is_half_a_circle_away() {
    let here = Position { longitude: 0.0, latitude: 0.0 };
    let there = Position { longitude: 180.0, latitude: 0.0 };
    assert_eq!(here.distance_m(there), std::f64::consts::PI * EARTH_RADIUS_M);
}

#[test]
fn places_on_the_edge_of_the_map_are_found() {
    for (longitude, latitude) in
        [(180.0, 0.0), (0.0, LATITUDE_MAX), (180.0, LATITUDE_MAX), (-180.0, -LATITUDE_MAX)]
    {
        let edge = Position::new(longitude, latitude).unwrap();
        for around in [-1.0, 0.0, 1.0] {
            let longitude = if longitude + around > 180.0 { around - 180.0 } else { longitude - around };
            let center = Position { longitude: longitude.clamp(-180.0, 180.0), latitude };
            let area = Area { center, shape: Shape::Circle { radius_m: 200_000.0 } };
            assert!(area.scores().any(|range| range.contains(&edge.score())), "{edge:?} from {center:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_score_names_a_place(bits: u64, small in -1e20..1e20f64) {
        for score in [f64::from_bits(bits), small, f64::INFINITY, f64::NEG_INFINITY] {
            let position = Position::of_score(score);
            prop_assert!(Position::new(position.longitude, position.latitude).is_some(), "{score}: {position:?}");
        }
    }

    #[test]
    fn a_place_is_read_back_within_its_cell(position in positions()) {
        let read_back = Position::of_score(position.score());
        prop_assert!((read_back.longitude - position.longitude).abs() <= 360.0 / f64::from(1 << 26));
        prop_assert!((read_back.latitude - position.latitude).abs() <= 180.0 / f64::from(1 << 26));
        prop_assert_eq!(read_back.score(), position.score());
    }

    #[test]
    fn cells_cover_their_area_once(center in centers(), shape in shapes(), share in 0.0..1.0f64, bearing in 0.0..360.0f64) {
        let area = Area { center, shape };
        let ranges: Vec<_> = area.scores().collect();
        prop_assert!(ranges.len() <= 100);
        for (i, range) in ranges.iter().enumerate() {
            prop_assert!(ranges.iter().skip(i + 1).all(|other| other.start >= range.end || other.end <= range.start));
        }
        let reach_m = match shape {
            Shape::Circle { radius_m } => radius_m,
            Shape::Box { width_m, height_m } => width_m.hypot(height_m) / 2.0,
        };
        // Most of what can go wrong lies at the rim.
        let place = destination(center, share.sqrt().sqrt() * reach_m, bearing);
        let place = Position::of_score(place.score());
        if area.distance_m(place).is_some() {
            prop_assert!(ranges.iter().any(|range| range.contains(&place.score())), "{area:?} {place:?}");
        }
    }

    #[test]
    fn neighbours_of_neighbours_are_the_cell_itself(position in positions(), bits in 1u8..=26) {
        let cell = Cell::around(position, bits, LATITUDE_MAX);
        prop_assert_eq!(cell.neighbour(1, -1).neighbour(-1, 1), cell);
        prop_assert_eq!(cell.neighbour(1, 0).scores() == cell.scores(), false);
    }
}
