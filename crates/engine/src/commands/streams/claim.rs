//! XCLAIM and XAUTOCLAIM: taking over what other consumers were given.

use std::collections::{BTreeMap, BTreeSet};

use selvedge_wire::ReplySink;

use super::delete::acknowledge;
use super::pending::idle_ms;
use super::read::{set_pending, show_consumer};
use super::{CONSUMER, GROUP, ID, JUSTID, STREAM, find_group, id, write_entry, write_id};
use crate::args::{Cursor, Keyword, words};
use crate::commands::table::arg::{COUNT, KEY};
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::{CommandError, GroupOfKey, StreamError};
use crate::limits::{STREAM_CLAIM_COUNT_DEFAULT, STREAM_CLAIM_LOOKS, STREAM_CLAIM_LOOKS_MAX};
use crate::mutation::Mutation;
use crate::numbers::parse_integer;
use crate::time::Milliseconds;
use crate::types::{Group, StreamId, StreamRef};

/// What both share.
const CLAIM: Command = Command {
    keys: Keys::One,
    arity: Arity::AtLeast(6),
    traits: Traits::FAST.and(Traits::COPIES_STORED),
    ..STREAM
};

const MIN_IDLE_TIME: Arg = Arg::string("min-idle-time");

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xautoclaim",
        since: "6.2.0",
        complexity: "O(log N + M), N the number of entries that are pending, M ten times the count",
        summary: "Takes entries over that have been pending for long, from an id on.",
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, GROUP, CONSUMER, MIN_IDLE_TIME, Arg::string("start"), COUNT, JUSTID],
        run: Run::Write(xautoclaim),
        ..CLAIM
    },
    Command {
        name: "xclaim",
        since: "5.0.0",
        complexity: "O(log N) for each id, N the number of entries that are pending",
        summary: "Takes entries over that have been pending for long.",
        uses: &[KeyUse::RW.update()],
        args: &[
            KEY,
            GROUP,
            CONSUMER,
            MIN_IDLE_TIME,
            ID.multiple(),
            Arg::integer("ms").after("IDLE").optional(),
            Arg::unix_time("unix-time-milliseconds").after("TIME").optional(),
            Arg::integer("count").after("RETRYCOUNT").optional(),
            Arg::token("force", "FORCE").optional(),
            JUSTID,
            Arg::string("lastid").after("LASTID").optional(),
        ],
        run: Run::Write(xclaim),
        ..CLAIM
    },
];

/// What comes of entries that are claimed.
#[derive(Debug, Default)]
struct Claims {
    /// When each was given out last, and how often.
    pending: BTreeMap<StreamId, (Milliseconds, u64)>,
    /// Those that are no longer in the stream.
    gone: BTreeSet<StreamId>,
    /// Those that the reply shows, in its order.
    shown: Vec<StreamId>,
}

impl Claims {
    /// Replies with what was claimed.
    fn write(&self, stream: StreamRef<'_>, only_ids: bool, out: &mut dyn ReplySink) {
        out.array(self.shown.len());
        for id in &self.shown {
            match stream.get(*id).filter(|_| !only_ids) {
                Some(entry) => write_entry(entry, out),
                None => write_id(*id, out),
            }
        }
    }

    /// Makes it so.
    fn apply(&self, cx: &mut WriteCx<'_>, key: &[u8], group: &[u8], consumer: &[u8]) {
        acknowledge(cx, key, group, &self.gone);
        show_consumer(cx, key, group, consumer, !self.pending.is_empty());
        let given: Vec<_> = self.pending.iter().map(|(id, (at_ms, count))| (*id, *at_ms, *count)).collect();
        set_pending(cx, key, (group, consumer), &given);
    }
}

/// The options of XCLAIM.
#[derive(Debug, Clone, Copy, Default)]
struct Options {
    forces: bool,
    only_ids: bool,
    delivered_at_ms: Option<i64>,
    deliveries: Option<u64>,
    last_id: StreamId,
}

impl Options {
    fn parse(mut cursor: Cursor<'_>, now_ms: Milliseconds) -> Result<Self, CommandError> {
        let mut options = Self::default();
        while let Some(option) = cursor.next() {
            match (Keyword::of(option).bytes(), cursor.rest()) {
                (b"FORCE", _) => options.forces = true,
                (b"JUSTID", _) => options.only_ids = true,
                (b"IDLE", [_, ..]) => {
                    let idle_ms = amount(&mut cursor, "IDLE")?;
                    let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
                    options.delivered_at_ms = Some(now_ms.saturating_sub(idle_ms));
                }
                (b"TIME", [_, ..]) => options.delivered_at_ms = Some(amount(&mut cursor, "TIME")?),
                (b"RETRYCOUNT", [_, ..]) => {
                    // A negative count is none.
                    options.deliveries = u64::try_from(amount(&mut cursor, "RETRYCOUNT")?).ok();
                }
                (b"LASTID", [_, ..]) => options.last_id = id::parse(cursor.word()?, 0)?,
                _ => return Err(StreamError::unknown_claim_option(option).into()),
            }
        }
        Ok(options)
    }
}

fn amount(cursor: &mut Cursor<'_>, option: &'static str) -> Result<i64, CommandError> {
    parse_integer(cursor.word()?).ok_or_else(|| StreamError::InvalidClaimAmount { option }.into())
}

/// How long an entry must have been pending. A negative time is none.
fn idle_ms_min(word: &[u8], command: &'static str) -> Result<Milliseconds, CommandError> {
    let idle_ms = parse_integer(word).ok_or(StreamError::InvalidIdleTime { command })?;
    Ok(u64::try_from(idle_ms).unwrap_or(0))
}

fn xclaim(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, name, consumer, idle] = words(args);
    cx.notify_miss(key);
    group_of(cx, key, name)?;
    let idle_ms_min = idle_ms_min(idle, "XCLAIM")?;
    let words = Cursor::after(args, 5).rest();
    let ids: Vec<_> = words.iter().map_while(|word| id::parse(word, 0).ok()).collect();
    let now_ms = cx.now_ms();
    let options = Options::parse(Cursor::after(words, ids.len()), now_ms)?;
    let (stream, group) = group_of(cx, key, name)?;
    // A time to come, and one before all times, are now.
    let at_ms = options.delivered_at_ms.and_then(|at_ms| u64::try_from(at_ms).ok());
    let at_ms = at_ms.filter(|at_ms| *at_ms <= now_ms).unwrap_or(now_ms);
    let mut claims = Claims::default();
    for id in ids {
        let known = group.pending(id).map(|pending| (pending.delivered_at_ms, pending.deliveries));
        let known = claims.pending.get(&id).copied().or(known);
        if stream.get(id).is_none() {
            claims.gone.extend(known.map(|_| id));
            continue;
        }
        let deliveries = match known {
            Some((known_at_ms, _)) if now_ms.saturating_sub(known_at_ms) < idle_ms_min => continue,
            Some((_, deliveries)) => deliveries,
            None if options.forces => 1,
            None => continue,
        };
        let once_more = u64::from(!options.only_ids);
        let deliveries = options.deliveries.unwrap_or(deliveries.saturating_add(once_more));
        claims.pending.insert(id, (at_ms, deliveries));
        claims.shown.push(id);
    }
    let (last_id, entries_read) = (group.last_id, group.entries_read);
    claims.write(stream, options.only_ids, out);
    if options.last_id > last_id {
        let last_id = options.last_id;
        cx.change_stream(key, &Mutation::GroupSet { key, group: name, last_id, entries_read });
    }
    claims.apply(cx, key, name, consumer);
    Ok(())
}

fn xautoclaim(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, name, consumer, idle, start] = words(args);
    let idle_ms_min = idle_ms_min(idle, "XAUTOCLAIM")?;
    let start = id::start(start)?;
    let (mut count, mut only_ids) = (STREAM_CLAIM_COUNT_DEFAULT, false);
    let mut cursor = Cursor::after(args, 6);
    while let Some(option) = cursor.next() {
        match (Keyword::of(option).bytes(), cursor.rest()) {
            (b"COUNT", [_, ..]) => count = claim_count(cursor.word()?)?,
            (b"JUSTID", _) => only_ids = true,
            _ => return Err(CommandError::Syntax),
        }
    }
    cx.notify_miss(key);
    let (stream, group) = group_of(cx, key, name)?;
    let now_ms = cx.now_ms();
    let mut claims = Claims::default();
    let mut left = count;
    let mut looks = count.saturating_mul(STREAM_CLAIM_LOOKS).min(STREAM_CLAIM_LOOKS_MAX);
    let mut next = StreamId::MIN;
    for (id, known) in group.pending_range(start, StreamId::MAX) {
        if left == 0 || looks == 0 {
            next = id;
            break;
        }
        looks -= 1;
        if stream.get(id).is_none() {
            claims.gone.insert(id);
        } else if idle_ms(known, now_ms) >= idle_ms_min {
            let once_more = u64::from(!only_ids);
            claims.pending.insert(id, (now_ms, known.deliveries.saturating_add(once_more)));
            claims.shown.push(id);
        } else {
            continue;
        }
        left -= 1;
    }
    out.array(3);
    write_id(next, out);
    claims.write(stream, only_ids, out);
    out.array(claims.gone.len());
    claims.gone.iter().for_each(|id| write_id(*id, out));
    claims.apply(cx, key, name, consumer);
    Ok(())
}

/// How many entries XAUTOCLAIM may take.
fn claim_count(word: &[u8]) -> Result<usize, CommandError> {
    let count = parse_integer(word).filter(|count| (1..=i64::MAX / 16).contains(count));
    let count = count.and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| StreamError::CountNotPositive.into())
}

/// A stream and its group.
fn group_of<'a>(
    cx: &'a WriteCx<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<(StreamRef<'a>, &'a Group), CommandError> {
    find_group(cx, key, name)?.ok_or_else(|| StreamError::NoKeyOrGroup(GroupOfKey::new(key, name)).into())
}
