//! Places: sorted sets whose scores are positions on the earth.

mod add;
mod look;
mod query;
mod search;
mod unit;

use selvedge_wire::ReplySink;

use crate::commands::table::{Arg, Command, Group};
use crate::error::CommandError;
use crate::numbers::parse_score;
use crate::types::geo::Position;
pub(crate) use {add::COMMANDS as ADD, look::COMMANDS as LOOK, search::COMMANDS as SEARCH};

const GEO: Command = Command::base(Group::Geo);

const LONGITUDE: Arg = Arg::double("longitude");
const LATITUDE: Arg = Arg::double("latitude");
const MEMBER: Arg = Arg::string("member");

/// Reads a longitude and a latitude.
///
/// # Errors
/// [`CommandError::NotAFloat`], [`CommandError::InvalidPosition`].
fn position(longitude: &[u8], latitude: &[u8]) -> Result<Position, CommandError> {
    let degrees = |text| parse_score(text).ok_or(CommandError::NotAFloat);
    let (longitude, latitude) = (degrees(longitude)?, degrees(latitude)?);
    Position::new(longitude, latitude).ok_or_else(|| CommandError::invalid_position(longitude, latitude))
}

/// Replies with longitude and latitude.
fn write_position(position: Position, out: &mut dyn ReplySink) {
    out.array(2);
    out.double(position.longitude);
    out.double(position.latitude);
}

/// Replies with a distance that is measured in its unit: a bulk string with four decimals.
fn write_distance(distance: f64, out: &mut dyn ReplySink) {
    out.bulk(format!("{distance:.4}").as_bytes());
}
