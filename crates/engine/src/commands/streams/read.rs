//! XREAD and XREADGROUP: what is new in streams, for everybody or for a group of consumers.

use selvedge_wire::{Protocol, ReplySink};
use smallvec::SmallVec;

use super::{CONSUMER, ID, STREAM, find_group, id, write_entries, write_entry, write_id};
use crate::args::{Cursor, Keyword};
use crate::commands::table::arg::COUNT;
use crate::commands::table::{
    Arg, Args, Arity, Attempt, Command, KeyUse, Keys, Nothing, Patience, Run, Traits,
};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::{CommandError, GroupOfKey, StreamError};
use crate::events::Event;
use crate::mutation::{Deliveries, Mutation};
use crate::numbers::parse_integer;
use crate::time::Milliseconds;
use crate::types::{Bounds, Group, StreamId, StreamRef};

const BLOCK: Arg = Arg::integer("milliseconds").after("BLOCK").optional();
const STREAMS: Arg = Arg::block("streams", &[Arg::key("key").multiple(), ID.multiple()]).after("STREAMS");

/// What both share.
const READ: Command = Command {
    since: "5.0.0",
    complexity: "O(log N + M) for each stream, N the number of its entries, M that of those returned",
    uses: &[KeyUse::RO.access()],
    ..STREAM
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xread",
        summary: "Returns entries of streams that lie behind ids, or waits for one.",
        arity: Arity::AtLeast(4),
        keys: Keys::Streams { start: 1, find: streams_at },
        args: &[COUNT, BLOCK, STREAMS],
        run: Run::BlockingRead(xread),
        ..READ
    },
    Command {
        name: "xreadgroup",
        summary: "Gives a consumer entries of streams that its group was not given, or those it was; or waits for one.",
        arity: Arity::AtLeast(7),
        keys: Keys::Streams { start: 4, find: streams_at },
        args: &[
            Arg::block("group-block", &[Arg::string("group"), CONSUMER]).after("GROUP"),
            COUNT,
            BLOCK,
            Arg::token("noack", "NOACK").optional(),
            STREAMS,
        ],
        traits: Traits::COPIES_STORED,
        run: Run::Blocking(xreadgroup),
        ..READ
    },
];

/// The index of STREAMS. None if something else stands among the options.
fn streams_at(args: Args<'_>) -> Option<usize> {
    let mut at = 1;
    loop {
        at += match (Keyword::of(args.get(at)?).bytes(), args.len() - at - 1) {
            (b"STREAMS", 1..) => return Some(at),
            (b"BLOCK" | b"COUNT", 1..) => 2,
            (b"GROUP", 2..) => 3,
            (b"NOACK", _) => 1,
            _ => return None,
        };
    }
}

/// What a command says besides its ids.
#[derive(Debug, Clone)]
struct Reading<'a> {
    count: usize,
    /// How long to wait. The inner one is absent where it may take for ever.
    block_ms: Option<Option<Milliseconds>>,
    group: Option<(&'a [u8], &'a [u8])>,
    acknowledges: bool,
    keys: Args<'a>,
    ids: Args<'a>,
}

impl<'a> Reading<'a> {
    fn parse(args: Args<'a>, for_group: bool, now_ms: Milliseconds) -> Result<Self, CommandError> {
        let mut reading =
            Self { count: usize::MAX, block_ms: None, group: None, acknowledges: false, keys: &[], ids: &[] };
        let mut cursor = Cursor::after(args, 1);
        loop {
            match (Keyword::of(cursor.word()?).bytes(), cursor.rest()) {
                (b"BLOCK", [timeout, ..]) => {
                    reading.block_ms = Some(timeout_ms(timeout, now_ms)?);
                    cursor.next();
                }
                (b"COUNT", [_, ..]) => {
                    // No count, and a negative one, stand for no limit.
                    let count = usize::try_from(cursor.integer()?).unwrap_or(0);
                    reading.count = if count == 0 { usize::MAX } else { count };
                }
                (b"GROUP", [group, consumer, ..]) => {
                    if !for_group {
                        return Err(StreamError::OptionOfGroup { option: "GROUP" }.into());
                    }
                    reading.group = Some((group, consumer));
                    cursor = Cursor::after(cursor.rest(), 2);
                }
                (b"NOACK", _) => {
                    if !for_group {
                        return Err(StreamError::OptionOfGroup { option: "NOACK" }.into());
                    }
                    reading.acknowledges = true;
                }
                (b"STREAMS", words @ [_, ..]) => {
                    if !words.len().is_multiple_of(2) {
                        let unbalanced =
                            if for_group { StreamError::UnbalancedOfGroup } else { StreamError::Unbalanced };
                        return Err(unbalanced.into());
                    }
                    (reading.keys, reading.ids) = words.split_at(words.len() / 2);
                    return Ok(reading);
                }
                _ => return Err(CommandError::Syntax),
            }
        }
    }

    /// Keys with the words of their ids.
    fn streams(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        self.keys.iter().copied().zip(self.ids.iter().copied())
    }

    /// What comes of it where nothing is new: it waits if it may, and says so if not.
    fn nothing(&self, out: &mut dyn ReplySink) -> Attempt {
        match self.block_ms {
            Some(timeout_ms) => Attempt::Blocked(Patience { timeout_ms, nothing: Nothing::NullArray }),
            None => {
                out.null_array();
                Attempt::Served
            }
        }
    }
}

/// A timeout in milliseconds. None: for ever.
fn timeout_ms(word: &[u8], now_ms: Milliseconds) -> Result<Option<Milliseconds>, CommandError> {
    let timeout_ms = parse_integer(word).ok_or(StreamError::TimeoutNotAnInteger)?;
    match u64::try_from(timeout_ms) {
        Err(_) => Err(CommandError::TimeoutNegative),
        Ok(0) => Ok(None),
        Ok(_) if timeout_ms.checked_add_unsigned(now_ms).is_none() => Err(CommandError::TimeoutOutOfRange),
        Ok(timeout_ms) => Ok(Some(timeout_ms)),
    }
}

/// Replies with how many streams follow.
fn write_streams(count: usize, out: &mut dyn ReplySink) {
    match out.protocol() {
        Protocol::Resp2 => out.array(count),
        Protocol::Resp3 => out.map(count),
    }
}

/// Replies with the key of a stream, behind which its entries follow.
fn write_key(key: &[u8], out: &mut dyn ReplySink) {
    if out.protocol() == Protocol::Resp2 {
        out.array(2);
    }
    out.bulk(key);
}

fn xread(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    let reading = Reading::parse(args, false, cx.now_ms())?;
    let mut behind = SmallVec::<[StreamId; 4]>::new();
    for (key, word) in reading.streams() {
        let stream = cx.stream(key)?;
        let last_id = stream.map_or(StreamId::MIN, |stream| stream.head().last_id);
        behind.push(match word {
            b"$" => last_id,
            b"+" => {
                let last = stream.and_then(StreamRef::last);
                last.and_then(|entry| entry.id.previous()).unwrap_or(last_id)
            }
            b">" => return Err(StreamError::NewIdWithoutGroup.into()),
            _ => id::parse(word, 0)?,
        });
    }
    let streams = || reading.keys.iter().copied().zip(behind.iter().copied());
    let mut with_news = SmallVec::<[_; 4]>::new();
    for (key, behind) in streams() {
        if let Some((stream, bounds)) = cx.stream(key)?.and_then(|stream| news(stream, behind)) {
            with_news.push((key, stream, bounds));
        }
    }
    if with_news.is_empty() {
        return Ok(match reading.nothing(out) {
            Attempt::Blocked(patience) => Attempt::BlockedAs(patience, resolved(args, &behind)),
            other => other,
        });
    }
    write_streams(with_news.len(), out);
    for (key, stream, bounds) in with_news {
        write_key(key, out);
        write_entries(stream.range(bounds).take(reading.count), out);
    }
    Ok(Attempt::Served)
}

/// A stream and the bounds of what lies behind an id in it, if anything does.
fn news(stream: StreamRef<'_>, behind: StreamId) -> Option<(StreamRef<'_>, Bounds)> {
    let bounds = Bounds::behind(behind).filter(|_| stream.head().last_id > behind)?;
    stream.range(bounds).next().map(|_| (stream, bounds))
}

/// The words of a command with these ids in the place of its own: `$` means what it meant when the wait began.
fn resolved(args: Args<'_>, ids: &[StreamId]) -> Vec<Vec<u8>> {
    let kept = args.len() - ids.len();
    let ids = ids.iter().map(|id| format!("{}-{}", id.ms, id.number).into_bytes());
    args.iter().take(kept).map(|word| word.to_vec()).chain(ids).collect()
}

/// What XREADGROUP wants of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// What nobody of the group was given.
    New,
    /// What the consumer was given and has not acknowledged, behind this id.
    History(StreamId),
}

fn xreadgroup(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<Attempt, CommandError> {
    let reading = Reading::parse(args, true, cx.now_ms())?;
    let Some((group, consumer)) = reading.group else { return Err(StreamError::GroupMissing.into()) };
    let mut wanted = SmallVec::<[(&[u8], Wanted); 4]>::new();
    for (key, word) in reading.streams() {
        cx.notify_miss(key);
        group_to_read(cx, key, group)?;
        let wants = match word {
            b">" => Wanted::New,
            b"$" => return Err(StreamError::IdMeaningless { id: '$' }.into()),
            b"+" => return Err(StreamError::IdMeaningless { id: '+' }.into()),
            _ => Wanted::History(id::parse(word, 0)?),
        };
        wanted.push((key, wants));
    }
    let member = Member { group, consumer, is_tracked: !reading.acknowledges };
    let mut served = SmallVec::<[(&[u8], Wanted); 4]>::new();
    for (key, wants) in wanted {
        let (stream, found) = group_to_read(cx, key, group)?;
        // A stream that is named twice is read twice.
        let taken = served.iter().filter(|(other, wants)| *other == key && *wants == Wanted::New).count();
        let has_news = || {
            let (_, bounds) = news(stream, found.last_id)?;
            stream.range(bounds).nth(taken.saturating_mul(reading.count))
        };
        if matches!(wants, Wanted::History(_)) || has_news().is_some() {
            served.push((key, wants));
        }
        member.show(cx, key);
    }
    if served.is_empty() {
        return Ok(reading.nothing(out));
    }
    write_streams(served.len(), out);
    for (key, wants) in served {
        write_key(key, out);
        match wants {
            Wanted::New => member.take_new(cx, key, reading.count, out)?,
            Wanted::History(behind) => member.take_again(cx, key, behind, reading.count, out)?,
        }
    }
    Ok(Attempt::Served)
}

/// A stream and the group that reads it.
fn group_to_read<'a>(
    cx: &'a WriteCx<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<(StreamRef<'a>, &'a Group), CommandError> {
    find_group(cx, key, name)?.ok_or_else(|| StreamError::NoGroupToRead(GroupOfKey::new(key, name)).into())
}

/// Whoever reads for a group.
#[derive(Debug, Clone, Copy)]
struct Member<'a> {
    group: &'a [u8],
    consumer: &'a [u8],
    /// Whether what it is given is pending then. One of whom nothing is tracked is no consumer by that.
    is_tracked: bool,
}

impl Member<'_> {
    /// Notes that the consumer has shown itself.
    fn show(self, cx: &mut WriteCx<'_>, key: &[u8]) {
        let Ok((_, group)) = group_to_read(cx, key, self.group) else { return };
        if self.is_tracked || group.consumer(self.consumer).is_some() {
            show_consumer(cx, key, self.group, self.consumer, false);
        }
    }

    /// Takes what is new to the group.
    fn take_new(
        self,
        cx: &mut WriteCx<'_>,
        key: &[u8],
        count: usize,
        out: &mut dyn ReplySink,
    ) -> Result<(), CommandError> {
        let Self { group: name, consumer, is_tracked } = self;
        let (stream, group) = group_to_read(cx, key, name)?;
        let Some((_, bounds)) = news(stream, group.last_id) else {
            out.array(0);
            return Ok(());
        };
        let entries = stream.range(bounds).take(count);
        write_entries(entries.clone(), out);
        let progress = stream.progress();
        let (last_id, entries_read) = entries
            .fold((group.last_id, group.entries_read), |(last_id, read), entry| {
                (entry.id, progress.advanced(read, last_id, entry.id))
            });
        if is_tracked {
            let now_ms = cx.now_ms();
            let delivery =
                Mutation::GroupDeliver { key, group: name, consumer, last_id, entries_read, now_ms };
            cx.change_stream(key, &delivery);
        } else {
            cx.change_stream(key, &Mutation::GroupSet { key, group: name, last_id, entries_read });
        }
        Ok(())
    }

    /// Takes once more what the consumer was given.
    fn take_again(
        self,
        cx: &mut WriteCx<'_>,
        key: &[u8],
        behind: StreamId,
        count: usize,
        out: &mut dyn ReplySink,
    ) -> Result<(), CommandError> {
        let (stream, group) = group_to_read(cx, key, self.group)?;
        let start = behind.next();
        let consumer = start.and(group.consumer(self.consumer));
        let ids = consumer.into_iter().flat_map(|consumer| consumer.pending_from(start.unwrap_or(behind)));
        let ids = ids.take(count);
        out.array(ids.clone().count());
        let now_ms = cx.now_ms();
        let mut given = Vec::new();
        for id in ids {
            match stream.get(id) {
                Some(entry) => {
                    write_entry(entry, out);
                    let before = group.pending(id).map_or(0, |pending| pending.deliveries);
                    given.push((id, now_ms, before.saturating_add(1)));
                }
                None => {
                    out.array(2);
                    write_id(id, out);
                    out.null_array();
                }
            }
        }
        set_pending(cx, key, (self.group, self.consumer), &given);
        Ok(())
    }
}

/// Notes that a consumer has shown itself, and whether it got an entry. It is made if it is not there.
pub(super) fn show_consumer(cx: &mut WriteCx<'_>, key: &[u8], group: &[u8], consumer: &[u8], got: bool) {
    let known = cx.stream(key).ok().flatten().and_then(|stream| stream.group(group)?.consumer(consumer));
    let seen_at_ms = cx.now_ms();
    let active_at_ms = if got { Some(seen_at_ms) } else { known.and_then(|known| known.active_at_ms) };
    let is_new = known.is_none();
    cx.change_stream(key, &Mutation::ConsumerSet { key, group, consumer, seen_at_ms, active_at_ms });
    if is_new {
        cx.notify(Event::XGROUP_CREATECONSUMER, key);
    }
}

/// Makes entries, by ascending ids, pending with a consumer, each with when it was given out last, and how often.
pub(super) fn set_pending(
    cx: &mut WriteCx<'_>,
    key: &[u8],
    (group, consumer): (&[u8], &[u8]),
    given: &[(StreamId, Milliseconds, u64)],
) {
    let packed = Deliveries::pack(given.iter().copied());
    if let Some(entries) = Deliveries::new(&packed).filter(|_| !given.is_empty()) {
        cx.change_stream(key, &Mutation::PendingSet { key, group, consumer, entries });
    }
}
