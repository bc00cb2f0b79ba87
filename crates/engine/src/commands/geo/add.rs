//! GEOADD.

use selvedge_wire::ReplySink;

use super::{GEO, LATITUDE, LONGITUDE, MEMBER, position};
use crate::args::{Cursor, Keyword, words};
use crate::commands::sorted_sets::change::{Options, Scored, give_scores};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::WriteCx;
use crate::error::CommandError;

/// The command of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "geoadd",
    since: "3.2.0",
    complexity: "O(log N) for each member, N the size of the sorted set",
    summary: "Gives members places, adding those that are new, and returns how many are.",
    arity: Arity::AtLeast(5),
    keys: Keys::One,
    uses: &[KeyUse::RW.update()],
    args: &[
        KEY,
        Arg::one_of("condition", &[Arg::token("nx", "NX"), Arg::token("xx", "XX")]).optional(),
        Arg::token("change", "CH").optional(),
        Arg::block("data", &[LONGITUDE, LATITUDE, MEMBER]).multiple(),
    ],
    traits: Traits::DENY_OOM,
    run: Run::Write(geoadd),
    ..GEO
}];

fn geoadd(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut cursor = Cursor::after(args, 2);
    let options = parse_options(&mut cursor);
    let (places, []) = cursor.rest().as_chunks::<3>() else { return Err(CommandError::Syntax) };
    if options.if_absent && options.if_present {
        return Err(CommandError::Syntax);
    }
    let scored = places
        .iter()
        .map(|[longitude, latitude, member]| Ok((position(longitude, latitude)?.score(), *member)));
    let scored = scored.collect::<Result<Scored<'_>, CommandError>>()?;
    give_scores(cx, key, &scored, options, out)
}

/// Takes the options off the front.
fn parse_options(cursor: &mut Cursor<'_>) -> Options {
    let mut options = Options::default();
    loop {
        let mut ahead = cursor.clone();
        let option = match ahead.next().map(Keyword::of).as_ref().map_or(&b""[..], Keyword::bytes) {
            b"NX" => &mut options.if_absent,
            b"XX" => &mut options.if_present,
            b"CH" => &mut options.counts_changes,
            _ => return options,
        };
        *option = true;
        *cursor = ahead;
    }
}
