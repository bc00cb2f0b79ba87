//! Places and distances of members.

use selvedge_wire::ReplySink;

use super::unit::{UNIT, Unit};
use super::{GEO, MEMBER, write_distance, write_position};
use crate::args::{Cursor, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run};
use crate::cx::{Lookup, ReadCx};
use crate::error::CommandError;
use crate::types::geo::Position;

const LOOK: Command =
    Command { complexity: "O(1) for each member", keys: Keys::One, uses: &[KeyUse::RO.access()], ..GEO };

const MEMBERS: &[Arg] = &[KEY, MEMBER.optional().multiple()];

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "geodist",
        since: "3.2.0",
        complexity: "O(1)",
        summary: "Returns the distance between two members.",
        arity: Arity::AtLeast(4),
        args: &[KEY, Arg::string("member1"), Arg::string("member2"), UNIT.optional()],
        run: Run::Read(geodist),
        ..LOOK
    },
    Command {
        name: "geohash",
        since: "3.2.0",
        summary: "Returns the places of members as geohashes, eleven characters each.",
        arity: Arity::AtLeast(2),
        args: MEMBERS,
        run: Run::Read(geohash),
        ..LOOK
    },
    Command {
        name: "geopos",
        since: "3.2.0",
        summary: "Returns longitude and latitude of members.",
        arity: Arity::AtLeast(2),
        args: MEMBERS,
        run: Run::Read(geopos),
        ..LOOK
    },
];

fn geodist(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, from, to] = words(args);
    let unit = match Cursor::after(args, 4).rest() {
        [] => Unit::METER,
        [unit] => Unit::parse(unit)?,
        _ => return Err(CommandError::Syntax),
    };
    let set = cx.sorted_set(key)?;
    let position = |member| set.and_then(|set| set.score(member)).map(Position::of_score);
    match position(from).zip(position(to)) {
        Some((from, to)) => write_distance(unit.of_meters(from.distance_m(to)), out),
        None => out.null(),
    }
    Ok(())
}

fn geohash(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    each_position(cx, args, out, |position, out| {
        reply::bulk_or_null(out, position.map(Position::geohash).as_ref().map(<[u8; 11]>::as_slice));
    })
}

fn geopos(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    each_position(cx, args, out, |position, out| match position {
        Some(position) => write_position(position, out),
        None => out.null_array(),
    })
}

/// Replies with what `write` makes of the place of each member.
fn each_position(
    cx: &ReadCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    write: fn(Option<Position>, &mut dyn ReplySink),
) -> Result<(), CommandError> {
    let [key] = words(args);
    let set = cx.sorted_set(key)?;
    let members = Cursor::after(args, 2);
    out.array(members.rest().len());
    for member in members {
        write(set.and_then(|set| set.score(member)).map(Position::of_score), out);
    }
    Ok(())
}
