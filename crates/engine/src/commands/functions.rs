//! Libraries of functions. What has to run a library to learn what is in it is the node's.

use std::sync::Arc;

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword};
use crate::commands::command::help;
use crate::commands::reply;
use crate::commands::table::{Arg, Args, Arity, Command, Group, Run, Script, Traits};
use crate::cx::{ReadCx, WriteCx};
use crate::error::CommandError;
use crate::functions::Library;
use crate::{glob, rdb};

const FUNCTIONS: Command = Command { traits: Traits::NO_SCRIPT, ..Command::base(Group::Scripting) };

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "function",
    since: "7.0.0",
    complexity: "Depends on the subcommand",
    summary: "Holds the commands about functions.",
    arity: Arity::AtLeast(2),
    traits: Traits::NONE,
    subcommands: SUBCOMMANDS,
    ..FUNCTIONS
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "function|delete",
        since: "7.0.0",
        summary: "Removes a library with its functions.",
        arity: Arity::Exactly(3),
        args: &[Arg::string("library-name")],
        run: Run::Write(delete),
        ..FUNCTIONS
    },
    Command {
        name: "function|dump",
        since: "7.0.0",
        complexity: "O(N), N the bytes of all libraries",
        summary: "Returns all libraries as bytes that FUNCTION RESTORE takes, here or in Redis.",
        arity: Arity::Exactly(2),
        run: Run::Read(dump),
        ..FUNCTIONS
    },
    Command {
        name: "function|flush",
        since: "7.0.0",
        complexity: "O(N), N the number of libraries",
        summary: "Removes all libraries.",
        arity: Arity::AtLeast(2),
        args: &[
            Arg::one_of("flush-type", &[Arg::token("async", "ASYNC"), Arg::token("sync", "SYNC")]).optional()
        ],
        run: Run::Write(flush),
        ..FUNCTIONS
    },
    Command {
        name: "function|help",
        since: "7.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..FUNCTIONS
    },
    Command {
        name: "function|kill",
        since: "7.0.0",
        summary: "Ends the function that runs, and undoes what it did.",
        arity: Arity::Exactly(2),
        traits: Traits::NO_SCRIPT.and(Traits::ALLOW_BUSY),
        run: Run::Script(Script::FunctionKill),
        ..FUNCTIONS
    },
    Command {
        name: "function|list",
        since: "7.0.0",
        complexity: "O(N), N the number of functions",
        summary: "Lists libraries and their functions.",
        arity: Arity::AtLeast(2),
        args: &[
            Arg::string("library-name-pattern").after("LIBRARYNAME").optional(),
            Arg::token("withcode", "WITHCODE").optional(),
        ],
        run: Run::Read(list),
        ..FUNCTIONS
    },
    Command {
        name: "function|load",
        since: "7.0.0",
        complexity: "O(N), N the length of the library",
        summary: "Adds a library of functions, and returns its name.",
        arity: Arity::AtLeast(3),
        args: &[Arg::token("replace", "REPLACE").optional(), Arg::string("function-code")],
        traits: Traits::DENY_OOM.and(Traits::NO_SCRIPT),
        run: Run::Script(Script::FunctionLoad),
        ..FUNCTIONS
    },
    Command {
        name: "function|restore",
        since: "7.0.0",
        complexity: "O(N), N the bytes of all libraries",
        summary: "Adds the libraries that FUNCTION DUMP returned, here or in Redis.",
        arity: Arity::AtLeast(3),
        args: &[
            Arg::string("serialized-value"),
            Arg::one_of(
                "policy",
                &[
                    Arg::token("flush", "FLUSH"),
                    Arg::token("append", "APPEND"),
                    Arg::token("replace", "REPLACE"),
                ],
            )
            .optional(),
        ],
        traits: Traits::DENY_OOM.and(Traits::NO_SCRIPT),
        run: Run::Script(Script::FunctionRestore),
        ..FUNCTIONS
    },
    Command {
        name: "function|stats",
        since: "7.0.0",
        summary: "Tells which script runs, and counts libraries and functions.",
        arity: Arity::Exactly(2),
        traits: Traits::NO_SCRIPT.and(Traits::ALLOW_BUSY),
        run: Run::Script(Script::FunctionStats),
        ..FUNCTIONS
    },
];

fn delete(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    if !cx.remove_library(args.get(2).copied().unwrap_or_default()) {
        return Err(CommandError::LibraryNotFound);
    }
    out.status("OK");
    Ok(())
}

fn dump(cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let libraries = cx.libraries();
    out.bulk(&rdb::dump_libraries(libraries.iter().map(|library| &*library.code)));
    Ok(())
}

fn flush(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    match Cursor::after(args, 2).rest() {
        [] => {}
        [word] if matches!(Keyword::of(word).bytes(), b"SYNC" | b"ASYNC") => {}
        [_] => return Err(CommandError::FunctionFlushOption),
        _ => {
            return Err(CommandError::subcommand_arity("FUNCTION", args.get(1).copied().unwrap_or_default()));
        }
    }
    let names: Vec<String> = cx.libraries().iter().map(|library| library.name.clone()).collect();
    for name in names {
        cx.remove_library(name.as_bytes());
    }
    out.status("OK");
    Ok(())
}

fn list(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let (mut pattern, mut with_code) = (None, false);
    let mut cursor = Cursor::after(args, 2);
    while let Some(word) = cursor.next() {
        match Keyword::of(word).bytes() {
            b"WITHCODE" if !with_code => with_code = true,
            b"LIBRARYNAME" if pattern.is_none() => {
                pattern = Some(cursor.next().ok_or(CommandError::LibraryNameMissing)?);
            }
            _ => return Err(CommandError::unknown_list_argument(word)),
        }
    }
    let libraries = cx.libraries();
    let listed: Vec<&Arc<Library>> = libraries
        .iter()
        .filter(|library| pattern.is_none_or(|pattern| glob::matches(pattern, library.name.as_bytes())))
        .collect();
    out.array(listed.len());
    for library in listed {
        describe(library, with_code, out);
    }
    Ok(())
}

fn describe(library: &Library, with_code: bool, out: &mut dyn ReplySink) {
    out.map(if with_code { 4 } else { 3 });
    out.bulk(b"library_name");
    out.bulk(library.name.as_bytes());
    out.bulk(b"engine");
    out.bulk(b"LUA");
    out.bulk(b"functions");
    out.array(library.functions.len());
    for function in &library.functions {
        out.map(3);
        out.bulk(b"name");
        out.bulk(function.name.as_bytes());
        out.bulk(b"description");
        reply::bulk_or_null(out, function.description.as_deref().map(str::as_bytes));
        out.bulk(b"flags");
        out.set(function.flags.names().count());
        function.flags.names().for_each(|name| out.status(name));
    }
    if with_code {
        out.bulk(b"library_code");
        out.bulk(&library.code);
    }
}
