//! CLIENT: commands about the open connections. The server runs them.

use crate::commands::command::help;
use crate::commands::table::{Arg, Arity, Command, Connection, Group, Run, Traits};

const CONNECTION: Command = Command::base(Group::Connection);
const PLAIN: Traits = Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE);
const ADMIN: Traits = PLAIN.and(Traits::ADMIN);

/// `TYPE` with the kinds of connections.
const CLIENT_TYPE: Arg = Arg::one_of(
    "client-type",
    &[
        Arg::token("normal", "NORMAL"),
        Arg::token("master", "MASTER"),
        Arg::token("slave", "SLAVE"),
        Arg::token("replica", "REPLICA"),
        Arg::token("pubsub", "PUBSUB"),
    ],
)
.after("TYPE");

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "client",
    since: "2.4.0",
    complexity: "Depends on the subcommand",
    summary: "Holds the commands about connections.",
    arity: Arity::AtLeast(2),
    subcommands: SUBCOMMANDS,
    run: Run::Container,
    ..CONNECTION
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "client|caching",
        since: "6.0.0",
        summary: "Says whether what the next command reads is tracked.",
        arity: Arity::Exactly(3),
        args: &[Arg::one_of("mode", &[Arg::token("yes", "YES"), Arg::token("no", "NO")])],
        traits: PLAIN,
        run: Run::Connection(Connection::ClientCaching),
        ..CONNECTION
    },
    Command {
        name: "client|getname",
        since: "2.6.9",
        summary: "Returns the name of the connection.",
        arity: Arity::Exactly(2),
        traits: PLAIN,
        run: Run::Connection(Connection::ClientGetname),
        ..CONNECTION
    },
    Command {
        name: "client|getredir",
        since: "6.0.0",
        summary: "Returns the connection that notices about tracked keys go to.",
        arity: Arity::Exactly(2),
        traits: PLAIN,
        run: Run::Connection(Connection::ClientGetredir),
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
        traits: PLAIN,
        run: Run::Connection(Connection::ClientId),
        ..CONNECTION
    },
    Command {
        name: "client|info",
        since: "6.2.0",
        summary: "Describes the connection.",
        arity: Arity::Exactly(2),
        traits: PLAIN,
        run: Run::Connection(Connection::ClientInfo),
        ..CONNECTION
    },
    Command {
        name: "client|kill",
        since: "2.4.0",
        complexity: "O(N), N the number of connections",
        summary: "Closes connections.",
        arity: Arity::AtLeast(3),
        args: &[Arg::one_of(
            "filter",
            &[
                Arg::string("old-format"),
                Arg::one_of(
                    "new-format",
                    &[
                        Arg::integer("client-id").after("ID"),
                        CLIENT_TYPE,
                        Arg::string("username").after("USER"),
                        Arg::string("addr").after("ADDR"),
                        Arg::string("laddr").after("LADDR"),
                        Arg::one_of("skipme", &[Arg::token("yes", "YES"), Arg::token("no", "NO")])
                            .after("SKIPME"),
                        Arg::integer("maxage").after("MAXAGE"),
                    ],
                )
                .multiple(),
            ],
        )],
        traits: ADMIN,
        run: Run::Connection(Connection::ClientKill),
        ..CONNECTION
    },
    Command {
        name: "client|list",
        since: "2.4.0",
        complexity: "O(N), N the number of connections",
        summary: "Describes the open connections.",
        arity: Arity::AtLeast(2),
        args: &[CLIENT_TYPE.optional(), Arg::integer("client-id").after("ID").optional().multiple()],
        traits: ADMIN,
        run: Run::Connection(Connection::ClientList),
        ..CONNECTION
    },
    Command {
        name: "client|no-evict",
        since: "7.0.0",
        summary: "Accepted for compatibility: connections are not evicted.",
        arity: Arity::Exactly(3),
        args: &[Arg::one_of("enabled", &[Arg::token("on", "ON"), Arg::token("off", "OFF")])],
        traits: ADMIN,
        run: Run::Connection(Connection::ClientNoEvict),
        ..CONNECTION
    },
    Command {
        name: "client|no-touch",
        since: "7.2.0",
        summary: "Accepted for compatibility: reads do not change a key's order of eviction for this connection.",
        arity: Arity::Exactly(3),
        args: &[Arg::one_of("enabled", &[Arg::token("on", "ON"), Arg::token("off", "OFF")])],
        traits: PLAIN,
        run: Run::Connection(Connection::ClientNoTouch),
        ..CONNECTION
    },
    Command {
        name: "client|pause",
        since: "3.0.0",
        summary: "Holds up the commands of all connections, or those that write, for a time.",
        arity: Arity::AtLeast(3),
        args: &[
            Arg::integer("timeout"),
            Arg::one_of("mode", &[Arg::token("write", "WRITE"), Arg::token("all", "ALL")]).optional(),
        ],
        traits: ADMIN,
        run: Run::Connection(Connection::ClientPause),
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
        traits: PLAIN,
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
        traits: PLAIN,
        run: Run::Connection(Connection::ClientSetinfo),
        ..CONNECTION
    },
    Command {
        name: "client|setname",
        since: "2.6.9",
        summary: "Names the connection.",
        arity: Arity::Exactly(3),
        args: &[Arg::string("connection-name")],
        traits: PLAIN,
        run: Run::Connection(Connection::ClientSetname),
        ..CONNECTION
    },
    Command {
        name: "client|tracking",
        since: "6.0.0",
        complexity: "O(1), and some more for each of the prefixes",
        summary: "Has the connection told when keys that it read, or that begin with a prefix, may have changed.",
        arity: Arity::AtLeast(3),
        args: &[
            Arg::one_of("status", &[Arg::token("on", "ON"), Arg::token("off", "OFF")]),
            Arg::integer("client-id").after("REDIRECT").optional(),
            Arg::string("prefix").after("PREFIX").optional().multiple(),
            Arg::token("bcast", "BCAST").optional(),
            Arg::token("optin", "OPTIN").optional(),
            Arg::token("optout", "OPTOUT").optional(),
            Arg::token("noloop", "NOLOOP").optional(),
        ],
        traits: PLAIN,
        run: Run::Connection(Connection::ClientTracking),
        ..CONNECTION
    },
    Command {
        name: "client|trackinginfo",
        since: "6.2.0",
        summary: "Describes the tracking of the connection.",
        arity: Arity::Exactly(2),
        traits: PLAIN,
        run: Run::Connection(Connection::ClientTrackinginfo),
        ..CONNECTION
    },
    Command {
        name: "client|unblock",
        since: "5.0.0",
        complexity: "O(log N), N the number of connections",
        summary: "Ends the wait of another connection's command, as if its time were over or with an error.",
        arity: Arity::AtLeast(3),
        args: &[
            Arg::integer("client-id"),
            Arg::one_of("unblock-type", &[Arg::token("timeout", "TIMEOUT"), Arg::token("error", "ERROR")])
                .optional(),
        ],
        traits: Traits::ADMIN.and(Traits::NO_SCRIPT).and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::ClientUnblock),
        ..CONNECTION
    },
    Command {
        name: "client|unpause",
        since: "6.2.0",
        summary: "Ends a pause.",
        arity: Arity::Exactly(2),
        traits: ADMIN,
        run: Run::Connection(Connection::ClientUnpause),
        ..CONNECTION
    },
];
