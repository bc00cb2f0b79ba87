//! Commands about the whole database.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword};
use crate::commands::reply;
use crate::commands::table::{Arg, Args, Arity, Command, Group, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;

const SERVER: Command = Command::base(Group::Server);
const MICROSECONDS_PER_SECOND: u64 = 1_000_000;

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] =
    &[
        Command {
            name: "dbsize",
            since: "1.0.0",
            summary: "Returns the number of keys in the database.",
            arity: Arity::Exactly(1),
            traits: Traits::FAST.and(Traits::WHOLE_KEYSPACE).and(Traits::ROAMING),
            run: Run::Read(dbsize),
            ..SERVER
        },
        Command {
            name: "flushall",
            since: "1.0.0",
            complexity: "O(N), N the number of keys in the database",
            summary: "Deletes all keys of the database.",
            arity: Arity::AtLeast(1),
            args: &[Arg::one_of("flush-type", &[Arg::token("async", "ASYNC"), Arg::token("sync", "SYNC")])
                .optional()],
            traits: Traits::WHOLE_KEYSPACE.and(Traits::DANGEROUS),
            run: Run::Write(flushall),
            ..SERVER
        },
        Command {
            name: "flushdb",
            since: "1.0.0",
            complexity: "O(N), N the number of keys in the database",
            summary: "Deletes all keys of the database.",
            arity: Arity::AtLeast(1),
            args: &[Arg::one_of("flush-type", &[Arg::token("async", "ASYNC"), Arg::token("sync", "SYNC")])
                .optional()],
            traits: Traits::WHOLE_KEYSPACE.and(Traits::DANGEROUS),
            run: Run::Write(flushdb),
            ..SERVER
        },
        Command {
            name: "time",
            since: "2.6.0",
            summary: "Returns the server's time as seconds and microseconds.",
            arity: Arity::Exactly(1),
            traits: Traits::LOADING.and(Traits::STALE).and(Traits::FAST),
            run: Run::Read(time),
            ..SERVER
        },
    ];

fn dbsize(cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    reply::length(out, cx.len());
    Ok(())
}

fn flushall(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    // ASYNC and SYNC mean the same here: what was stored is always freed in the background.
    let mode = Cursor::after(args, 1).rest();
    let known = match mode {
        [] => true,
        [word] => matches!(Keyword::of(word).bytes(), b"ASYNC" | b"SYNC"),
        _ => false,
    };
    if !known {
        return Err(CommandError::Syntax);
    }
    cx.clear();
    out.status("OK");
    Ok(())
}

fn flushdb(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    flushall(cx, args, out)
}

fn time(cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let now_us = cx.now_us();
    out.array(2);
    for part in [now_us / MICROSECONDS_PER_SECOND, now_us % MICROSECONDS_PER_SECOND] {
        out.bulk(itoa::Buffer::new().format(part).as_bytes());
    }
    Ok(())
}
