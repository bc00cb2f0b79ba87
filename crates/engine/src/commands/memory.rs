//! MEMORY: what values take.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, words};
use crate::commands::command::help;
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Connection, Group, KeyUse, Keys, Run, Traits};
use crate::cx::ReadCx;
use crate::error::CommandError;
use crate::limits::MEMORY_SAMPLES_DEFAULT;
use crate::memory::Samples;

const SERVER: Command = Command::base(Group::Server);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "memory",
    since: "4.0.0",
    complexity: "Depends on the subcommand",
    summary: "Holds the commands about memory.",
    arity: Arity::AtLeast(2),
    subcommands: SUBCOMMANDS,
    run: Run::Container,
    ..SERVER
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "memory|doctor",
        since: "4.0.0",
        summary: "Reports on the memory of the process.",
        arity: Arity::Exactly(2),
        run: Run::Connection(Connection::MemoryDoctor),
        ..SERVER
    },
    Command {
        name: "memory|help",
        since: "4.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..SERVER
    },
    Command {
        name: "memory|malloc-stats",
        since: "4.0.0",
        summary: "Would return the allocator's figures, which are not collected.",
        arity: Arity::Exactly(2),
        run: Run::Read(malloc_stats),
        ..SERVER
    },
    Command {
        name: "memory|purge",
        since: "4.0.0",
        summary: "Does nothing: the allocator gives unused memory back by itself.",
        arity: Arity::Exactly(2),
        run: Run::Read(purge),
        ..SERVER
    },
    Command {
        name: "memory|stats",
        since: "4.0.0",
        summary: "Returns figures about the memory of the process.",
        arity: Arity::Exactly(2),
        run: Run::Connection(Connection::MemoryStats),
        ..SERVER
    },
    Command {
        name: "memory|usage",
        since: "4.0.0",
        complexity: "O(N), N the number of samples",
        summary: "Estimates the bytes that a key and its value take.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 2, last: 2, step: 1 },
        uses: &[KeyUse::RO],
        args: &[KEY, Arg::integer("count").after("SAMPLES").optional()],
        run: Run::Read(usage),
        ..SERVER
    },
];

fn malloc_stats(_cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    out.bulk(b"Stats not supported for the current allocator");
    Ok(())
}

fn purge(_cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    out.status("OK");
    Ok(())
}

fn usage(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    let mut samples = Samples::some(MEMORY_SAMPLES_DEFAULT);
    let mut cursor = Cursor::after(args, 3);
    while let Some(word) = cursor.next() {
        if Keyword::of(word).bytes() != b"SAMPLES" {
            return Err(CommandError::Syntax);
        }
        samples = match usize::try_from(cursor.integer()?) {
            Ok(0) => Samples::ALL,
            Ok(count) => Samples::some(count),
            Err(_) => return Err(CommandError::Syntax),
        };
    }
    match cx.inspect(key) {
        Some(entry) => reply::length(out, entry.memory_bytes(samples)),
        None => out.null(),
    }
    Ok(())
}
