//! Commands for nodes of a Redis Cluster, which this is none of.

use selvedge_wire::ReplySink;

use crate::commands::table::{Args, Arity, Command, Group, Run, Traits};
use crate::cx::ReadCx;
use crate::error::CommandError;

const CLUSTER: Command = Command {
    since: "3.0.0",
    arity: Arity::Exactly(1),
    run: Run::Read(refuse),
    ..Command::base(Group::Cluster)
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "asking",
        summary: "Says that the next command follows a redirection.",
        traits: Traits::FAST.and(Traits::CONNECTION),
        ..CLUSTER
    },
    Command {
        name: "readonly",
        summary: "Lets the connection read from a replica.",
        traits: Traits::FAST.and(Traits::CONNECTION).and(Traits::LOADING).and(Traits::STALE),
        ..CLUSTER
    },
    Command {
        name: "readwrite",
        summary: "Takes back what READONLY said.",
        traits: Traits::FAST.and(Traits::CONNECTION).and(Traits::LOADING).and(Traits::STALE),
        ..CLUSTER
    },
];

fn refuse(_cx: &ReadCx<'_>, _args: Args<'_>, _out: &mut dyn ReplySink) -> Result<(), CommandError> {
    Err(CommandError::ClusterDisabled)
}
