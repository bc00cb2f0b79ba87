//! Commands about the connection. Most are run by the server; the table describes them all.

use selvedge_wire::ReplySink;

use crate::args::Cursor;
use crate::commands::table::{Arg, Args, Arity, Command, Connection, Group, Run, Traits};
use crate::cx::ReadCx;
use crate::error::CommandError;

const CONNECTION: Command = Command::base(Group::Connection);

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
