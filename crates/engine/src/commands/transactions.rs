//! Transactions: the connection queues, the node runs.

use crate::commands::table::{Arg, Arity, Command, Connection, Group, KeyUse, Keys, Run, Traits};

const TRANSACTIONS: Command = Command::base(Group::Transactions);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "discard",
        since: "2.0.0",
        summary: "Drops the queued commands of a transaction.",
        arity: Arity::Exactly(1),
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Discard),
        ..TRANSACTIONS
    },
    Command {
        name: "exec",
        since: "1.2.0",
        complexity: "Depends on the commands queued",
        summary: "Runs the queued commands of a transaction in one step.",
        arity: Arity::Exactly(1),
        traits: Traits::NO_SCRIPT.and(Traits::LOADING).and(Traits::STALE).and(Traits::SKIP_SLOWLOG),
        run: Run::Connection(Connection::Exec),
        ..TRANSACTIONS
    },
    Command {
        name: "multi",
        since: "1.2.0",
        summary: "Starts a transaction: the commands that follow are queued.",
        arity: Arity::Exactly(1),
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Multi),
        ..TRANSACTIONS
    },
    Command {
        name: "unwatch",
        since: "2.2.0",
        summary: "Forgets all keys that the connection watches.",
        arity: Arity::Exactly(1),
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Unwatch),
        ..TRANSACTIONS
    },
    Command {
        name: "watch",
        since: "2.2.0",
        complexity: "O(N), N the keys given",
        summary: "Makes the next EXEC run nothing if one of these keys has changed by then.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RO],
        args: &[Arg::key("key").multiple()],
        traits: Traits::NO_SCRIPT
            .and(Traits::LOADING)
            .and(Traits::STALE)
            .and(Traits::FAST)
            .and(Traits::ALLOW_BUSY),
        run: Run::Connection(Connection::Watch),
        ..TRANSACTIONS
    },
];
