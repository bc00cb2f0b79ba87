//! XPENDING: what was given to consumers, and they have not acknowledged.

use selvedge_wire::ReplySink;

use super::{CONSUMER, GROUP, STREAM, id, write_id};
use crate::args::{Cursor, Keyword, integer, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run};
use crate::cx::{Lookup, ReadCx};
use crate::error::{CommandError, GroupOfKey, StreamError};
use crate::time::Milliseconds;
use crate::types::{Group, Pending, StreamId};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "xpending",
    since: "5.0.0",
    complexity: "O(log N + M), N the number of entries that are pending, M that of those looked at",
    summary: "Returns the entries of a group that are pending, or how many each consumer has.",
    arity: Arity::AtLeast(3),
    keys: Keys::One,
    uses: &[KeyUse::RO.access()],
    args: &[
        KEY,
        GROUP,
        Arg::block(
            "filters",
            &[
                Arg::integer("min-idle-time").after("IDLE").optional(),
                Arg::string("start"),
                Arg::string("end"),
                Arg::integer("count"),
                CONSUMER.optional(),
            ],
        )
        .optional(),
    ],
    run: Run::Read(xpending),
    ..STREAM
}];

/// Which entries are wanted.
#[derive(Debug, Clone, Copy)]
struct Filters<'a> {
    idle_ms_min: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

impl<'a> Filters<'a> {
    /// The words behind the group. None if there are none.
    fn parse(args: Args<'a>) -> Result<Option<Self>, CommandError> {
        let mut cursor = Cursor::after(args, 3);
        match args.len() {
            3 => return Ok(None),
            6..=9 => {}
            _ => return Err(CommandError::Syntax),
        }
        let mut idle_ms_min = 0;
        if matches!(cursor.rest(), [first, ..] if Keyword::of(first).bytes() == b"IDLE") {
            cursor.next();
            idle_ms_min = cursor.integer()?;
        }
        let [start, end, count] = [cursor.word()?, cursor.word()?, cursor.word()?];
        let count = usize::try_from(integer(count)?).unwrap_or(0);
        let (start, end) = (id::start(start)?, id::end(end)?);
        Ok(Some(Self { idle_ms_min, start, end, count, consumer: cursor.next() }))
    }

    fn admits(&self, pending: &Pending, now_ms: Milliseconds) -> bool {
        i64::try_from(idle_ms(pending, now_ms)).is_ok_and(|idle_ms| idle_ms >= self.idle_ms_min)
    }
}

fn xpending(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, name] = words(args);
    let filters = Filters::parse(args)?;
    let group = cx.stream(key)?.and_then(|stream| stream.group(name));
    let group = group.ok_or_else(|| StreamError::NoKeyOrGroup(GroupOfKey::new(key, name)))?;
    match filters {
        None => write_summary(group, out),
        Some(filters) => write_pending(group, &filters, cx.now_ms(), out),
    }
    Ok(())
}

fn write_summary(group: &Group, out: &mut dyn ReplySink) {
    out.array(4);
    reply::length(out, group.pending_count());
    let mut all = group.pending_range(StreamId::MIN, StreamId::MAX);
    let first = all.next();
    let Some((first, _)) = first else {
        out.null();
        out.null();
        return out.null_array();
    };
    write_id(first, out);
    write_id(all.next_back().map_or(first, |(last, _)| last), out);
    let busy = || group.consumers().filter(|(_, consumer)| consumer.pending_count() > 0);
    out.array(busy().count());
    for (name, consumer) in busy() {
        out.array(2);
        out.bulk(name);
        out.bulk(itoa::Buffer::new().format(consumer.pending_count()).as_bytes());
    }
}

fn write_pending(group: &Group, filters: &Filters<'_>, now_ms: Milliseconds, out: &mut dyn ReplySink) {
    let Filters { start, end, count, consumer, .. } = *filters;
    let admitted = |(_, pending): &(StreamId, &Pending)| filters.admits(pending, now_ms);
    match consumer.map(|name| group.consumer(name)) {
        Some(consumer) => {
            let ids = consumer.into_iter().flat_map(|consumer| consumer.pending_from(start));
            let known = ids.take_while(|id| *id <= end).filter_map(|id| Some((id, group.pending(id)?)));
            write_all(known.filter(admitted).take(count), now_ms, out);
        }
        None => write_all(group.pending_range(start, end).filter(admitted).take(count), now_ms, out),
    }
}

fn write_all<'a>(
    pending: impl Iterator<Item = (StreamId, &'a Pending)> + Clone,
    now_ms: Milliseconds,
    out: &mut dyn ReplySink,
) {
    out.array(pending.clone().count());
    for (id, pending) in pending {
        out.array(4);
        write_id(id, out);
        out.bulk(pending.consumer());
        out.integer(i64::try_from(idle_ms(pending, now_ms)).unwrap_or(i64::MAX));
        out.integer(i64::try_from(pending.deliveries).unwrap_or(i64::MAX));
    }
}

/// How long ago an entry was given out.
pub(super) fn idle_ms(pending: &Pending, now_ms: Milliseconds) -> Milliseconds {
    now_ms.saturating_sub(pending.delivered_at_ms)
}
