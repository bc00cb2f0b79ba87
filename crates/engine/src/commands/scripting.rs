//! Scripts. The node runs them, because it has interpreters.

use crate::commands::command::help;
use crate::commands::table::{Arg, Arity, Command, Group, KeyUse, Keys, Run, Script, Traits};

const SCRIPTING: Command = Command::base(Group::Scripting);

/// What runs a script or function: `EVAL script numkeys [key ...] [arg ...]` and its kin.
const PROGRAM: Command = Command {
    complexity: "Depends on the script",
    arity: Arity::AtLeast(3),
    keys: Keys::Counted { at: 2 },
    uses: &[KeyUse::RW.access().update()],
    traits: Traits::NO_SCRIPT.and(Traits::STALE),
    ..SCRIPTING
};

const READ_ONLY_USES: &[KeyUse] = &[KeyUse::RO.access()];

const NUMKEYS: Arg = Arg::integer("numkeys");
const KEYS: Arg = Arg::key("key").optional().multiple();
const ARGS: Arg = Arg::string("arg").optional().multiple();
const SCRIPT: &[Arg] = &[Arg::string("script"), NUMKEYS, KEYS, ARGS];
const SHA1: &[Arg] = &[Arg::string("sha1"), NUMKEYS, KEYS, ARGS];
const FUNCTION: &[Arg] = &[Arg::string("function"), NUMKEYS, KEYS, ARGS];

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "eval",
        since: "2.6.0",
        summary: "Runs a script.",
        args: SCRIPT,
        run: Run::Script(Script::Eval),
        ..PROGRAM
    },
    Command {
        name: "eval_ro",
        since: "7.0.0",
        summary: "Runs a script that only reads.",
        uses: READ_ONLY_USES,
        args: SCRIPT,
        run: Run::Script(Script::EvalRo),
        ..PROGRAM
    },
    Command {
        name: "evalsha",
        since: "2.6.0",
        summary: "Runs a script that is known by its SHA-1.",
        args: SHA1,
        run: Run::Script(Script::Evalsha),
        ..PROGRAM
    },
    Command {
        name: "evalsha_ro",
        since: "7.0.0",
        summary: "Runs a script that only reads and is known by its SHA-1.",
        uses: READ_ONLY_USES,
        args: SHA1,
        run: Run::Script(Script::EvalshaRo),
        ..PROGRAM
    },
    Command {
        name: "fcall",
        since: "7.0.0",
        summary: "Calls a function of a library.",
        args: FUNCTION,
        run: Run::Script(Script::Fcall),
        ..PROGRAM
    },
    Command {
        name: "fcall_ro",
        since: "7.0.0",
        summary: "Calls a function of a library, which may only read.",
        uses: READ_ONLY_USES,
        args: FUNCTION,
        run: Run::Script(Script::FcallRo),
        ..PROGRAM
    },
    Command {
        name: "script",
        since: "2.6.0",
        complexity: "Depends on the subcommand",
        summary: "Holds the commands about scripts.",
        arity: Arity::AtLeast(2),
        subcommands: SUBCOMMANDS,
        ..SCRIPTING
    },
];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "script|debug",
        since: "3.2.0",
        summary: "Sets the mode of a debugger, which there is not.",
        arity: Arity::Exactly(3),
        args: &[Arg::one_of(
            "mode",
            &[Arg::token("yes", "YES"), Arg::token("sync", "SYNC"), Arg::token("no", "NO")],
        )],
        traits: Traits::NO_SCRIPT,
        run: Run::Script(Script::ScriptDebug),
        ..SCRIPTING
    },
    Command {
        name: "script|exists",
        since: "2.6.0",
        complexity: "O(N), N the number of scripts asked for",
        summary: "Says which scripts are known.",
        arity: Arity::AtLeast(3),
        args: &[Arg::string("sha1").multiple()],
        traits: Traits::NO_SCRIPT,
        run: Run::Script(Script::ScriptExists),
        ..SCRIPTING
    },
    Command {
        name: "script|flush",
        since: "2.6.0",
        complexity: "O(N), N the number of known scripts",
        summary: "Forgets all scripts.",
        arity: Arity::AtLeast(2),
        args: &[
            Arg::one_of("flush-type", &[Arg::token("async", "ASYNC"), Arg::token("sync", "SYNC")]).optional()
        ],
        traits: Traits::NO_SCRIPT,
        run: Run::Script(Script::ScriptFlush),
        ..SCRIPTING
    },
    Command {
        name: "script|help",
        since: "5.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..SCRIPTING
    },
    Command {
        name: "script|kill",
        since: "2.6.0",
        summary: "Ends the script that runs, and undoes what it did.",
        arity: Arity::Exactly(2),
        traits: Traits::NO_SCRIPT.and(Traits::ALLOW_BUSY),
        run: Run::Script(Script::ScriptKill),
        ..SCRIPTING
    },
    Command {
        name: "script|load",
        since: "2.6.0",
        complexity: "O(N), N the length of the script",
        summary: "Learns a script without running it, and returns its SHA-1.",
        arity: Arity::Exactly(3),
        args: &[Arg::string("script")],
        traits: Traits::NO_SCRIPT.and(Traits::STALE),
        run: Run::Script(Script::ScriptLoad),
        ..SCRIPTING
    },
];
