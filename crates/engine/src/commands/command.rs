//! COMMAND: the table as clients ask for it.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword};
use crate::commands::describe;
use crate::commands::reply;
use crate::commands::table::{self, Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, syntax};
use crate::cx::ReadCx;
use crate::error::CommandError;
use crate::glob::Matcher;

const SERVER: Command = Command::base(Group::Server);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "command",
    since: "2.8.13",
    complexity: "O(N), N the number of commands",
    summary: "Describes all commands.",
    arity: Arity::AtLeast(1),
    traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
    subcommands: SUBCOMMANDS,
    run: Run::Read(command),
    ..SERVER
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "command|count",
        since: "2.8.13",
        summary: "Returns the number of commands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
        run: Run::Read(count),
        ..SERVER
    },
    Command {
        name: "command|docs",
        since: "7.0.0",
        complexity: "O(N), N the number of commands asked for",
        summary: "Returns the documentation of commands.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("command-name").optional().multiple()],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
        run: Run::Read(docs),
        ..SERVER
    },
    Command {
        name: "command|getkeys",
        since: "2.8.13",
        complexity: "O(N), N the number of arguments",
        summary: "Picks the keys out of a command line.",
        arity: Arity::AtLeast(3),
        args: &[Arg::string("command"), Arg::string("arg").optional().multiple()],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
        run: Run::Read(get_keys),
        ..SERVER
    },
    Command {
        name: "command|getkeysandflags",
        since: "7.0.0",
        complexity: "O(N), N the number of arguments",
        summary: "Picks the keys out of a command line, with what is done to each.",
        arity: Arity::AtLeast(3),
        args: &[Arg::string("command"), Arg::string("arg").optional().multiple()],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
        run: Run::Read(get_keys_and_flags),
        ..SERVER
    },
    Command {
        name: "command|help",
        since: "5.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
        run: Run::Read(help),
        ..SERVER
    },
    Command {
        name: "command|info",
        since: "2.8.13",
        complexity: "O(N), N the number of commands asked for",
        summary: "Describes the commands given, or all.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("command-name").optional().multiple()],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
        run: Run::Read(info),
        ..SERVER
    },
    Command {
        name: "command|list",
        since: "7.0.0",
        complexity: "O(N), N the number of commands",
        summary: "Lists the names of commands, all or filtered.",
        arity: Arity::AtLeast(2),
        args: &[Arg::one_of(
            "filterby",
            &[
                Arg::string("module-name").after("MODULE"),
                Arg::string("category").after("ACLCAT"),
                Arg::pattern("pattern").after("PATTERN"),
            ],
        )
        .after("FILTERBY")
        .optional()],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::CONNECTION),
        run: Run::Read(list),
        ..SERVER
    },
];

fn command(_cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    out.array(table::COUNT);
    for command in table::all() {
        describe::info(command, out);
    }
    Ok(())
}

fn count(_cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    reply::length(out, table::COUNT);
    Ok(())
}

fn docs(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let names = Cursor::after(args, 2).rest();
    // Names that nothing has are left out.
    let asked: Vec<&Command> = if names.is_empty() {
        table::all().collect()
    } else {
        names.iter().filter_map(|name| table::find(name)).collect()
    };
    out.map(asked.len());
    for command in asked {
        out.bulk(command.name.as_bytes());
        describe::docs(command, out);
    }
    Ok(())
}

fn get_keys(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let (line, _, positions) = keys_of(args)?;
    out.array(positions.len());
    for position in positions {
        out.bulk(line.get(position).copied().unwrap_or_default());
    }
    Ok(())
}

fn get_keys_and_flags(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let (line, command, positions) = keys_of(args)?;
    out.array(positions.len());
    for (i, position) in positions.into_iter().enumerate() {
        out.array(2);
        out.bulk(line.get(position).copied().unwrap_or_default());
        let flags = command.key_use(i).into_iter().flat_map(KeyUse::flags);
        out.set(flags.clone().count());
        for flag in flags {
            out.status(flag);
        }
    }
    Ok(())
}

/// The command line behind the subcommand, what it runs, and where its keys stand.
fn keys_of(args: Args<'_>) -> Result<(Args<'_>, &'static Command, table::KeyPositions), CommandError> {
    let line = Cursor::after(args, 2).rest();
    let command = table::resolve(line).map_err(|_| CommandError::GetKeysOfUnknown)?;
    if matches!(command.keys, Keys::None) {
        return Err(CommandError::GetKeysOfKeyless);
    }
    if !command.arity.admits(line.len()) {
        return Err(CommandError::GetKeysArity);
    }
    let positions = command.key_positions(line)?;
    Ok((line, command, positions))
}

/// HELP of any container, made from the records of its subcommands.
pub(super) fn help(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let container = table::resolve(args.get(..1).unwrap_or_default())?;
    let name = container.name.to_ascii_uppercase();
    let heading = format!("{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    out.array(1 + 2 * container.subcommands.len());
    out.status(&heading);
    for sub in container.subcommands {
        out.status(&syntax::without_container(sub));
        out.status(&format!("    {}", sub.summary));
    }
    Ok(())
}

fn info(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let names = Cursor::after(args, 2).rest();
    if names.is_empty() {
        out.array(table::COUNT);
        table::all().for_each(|command| describe::info(command, out));
        return Ok(());
    }
    out.array(names.len());
    for name in names {
        match table::find(name) {
            Some(command) => describe::info(command, out),
            None => out.null(),
        }
    }
    Ok(())
}

fn list(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let every = || table::all().flat_map(|command| std::iter::once(command).chain(command.subcommands));
    let names: Vec<&str> = match Cursor::after(args, 2).rest() {
        [] => every().map(|command| command.name).collect(),
        [filter_by, kind, wanted] if Keyword::of(filter_by).bytes() == b"FILTERBY" => {
            match Keyword::of(kind).bytes() {
                // There are no modules.
                b"MODULE" => Vec::new(),
                b"ACLCAT" => {
                    let in_category = |command: &&Command| {
                        describe::categories(command).any(|name| name.as_bytes().eq_ignore_ascii_case(wanted))
                    };
                    every().filter(in_category).map(|command| command.name).collect()
                }
                b"PATTERN" => {
                    let wanted = wanted.to_ascii_lowercase();
                    let pattern = Matcher::new(&wanted);
                    let matching = every().filter(|command| pattern.matches(command.name.as_bytes()));
                    let names = matching.map(|command| command.name).collect();
                    pattern.check()?;
                    names
                }
                _ => return Err(CommandError::Syntax),
            }
        }
        _ => return Err(CommandError::Syntax),
    };
    out.array(names.len());
    for name in names {
        out.bulk(name.as_bytes());
    }
    Ok(())
}
