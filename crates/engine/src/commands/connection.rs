//! Commands about the connection and the process. Most are run by the server; the table describes them all.

use selvedge_wire::ReplySink;

use crate::args::Cursor;
use crate::commands::command::help;
use crate::commands::table::arg::VALUE;
use crate::commands::table::{Arg, Args, Arity, Command, Connection, Group, Run, Traits};
use crate::cx::ReadCx;
use crate::error::CommandError;

const CONNECTION: Command = Command::base(Group::Connection);
const SERVER: Command = Command::base(Group::Server);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "auth",
        since: "1.0.0",
        summary: "Authenticates the connection.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("username").optional(), Arg::string("password")],
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::NO_AUTH)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Auth),
        ..CONNECTION
    },
    Command {
        name: "client",
        since: "2.4.0",
        complexity: "Depends on the subcommand",
        summary: "Holds the commands about connections.",
        arity: Arity::AtLeast(2),
        subcommands: CLIENT_SUBCOMMANDS,
        run: Run::Container,
        ..CONNECTION
    },
    Command {
        name: "config",
        since: "2.0.0",
        complexity: "Depends on the subcommand",
        summary: "Holds the commands about configuration.",
        arity: Arity::AtLeast(2),
        subcommands: CONFIG_SUBCOMMANDS,
        run: Run::Container,
        ..SERVER
    },
    Command {
        name: "echo",
        since: "1.0.0",
        summary: "Returns the message given.",
        arity: Arity::Exactly(2),
        args: &[Arg::string("message")],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::FAST),
        run: Run::Read(echo),
        ..CONNECTION
    },
    Command {
        name: "hello",
        since: "6.0.0",
        summary: "Agrees on the protocol version, and can authenticate and name the connection.",
        arity: Arity::AtLeast(1),
        args: &[Arg::block(
            "arguments",
            &[
                Arg::integer("protover"),
                Arg::block("auth", &[Arg::string("username"), Arg::string("password")])
                    .after("AUTH")
                    .optional(),
                Arg::string("clientname").after("SETNAME").optional(),
            ],
        )
        .optional()],
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::NO_AUTH)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Hello),
        ..CONNECTION
    },
    Command {
        name: "info",
        since: "1.0.0",
        summary: "Describes the server in sections of text.",
        arity: Arity::AtLeast(1),
        args: &[Arg::string("section").optional().multiple()],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::DANGEROUS),
        run: Run::Connection(Connection::Info),
        ..SERVER
    },
    Command {
        name: "ping",
        since: "1.0.0",
        summary: "Answers PONG, or the message given.",
        arity: Arity::AtLeast(1),
        args: &[Arg::string("message").optional()],
        traits: Traits::FAST,
        run: Run::Read(ping),
        ..CONNECTION
    },
    Command {
        name: "quit",
        since: "1.0.0",
        summary: "Closes the connection.",
        arity: Arity::AtLeast(1),
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::NO_AUTH)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Quit),
        ..CONNECTION
    },
    Command {
        name: "reset",
        since: "6.2.0",
        summary: "Puts the connection back into the state it was opened in.",
        arity: Arity::Exactly(1),
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::NO_AUTH)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Reset),
        ..CONNECTION
    },
    Command {
        name: "select",
        since: "1.0.0",
        summary: "Selects a database; there is one, number 0.",
        arity: Arity::Exactly(2),
        args: &[Arg::integer("index")],
        traits: Traits::LOADING.and(Traits::STALE).and(Traits::FAST),
        run: Run::Connection(Connection::Select),
        ..CONNECTION
    },
];

const CLIENT_SUBCOMMANDS: &[Command] = &[
    Command {
        name: "client|getname",
        since: "2.6.9",
        summary: "Returns the name of the connection.",
        arity: Arity::Exactly(2),
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientGetname),
        ..CONNECTION
    },
    Command {
        name: "client|help",
        since: "5.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..CONNECTION
    },
    Command {
        name: "client|id",
        since: "5.0.0",
        summary: "Returns the number of the connection.",
        arity: Arity::Exactly(2),
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientId),
        ..CONNECTION
    },
    Command {
        name: "client|info",
        since: "6.2.0",
        summary: "Describes the connection.",
        arity: Arity::Exactly(2),
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientInfo),
        ..CONNECTION
    },
    Command {
        name: "client|list",
        since: "2.4.0",
        complexity: "O(N), N the number of connections",
        summary: "Describes the open connections.",
        arity: Arity::AtLeast(2),
        args: &[
            Arg::one_of(
                "client-type",
                &[
                    Arg::token("normal", "NORMAL"),
                    Arg::token("master", "MASTER"),
                    Arg::token("replica", "REPLICA"),
                    Arg::token("pubsub", "PUBSUB"),
                ],
            )
            .after("TYPE")
            .optional(),
            Arg::integer("client-id").after("ID").optional().multiple(),
        ],
        traits: Traits::ADMIN.and(Traits::NO_SCRIPT).and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientList),
        ..CONNECTION
    },
    Command {
        name: "client|no-evict",
        since: "7.0.0",
        summary: "Accepted for compatibility: connections are not evicted.",
        arity: Arity::Exactly(3),
        args: &[Arg::one_of("enabled", &[Arg::token("on", "ON"), Arg::token("off", "OFF")])],
        traits: Traits::ADMIN.and(Traits::NO_SCRIPT).and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientNoEvict),
        ..CONNECTION
    },
    Command {
        name: "client|no-touch",
        since: "7.2.0",
        summary: "Accepted for compatibility: reads do not change a key's order of eviction for this connection.",
        arity: Arity::Exactly(3),
        args: &[Arg::one_of("enabled", &[Arg::token("on", "ON"), Arg::token("off", "OFF")])],
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientNoTouch),
        ..CONNECTION
    },
    Command {
        name: "client|reply",
        since: "3.2.0",
        summary: "Turns replies to the connection on or off, or skips the next.",
        arity: Arity::Exactly(3),
        args: &[Arg::one_of(
            "action",
            &[Arg::token("on", "ON"), Arg::token("off", "OFF"), Arg::token("skip", "SKIP")],
        )],
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientReply),
        ..CONNECTION
    },
    Command {
        name: "client|setinfo",
        since: "7.2.0",
        summary: "Records the name or version of the client library.",
        arity: Arity::Exactly(4),
        args: &[Arg::one_of(
            "attr",
            &[Arg::string("libname").after("LIB-NAME"), Arg::string("libver").after("LIB-VER")],
        )],
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientSetinfo),
        ..CONNECTION
    },
    Command {
        name: "client|setname",
        since: "2.6.9",
        summary: "Names the connection.",
        arity: Arity::Exactly(3),
        args: &[Arg::string("connection-name")],
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientSetname),
        ..CONNECTION
    },
];
const CONFIG_SUBCOMMANDS: &[Command] = &[
    Command {
        name: "config|get",
        since: "2.0.0",
        complexity: "O(N), N the number of parameters",
        summary: "Returns the configuration parameters that match patterns.",
        arity: Arity::AtLeast(3),
        args: &[Arg::string("parameter").multiple()],
        traits: Traits::ADMIN.and(Traits::NO_SCRIPT).and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ConfigGet),
        ..SERVER
    },
    Command {
        name: "config|help",
        since: "5.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..SERVER
    },
    Command {
        name: "config|set",
        since: "2.0.0",
        complexity: "O(N), N the number of parameters given",
        summary: "Changes configuration parameters.",
        arity: Arity::AtLeast(4),
        args: &[Arg::block("data", &[Arg::string("parameter"), VALUE]).multiple()],
        traits: Traits::ADMIN.and(Traits::NO_SCRIPT).and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ConfigSet),
        ..SERVER
    },
];

fn echo(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [message] = crate::args::words(args);
    out.bulk(message);
    Ok(())
}

fn ping(_cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    match Cursor::after(args, 1).rest() {
        [] => out.status("PONG"),
        [message] => out.bulk(message),
        _ => return Err(CommandError::WrongArity { command: "ping" }),
    }
    Ok(())
}
