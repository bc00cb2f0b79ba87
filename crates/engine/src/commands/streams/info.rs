//! XINFO: what a stream, its groups and their consumers are like.

use selvedge_wire::ReplySink;

use super::{GROUP, STREAM, write_entries, write_entry, write_id};
use crate::args::{Keyword, integer, words};
use crate::commands::command::help;
use crate::commands::reply;
use crate::commands::table::arg::{COUNT, KEY};
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx};
use crate::error::{CommandError, GroupOfKey, StreamError};
use crate::limits::STREAM_INFO_COUNT_DEFAULT;
use crate::time::Milliseconds;
use crate::types::{Bounds, Consumer, Group, StreamId, StreamRef};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "xinfo",
    since: "5.0.0",
    complexity: "Depends on the subcommand",
    summary: "Holds the commands that tell about streams.",
    arity: Arity::AtLeast(2),
    subcommands: SUBCOMMANDS,
    run: Run::Container,
    ..STREAM
}];

/// What the subcommands about a key share.
const OF_KEY: Command = Command {
    since: "5.0.0",
    keys: Keys::Range { first: 2, last: 2, step: 1 },
    uses: &[KeyUse::RO.access()],
    ..STREAM
};

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "xinfo|consumers",
        complexity: "O(N), N the number of consumers",
        summary: "Returns the consumers of a group.",
        arity: Arity::Exactly(4),
        args: &[KEY, GROUP],
        run: Run::Read(consumers),
        ..OF_KEY
    },
    Command {
        name: "xinfo|groups",
        complexity: "O(N), N the number of groups",
        summary: "Returns the groups of a stream.",
        arity: Arity::Exactly(3),
        args: &[KEY],
        run: Run::Read(groups),
        ..OF_KEY
    },
    Command {
        name: "xinfo|help",
        since: "5.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..STREAM
    },
    Command {
        name: "xinfo|stream",
        complexity: "O(1), and O(N) for all of it, N the number of entries, groups and consumers shown",
        summary: "Returns what a stream is like, or all of it.",
        arity: Arity::AtLeast(3),
        args: &[KEY, Arg::block("full-block", &[Arg::token("full", "FULL"), COUNT]).optional()],
        run: Run::Read(stream),
        ..OF_KEY
    },
];

fn consumers(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key, name] = words(args);
    let stream = cx.stream(key)?.ok_or(CommandError::NoSuchKey)?;
    let group = stream.group(name).ok_or_else(|| StreamError::NoGroup(GroupOfKey::new(key, name)))?;
    let since = |at_ms: Milliseconds| i64::try_from(cx.now_ms().saturating_sub(at_ms)).unwrap_or(i64::MAX);
    out.array(group.consumer_count());
    for (name, consumer) in group.consumers() {
        out.map(4);
        out.bulk(b"name");
        out.bulk(name);
        count("pending", consumer.pending_count(), out);
        number("idle", since(consumer.seen_at_ms), out);
        number("inactive", consumer.active_at_ms.map_or(-1, since), out);
    }
    Ok(())
}

fn groups(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    let stream = cx.stream(key)?.ok_or(CommandError::NoSuchKey)?;
    out.array(stream.group_count());
    for (name, group) in stream.groups() {
        out.map(6);
        out.bulk(b"name");
        out.bulk(name);
        count("consumers", group.consumer_count(), out);
        count("pending", group.pending_count(), out);
        write_progress(stream, group, out);
    }
    Ok(())
}

fn stream(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    let shown = match args.get(3..).unwrap_or_default() {
        [] => None,
        [full] if Keyword::of(full).bytes() == b"FULL" => Some(STREAM_INFO_COUNT_DEFAULT),
        [full, word, count]
            if Keyword::of(full).bytes() == b"FULL" && Keyword::of(word).bytes() == b"COUNT" =>
        {
            Some(match usize::try_from(integer(count)?) {
                Ok(0) => usize::MAX,
                Ok(count) => count,
                Err(_) => STREAM_INFO_COUNT_DEFAULT,
            })
        }
        _ => {
            return Err(CommandError::subcommand_arity("XINFO", args.get(1).copied().unwrap_or_default()));
        }
    };
    let stream = cx.stream(key)?.ok_or(CommandError::NoSuchKey)?;
    out.map(if shown.is_some() { 9 } else { 10 });
    write_head(stream, out);
    match shown {
        None => {
            count("groups", stream.group_count(), out);
            for (name, entry) in [("first-entry", stream.first()), ("last-entry", stream.last())] {
                out.bulk(name.as_bytes());
                match entry {
                    Some(entry) => write_entry(entry, out),
                    None => out.null(),
                }
            }
        }
        Some(shown) => {
            out.bulk(b"entries");
            write_entries(stream.range(Bounds::ALL).take(shown), out);
            out.bulk(b"groups");
            out.array(stream.group_count());
            for (name, group) in stream.groups() {
                write_group(stream, name, group, shown, out);
            }
        }
    }
    Ok(())
}

/// What both forms of XINFO STREAM begin with: seven pairs. For Redis' nodes stand the blocks.
fn write_head(stream: StreamRef<'_>, out: &mut dyn ReplySink) {
    let head = stream.head();
    count("length", stream.len(), out);
    count("radix-tree-keys", stream.block_count(), out);
    count("radix-tree-nodes", stream.block_count() + 1, out);
    id("last-generated-id", head.last_id, out);
    id("max-deleted-entry-id", head.max_deleted_id, out);
    number("entries-added", i64::try_from(head.entries_added).unwrap_or(i64::MAX), out);
    id("recorded-first-entry-id", stream.first().map_or(StreamId::MIN, |entry| entry.id), out);
}

/// How far a group is: three pairs.
fn write_progress(stream: StreamRef<'_>, group: &Group, out: &mut dyn ReplySink) {
    id("last-delivered-id", group.last_id, out);
    optional("entries-read", group.entries_read, out);
    optional("lag", stream.progress().lag(group), out);
}

/// A group with its consumers, and up to `shown` entries that are pending with each.
fn write_group(stream: StreamRef<'_>, name: &[u8], group: &Group, shown: usize, out: &mut dyn ReplySink) {
    out.map(7);
    out.bulk(b"name");
    out.bulk(name);
    write_progress(stream, group, out);
    count("pel-count", group.pending_count(), out);
    out.bulk(b"pending");
    let pending = group.pending_range(StreamId::MIN, StreamId::MAX).take(shown);
    out.array(pending.clone().count());
    for (id, pending) in pending {
        out.array(4);
        write_id(id, out);
        out.bulk(pending.consumer());
        write_delivery(pending.delivered_at_ms, pending.deliveries, out);
    }
    out.bulk(b"consumers");
    out.array(group.consumer_count());
    for (name, consumer) in group.consumers() {
        write_consumer(group, name, consumer, shown, out);
    }
}

fn write_consumer(group: &Group, name: &[u8], consumer: &Consumer, shown: usize, out: &mut dyn ReplySink) {
    let time = |at_ms: Option<Milliseconds>| at_ms.and_then(|at_ms| i64::try_from(at_ms).ok()).unwrap_or(-1);
    out.map(5);
    out.bulk(b"name");
    out.bulk(name);
    number("seen-time", time(Some(consumer.seen_at_ms)), out);
    number("active-time", time(consumer.active_at_ms), out);
    count("pel-count", consumer.pending_count(), out);
    out.bulk(b"pending");
    let ids = consumer.pending_from(StreamId::MIN).take(shown);
    let pending = ids.filter_map(|id| Some((id, group.pending(id)?)));
    out.array(pending.clone().count());
    for (id, pending) in pending {
        out.array(3);
        write_id(id, out);
        write_delivery(pending.delivered_at_ms, pending.deliveries, out);
    }
}

fn write_delivery(delivered_at_ms: Milliseconds, deliveries: u64, out: &mut dyn ReplySink) {
    out.integer(i64::try_from(delivered_at_ms).unwrap_or(i64::MAX));
    out.integer(i64::try_from(deliveries).unwrap_or(i64::MAX));
}

fn count(name: &str, count: usize, out: &mut dyn ReplySink) {
    out.bulk(name.as_bytes());
    reply::length(out, count);
}

fn number(name: &str, number: i64, out: &mut dyn ReplySink) {
    out.bulk(name.as_bytes());
    out.integer(number);
}

fn optional(name: &str, number: Option<u64>, out: &mut dyn ReplySink) {
    out.bulk(name.as_bytes());
    match number {
        Some(number) => out.integer(i64::try_from(number).unwrap_or(i64::MAX)),
        None => out.null(),
    }
}

fn id(name: &str, id: StreamId, out: &mut dyn ReplySink) {
    out.bulk(name.as_bytes());
    write_id(id, out);
}
