//! Looking at entries.

use selvedge_wire::ReplySink;

use super::{STREAM, id, write_entries};
use crate::args::{Cursor, Keyword, words};
use crate::commands::reply;
use crate::commands::table::arg::{COUNT, KEY};
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx};
use crate::error::CommandError;
use crate::types::{Bounds, StreamRef};

/// What XRANGE and XREVRANGE share.
const RANGE: Command = Command {
    since: "5.0.0",
    complexity: "O(log N + M), N the number of entries, M that of those returned",
    arity: Arity::AtLeast(4),
    keys: Keys::One,
    uses: &[KeyUse::RO.access()],
    ..STREAM
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xlen",
        since: "5.0.0",
        summary: "Returns the number of entries of a stream.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(xlen),
        ..STREAM
    },
    Command {
        name: "xrange",
        summary: "Returns the entries between two ids, in order.",
        args: &[KEY, Arg::string("start"), Arg::string("end"), COUNT],
        run: Run::Read(xrange),
        ..RANGE
    },
    Command {
        name: "xrevrange",
        summary: "Returns the entries between two ids, the last one first.",
        args: &[KEY, Arg::string("end"), Arg::string("start"), COUNT],
        run: Run::Read(xrevrange),
        ..RANGE
    },
];

fn xlen(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::length(out, cx.stream(key)?.map_or(0, StreamRef::len));
    Ok(())
}

fn xrange(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, start, end] = words(args);
    let bounds = Bounds { start: id::start(start)?, end: id::end(end)? };
    let Some((stream, count)) = stream_and_count(cx, args, out)? else { return Ok(()) };
    write_entries(stream.range(bounds).take(count), out);
    Ok(())
}

fn xrevrange(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, end, start] = words(args);
    let bounds = Bounds { start: id::start(start)?, end: id::end(end)? };
    let Some((stream, count)) = stream_and_count(cx, args, out)? else { return Ok(()) };
    write_entries(stream.range_back(bounds).take(count), out);
    Ok(())
}

/// The stream, and how many entries are wanted at most. None if the reply is written, as there is nothing to return.
fn stream_and_count<'a>(
    cx: &'a ReadCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<Option<(StreamRef<'a>, usize)>, CommandError> {
    let [key] = words(args);
    let mut count = None;
    let mut cursor = Cursor::after(args, 4);
    while let Some(option) = cursor.next() {
        match Keyword::of(option).bytes() {
            // A negative count stands for none at all.
            b"COUNT" => count = Some(usize::try_from(cursor.integer()?).unwrap_or(0)),
            _ => return Err(CommandError::Syntax),
        }
    }
    let stream = cx.stream(key)?;
    match (stream, count) {
        (Some(_), Some(0)) => out.null_array(),
        (Some(stream), count) => return Ok(Some((stream, count.unwrap_or(usize::MAX)))),
        (None, _) => out.array(0),
    }
    Ok(None)
}
