//! Messages between clients. Subscriptions belong to connections, so the server keeps them.

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::command::help;
use crate::commands::reply;
use crate::commands::table::{Arg, Args, Arity, Command, Connection, Group, KeyUse, Keys, Run, Traits};
use crate::cx::ReadCx;
use crate::error::CommandError;
use crate::post::ChannelKind;

/// What SUBSCRIBE and its kin share.
const SUBSCRIBE: Command = Command {
    complexity: "O(N), N the number of subscriptions given",
    arity: Arity::AtLeast(2),
    args: &[Arg::string("channel").multiple()],
    traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE).and(Traits::PUBSUB),
    ..Command::base(Group::PubSub)
};

/// What UNSUBSCRIBE and its kin share.
const UNSUBSCRIBE: Command = Command {
    complexity: "O(N), N the number of subscriptions ended",
    arity: Arity::AtLeast(1),
    args: &[Arg::string("channel").multiple().optional()],
    ..SUBSCRIBE
};

/// What PUBLISH and SPUBLISH share. The read-only token may listen and not speak.
const PUBLISH: Command = Command {
    complexity: "O(N+M), N the subscriptions to the channel, M the patterns of all subscribers",
    arity: Arity::Exactly(3),
    args: &[Arg::string("channel"), Arg::string("message")],
    traits: Traits::LOADING.and(Traits::STALE).and(Traits::FAST).and(Traits::PUBSUB).and(Traits::POWERFUL),
    ..Command::base(Group::PubSub)
};

/// What the subcommands of PUBSUB share.
const PUBSUB: Command = Command {
    traits: Traits::LOADING.and(Traits::STALE).and(Traits::PUBSUB),
    ..Command::base(Group::PubSub)
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "psubscribe",
        since: "2.0.0",
        summary: "Listens to the channels that match patterns.",
        args: &[Arg::pattern("pattern").multiple()],
        run: Run::Connection(Connection::Psubscribe),
        ..SUBSCRIBE
    },
    Command {
        name: "publish",
        since: "2.0.0",
        summary: "Posts a message to a channel and returns how many subscriptions it reached.",
        run: Run::Read(publish),
        ..PUBLISH
    },
    Command {
        name: "pubsub",
        since: "2.8.0",
        complexity: "Depends on the subcommand",
        summary: "Holds the commands that tell about subscriptions.",
        arity: Arity::AtLeast(2),
        subcommands: PUBSUB_SUBCOMMANDS,
        run: Run::Container,
        ..Command::base(Group::PubSub)
    },
    Command {
        name: "punsubscribe",
        since: "2.0.0",
        summary: "Stops listening to patterns, to all of them if none is given.",
        args: &[Arg::pattern("pattern").multiple().optional()],
        run: Run::Connection(Connection::Punsubscribe),
        ..UNSUBSCRIBE
    },
    Command {
        name: "spublish",
        since: "7.0.0",
        complexity: "O(N), N the subscriptions to the channel",
        summary: "Posts a message to a sharded channel and returns how many subscriptions it reached.",
        keys: Keys::One,
        uses: &[KeyUse::NOT_KEY],
        args: &[Arg::string("shardchannel"), Arg::string("message")],
        run: Run::Read(spublish),
        ..PUBLISH
    },
    Command {
        name: "ssubscribe",
        since: "7.0.0",
        summary: "Listens to sharded channels.",
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::NOT_KEY],
        args: &[Arg::string("shardchannel").multiple()],
        run: Run::Connection(Connection::Ssubscribe),
        ..SUBSCRIBE
    },
    Command {
        name: "subscribe",
        since: "2.0.0",
        summary: "Listens to channels.",
        run: Run::Connection(Connection::Subscribe),
        ..SUBSCRIBE
    },
    Command {
        name: "sunsubscribe",
        since: "7.0.0",
        summary: "Stops listening to sharded channels, to all of them if none is given.",
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::NOT_KEY],
        args: &[Arg::string("shardchannel").multiple().optional()],
        run: Run::Connection(Connection::Sunsubscribe),
        ..UNSUBSCRIBE
    },
    Command {
        name: "unsubscribe",
        since: "2.0.0",
        summary: "Stops listening to channels, to all of them if none is given.",
        run: Run::Connection(Connection::Unsubscribe),
        ..UNSUBSCRIBE
    },
];

const PUBSUB_SUBCOMMANDS: &[Command] = &[
    Command {
        name: "pubsub|channels",
        since: "2.8.0",
        complexity: "O(N), N the number of channels",
        summary: "Lists the channels that somebody listens to.",
        arity: Arity::AtLeast(2),
        args: &[Arg::pattern("pattern").optional()],
        run: Run::Connection(Connection::PubsubChannels),
        ..PUBSUB
    },
    Command {
        name: "pubsub|help",
        since: "6.2.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..PUBSUB
    },
    Command {
        name: "pubsub|numpat",
        since: "2.8.0",
        summary: "Counts the different patterns that somebody listens to.",
        arity: Arity::Exactly(2),
        run: Run::Connection(Connection::PubsubNumpat),
        ..PUBSUB
    },
    Command {
        name: "pubsub|numsub",
        since: "2.8.0",
        complexity: "O(N), N the number of channels given",
        summary: "Counts the subscriptions to each of some channels.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("channel").multiple().optional()],
        run: Run::Connection(Connection::PubsubNumsub),
        ..PUBSUB
    },
    Command {
        name: "pubsub|shardchannels",
        since: "7.0.0",
        complexity: "O(N), N the number of sharded channels",
        summary: "Lists the sharded channels that somebody listens to.",
        arity: Arity::AtLeast(2),
        args: &[Arg::pattern("pattern").optional()],
        run: Run::Connection(Connection::PubsubShardchannels),
        ..PUBSUB
    },
    Command {
        name: "pubsub|shardnumsub",
        since: "7.0.0",
        complexity: "O(N), N the number of sharded channels given",
        summary: "Counts the subscriptions to each of some sharded channels.",
        arity: Arity::AtLeast(2),
        args: &[Arg::string("shardchannel").multiple().optional()],
        run: Run::Connection(Connection::PubsubShardnumsub),
        ..PUBSUB
    },
];

fn publish(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [channel, message] = words(args);
    reply::length(out, cx.publish(ChannelKind::Global, channel, message));
    Ok(())
}

fn spublish(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [channel, message] = words(args);
    reply::length(out, cx.publish(ChannelKind::Sharded, channel, message));
    Ok(())
}
