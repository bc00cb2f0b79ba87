//! Commands about the process: settings, statistics, slow commands. The server runs them.

use crate::commands::command::help;
use crate::commands::table::arg::VALUE;
use crate::commands::table::{Arg, Arity, Command, Connection, Group, Run, Traits};

const SERVER: Command = Command::base(Group::Server);
const ADMIN: Traits = Traits::ADMIN.and(Traits::NO_SCRIPT).and(Traits::LOADING).and(Traits::STALE);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
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
        name: "debug",
        since: "1.0.0",
        complexity: "Depends on the subcommand",
        summary: "Serves test suites; refused unless the server was started for them.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("subcommand"), Arg::string("arg").optional().multiple()],
        traits: ADMIN,
        run: Run::Connection(Connection::Debug),
        ..SERVER
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
        name: "latency",
        since: "2.8.13",
        complexity: "Depends on the subcommand",
        summary: "Holds the commands about latency spikes.",
        arity: Arity::AtLeast(2),
        subcommands: LATENCY_SUBCOMMANDS,
        run: Run::Container,
        ..SERVER
    },
    Command {
        name: "monitor",
        since: "1.0.0",
        summary: "Shows every command that the server runs, as it runs it.",
        arity: Arity::Exactly(1),
        traits: ADMIN,
        run: Run::Connection(Connection::Monitor),
        ..SERVER
    },
    Command {
        name: "shutdown",
        since: "1.0.0",
        complexity: "O(N), N the number of requests in progress",
        summary: "Finishes what is in progress, writes everything to the disk and ends the server.",
        arity: Arity::AtLeast(1),
        args: &[
            Arg::one_of("save-selector", &[Arg::token("nosave", "NOSAVE"), Arg::token("save", "SAVE")])
                .optional(),
            Arg::token("now", "NOW").optional(),
            Arg::token("force", "FORCE").optional(),
            Arg::token("abort", "ABORT").optional(),
        ],
        traits: ADMIN.and(Traits::NO_MULTI).and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Shutdown),
        ..SERVER
    },
    Command {
        name: "slowlog",
        since: "2.2.12",
        complexity: "Depends on the subcommand",
        summary: "Holds the commands about slow commands.",
        arity: Arity::AtLeast(2),
        subcommands: SLOWLOG_SUBCOMMANDS,
        run: Run::Container,
        ..SERVER
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
        traits: ADMIN,
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
        name: "config|resetstat",
        since: "2.0.0",
        summary: "Sets the statistics of INFO back.",
        arity: Arity::Exactly(2),
        traits: ADMIN,
        run: Run::Connection(Connection::ConfigResetstat),
        ..SERVER
    },
    Command {
        name: "config|rewrite",
        since: "2.8.0",
        summary: "Refused: the settings file is the operator's.",
        arity: Arity::Exactly(2),
        traits: ADMIN,
        run: Run::Connection(Connection::ConfigRewrite),
        ..SERVER
    },
    Command {
        name: "config|set",
        since: "2.0.0",
        complexity: "O(N), N the number of parameters given",
        summary: "Changes configuration parameters.",
        arity: Arity::AtLeast(4),
        args: &[Arg::block("data", &[Arg::string("parameter"), VALUE]).multiple()],
        traits: ADMIN,
        run: Run::Connection(Connection::ConfigSet),
        ..SERVER
    },
];

const LATENCY_SUBCOMMANDS: &[Command] = &[
    Command {
        name: "latency|doctor",
        since: "2.8.13",
        summary: "Describes the latency spikes in words.",
        arity: Arity::Exactly(2),
        traits: ADMIN,
        run: Run::Connection(Connection::LatencyDoctor),
        ..SERVER
    },
    Command {
        name: "latency|graph",
        since: "2.8.13",
        summary: "Draws the latency spikes of an event.",
        arity: Arity::Exactly(3),
        args: &[Arg::string("event")],
        traits: ADMIN,
        run: Run::Connection(Connection::LatencyGraph),
        ..SERVER
    },
    Command {
        name: "latency|help",
        since: "2.8.13",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..SERVER
    },
    Command {
        name: "latency|histogram",
        since: "7.0.0",
        complexity: "O(N), N the number of commands",
        summary: "Returns how many calls of commands took up to how long.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("command").optional().multiple()],
        traits: ADMIN,
        run: Run::Connection(Connection::LatencyHistogram),
        ..SERVER
    },
    Command {
        name: "latency|history",
        since: "2.8.13",
        summary: "Returns the latency spikes of an event.",
        arity: Arity::Exactly(3),
        args: &[Arg::string("event")],
        traits: ADMIN,
        run: Run::Connection(Connection::LatencyHistory),
        ..SERVER
    },
    Command {
        name: "latency|latest",
        since: "2.8.13",
        summary: "Returns the latest latency spike of each event.",
        arity: Arity::Exactly(2),
        traits: ADMIN,
        run: Run::Connection(Connection::LatencyLatest),
        ..SERVER
    },
    Command {
        name: "latency|reset",
        since: "2.8.13",
        summary: "Forgets the latency spikes of events, or of all.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("event").optional().multiple()],
        traits: ADMIN,
        run: Run::Connection(Connection::LatencyReset),
        ..SERVER
    },
];

const SLOWLOG_SUBCOMMANDS: &[Command] = &[
    Command {
        name: "slowlog|get",
        since: "2.2.12",
        complexity: "O(N), N the number of entries returned",
        summary: "Returns the newest entries of the slow log.",
        arity: Arity::AtLeast(2),
        args: &[Arg::integer("count").optional()],
        traits: Traits::ADMIN.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::SlowlogGet),
        ..SERVER
    },
    Command {
        name: "slowlog|help",
        since: "6.2.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..SERVER
    },
    Command {
        name: "slowlog|len",
        since: "2.2.12",
        summary: "Returns the number of entries of the slow log.",
        arity: Arity::Exactly(2),
        traits: Traits::ADMIN.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::SlowlogLen),
        ..SERVER
    },
    Command {
        name: "slowlog|reset",
        since: "2.2.12",
        complexity: "O(N), N the number of entries",
        summary: "Empties the slow log.",
        arity: Arity::Exactly(2),
        traits: Traits::ADMIN.and(Traits::LOADING).and(Traits::STALE),
        run: Run::Connection(Connection::SlowlogReset),
        ..SERVER
    },
];
