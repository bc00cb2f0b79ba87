//! WAIT and WAITAOF: until what was written is safe.

use crate::commands::table::{Arg, Arity, Command, Connection, Group, Run, Traits};

const GENERIC: Command = Command::base(Group::Generic);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "wait",
        since: "3.0.0",
        summary: "Returns the number of replicas that have what the connection wrote: there are none to wait for.",
        arity: Arity::Exactly(3),
        args: &[Arg::integer("numreplicas"), Arg::integer("timeout")],
        traits: Traits::WAITS.and(Traits::CONNECTION),
        run: Run::Connection(Connection::Wait),
        ..GENERIC
    },
    Command {
        name: "waitaof",
        since: "7.2.0",
        summary: "Waits until the log has synced what was written before.",
        arity: Arity::Exactly(4),
        args: &[Arg::integer("numlocal"), Arg::integer("numreplicas"), Arg::integer("timeout")],
        traits: Traits::WAITS.and(Traits::CONNECTION),
        run: Run::Connection(Connection::Waitaof),
        ..GENERIC
    },
];
