//! What documents and their parts take.

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::command::help;
use crate::commands::json::{JSON, PATH, each, missing, optional_path};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Args, Arity, Command, KeyUse, Keys, Run};
use crate::cx::{Lookup, ReadCx};
use crate::error::CommandError;
use crate::types::json::path::Path;

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "json.debug",
    since: "1.0.0",
    complexity: "Depends on the subcommand",
    summary: "Holds the commands about how documents are kept.",
    arity: Arity::AtLeast(2),
    subcommands: &[
        Command {
            name: "json.debug|help",
            since: "1.0.0",
            summary: "Lists the subcommands.",
            arity: Arity::Exactly(2),
            run: Run::Read(help),
            ..JSON
        },
        Command {
            name: "json.debug|memory",
            since: "1.0.0",
            complexity: "O(N), N the values that the path looks at and the parts of what it leads to",
            summary: "Estimates the bytes of what a path leads to.",
            arity: Arity::AtLeast(3),
            keys: Keys::Range { first: 2, last: 2, step: 1 },
            uses: &[KeyUse::RO],
            args: &[KEY, PATH.optional()],
            run: Run::Read(memory),
            ..JSON
        },
    ],
    run: Run::Container,
    ..JSON
}];

fn memory(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    let path = Path::parse(optional_path(args, 3, "json.debug|memory")?)?;
    let Some(root) = cx.json(key)? else {
        if path.is_legacy {
            out.integer(0)
        } else {
            out.array(0)
        }
        return Ok(());
    };
    if !path.is_legacy {
        return each(out, &path, root, &mut |out, value| reply::length(out, value.memory_bytes()));
    }
    let value = path.first(root)?.ok_or_else(|| missing(&path.text))?;
    reply::length(out, value.memory_bytes());
    Ok(())
}
