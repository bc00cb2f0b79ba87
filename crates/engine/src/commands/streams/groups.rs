//! XGROUP: making, moving and removing groups and their consumers.

use selvedge_wire::ReplySink;

use super::{CONSUMER, GROUP, ID, STREAM, id};
use crate::args::{Cursor, Keyword, words};
use crate::commands::command::help;
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::{CommandError, GroupOfKey, StreamError};
use crate::events::Event;
use crate::mutation::Mutation;
use crate::types::{Group, StreamHead, StreamId, StreamRef};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "xgroup",
    since: "5.0.0",
    complexity: "Depends on the subcommand",
    summary: "Holds the commands about groups of consumers.",
    arity: Arity::AtLeast(2),
    subcommands: SUBCOMMANDS,
    run: Run::Container,
    ..STREAM
}];

/// What the subcommands about a key share.
const OF_KEY: Command =
    Command { keys: Keys::Range { first: 2, last: 2, step: 1 }, uses: &[KeyUse::RW.insert()], ..STREAM };

const ID_OR_LAST: Arg = Arg::one_of("id-selector", &[ID, Arg::token("new-id", "$")]);
const ENTRIESREAD: Arg = Arg::integer("entriesread").after("ENTRIESREAD").optional();

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "xgroup|create",
        since: "5.0.0",
        summary: "Makes a group that reads a stream from an id on.",
        arity: Arity::AtLeast(5),
        args: &[KEY, GROUP, ID_OR_LAST, Arg::token("mkstream", "MKSTREAM").optional(), ENTRIESREAD],
        traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
        run: Run::Write(create),
        ..OF_KEY
    },
    Command {
        name: "xgroup|createconsumer",
        since: "6.2.0",
        summary: "Makes a consumer of a group.",
        arity: Arity::Exactly(5),
        args: &[KEY, GROUP, CONSUMER],
        traits: Traits::DENY_OOM,
        run: Run::Write(create_consumer),
        ..OF_KEY
    },
    Command {
        name: "xgroup|delconsumer",
        since: "5.0.0",
        complexity: "O(N), N the number of entries that are pending with it",
        summary: "Removes a consumer of a group, and returns how many entries were pending with it.",
        arity: Arity::Exactly(5),
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, GROUP, CONSUMER],
        run: Run::Write(remove_consumer),
        ..OF_KEY
    },
    Command {
        name: "xgroup|destroy",
        since: "5.0.0",
        complexity: "O(N), N the number of entries that are pending",
        summary: "Removes a group.",
        arity: Arity::Exactly(4),
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, GROUP],
        run: Run::Write(destroy),
        ..OF_KEY
    },
    Command {
        name: "xgroup|help",
        since: "5.0.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..STREAM
    },
    Command {
        name: "xgroup|setid",
        since: "5.0.0",
        summary: "Sets the id from which on a group reads.",
        arity: Arity::AtLeast(5),
        uses: &[KeyUse::RW.update()],
        args: &[KEY, GROUP, ID_OR_LAST, ENTRIESREAD],
        run: Run::Write(set_id),
        ..OF_KEY
    },
];

/// The options of CREATE and SETID.
#[derive(Debug, Clone, Copy, Default)]
struct Options {
    makes: bool,
    entries_read: Option<u64>,
}

impl Options {
    fn parse(args: Args<'_>, may_make: bool) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let mut cursor = Cursor::after(args, 5);
        while let Some(option) = cursor.next() {
            match (Keyword::of(option).bytes(), cursor.rest()) {
                (b"MKSTREAM", _) if may_make => options.makes = true,
                (b"ENTRIESREAD", [_, ..]) => {
                    options.entries_read = match cursor.integer()? {
                        -1 => None,
                        read => Some(u64::try_from(read).map_err(|_| StreamError::EntriesReadNegative)?),
                    };
                }
                _ => {
                    let name = args.get(1).copied().unwrap_or_default();
                    return Err(CommandError::subcommand_arity("XGROUP", name));
                }
            }
        }
        Ok(options)
    }

    /// How many entries count as read: no more than there were.
    fn entries_read(self, head: StreamHead) -> Option<u64> {
        self.entries_read.map(|read| read.min(head.entries_added))
    }
}

fn create(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key, group, word] = words(args);
    let options = Options::parse(args, true)?;
    let stream = cx.stream(key)?;
    if stream.is_none() && !options.makes {
        return Err(StreamError::NoKeyForGroup.into());
    }
    let head = stream.map(StreamRef::head).unwrap_or_default();
    let last_id = id_or_last(word, head)?;
    if stream.and_then(|stream| stream.group(group)).is_some() {
        return Err(StreamError::GroupExists.into());
    }
    if stream.is_none() {
        cx.change_stream(key, &Mutation::StreamHeadSet { key, head });
    }
    let entries_read = options.entries_read(head);
    cx.change_stream(key, &Mutation::GroupSet { key, group, last_id, entries_read });
    cx.notify(Event::XGROUP_CREATE, key);
    out.status("OK");
    Ok(())
}

fn set_id(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key, group, word] = words(args);
    let options = Options::parse(args, false)?;
    let head = group_of(cx, key, group)?.0.head();
    // CREATE does not know the two ends.
    let last_id = match word {
        b"-" => StreamId::MIN,
        b"+" => StreamId::MAX,
        _ => id_or_last(word, head)?,
    };
    let entries_read = options.entries_read(head);
    cx.change_stream(key, &Mutation::GroupSet { key, group, last_id, entries_read });
    cx.notify(Event::XGROUP_SETID, key);
    out.status("OK");
    Ok(())
}

fn create_consumer(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [_, key, group, consumer] = words(args);
    let is_new = group_of(cx, key, group)?.1.consumer(consumer).is_none();
    if is_new {
        let seen_at_ms = cx.now_ms();
        let mutation = Mutation::ConsumerSet { key, group, consumer, seen_at_ms, active_at_ms: None };
        cx.change_stream(key, &mutation);
        cx.notify(Event::XGROUP_CREATECONSUMER, key);
    }
    out.integer(i64::from(is_new));
    Ok(())
}

fn remove_consumer(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [_, key, group, consumer] = words(args);
    let pending =
        group_of(cx, key, group)?.1.consumer(consumer).map_or(0, |consumer| consumer.pending_count());
    if cx.change_stream(key, &Mutation::ConsumerRemove { key, group, consumer }) {
        cx.notify(Event::XGROUP_DELCONSUMER, key);
    }
    reply::length(out, pending);
    Ok(())
}

fn destroy(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key, group] = words(args);
    if cx.stream(key)?.is_none() {
        return Err(StreamError::NoKeyForGroup.into());
    }
    let was_there = cx.change_stream(key, &Mutation::GroupRemove { key, group });
    if was_there {
        cx.notify(Event::XGROUP_DESTROY, key);
    }
    out.integer(i64::from(was_there));
    Ok(())
}

/// A word as an id, `$` being the last one of the stream.
fn id_or_last(word: &[u8], head: StreamHead) -> Result<StreamId, StreamError> {
    if word == b"$" { Ok(head.last_id) } else { id::parse(word, 0) }
}

/// A stream and its group.
fn group_of<'a>(
    cx: &'a WriteCx<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<(StreamRef<'a>, &'a Group), CommandError> {
    let stream = cx.stream(key)?.ok_or(StreamError::NoKeyForGroup)?;
    let group = stream.group(name).ok_or_else(|| StreamError::NoGroup(GroupOfKey::new(key, name)))?;
    Ok((stream, group))
}
