//! Sets: members without order.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, pop_count, signed_integer, words};
use crate::commands::reply;
use crate::commands::scan::{Page, ScanKind, ScanOptions};
use crate::commands::table::arg::{COUNT, KEY, MATCH};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::limits::RANDOM_DRAWS_MAX;
use crate::random;
use crate::types::SetRef;

const SET: Command = Command::base(Group::Set);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "sadd",
        since: "1.0.0",
        complexity: "O(N), N the number of members given",
        summary: "Adds members to a set, creating it if needed, and returns how many are new.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, Arg::string("member").multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(sadd),
        ..SET
    },
    Command {
        name: "scard",
        since: "1.0.0",
        summary: "Returns the number of members of a set.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(scard),
        ..SET
    },
    Command {
        name: "sismember",
        since: "1.0.0",
        summary: "Tells whether a set holds a member.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY, Arg::string("member")],
        traits: Traits::FAST,
        run: Run::Read(sismember),
        ..SET
    },
    Command {
        name: "smembers",
        since: "1.0.0",
        complexity: "O(N), N the size of the set",
        summary: "Returns all members of a set.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        run: Run::Read(smembers),
        work: Some(work::everything),
        ..SET
    },
    Command {
        name: "smismember",
        since: "6.2.0",
        complexity: "O(N), N the number of members given",
        summary: "Tells for each of several members whether a set holds it.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::string("member").multiple()],
        traits: Traits::FAST,
        run: Run::Read(smismember),
        ..SET
    },
    Command {
        name: "smove",
        since: "1.0.0",
        summary: "Moves a member from one set to another.",
        arity: Arity::Exactly(4),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::RW.access().delete(), KeyUse::RW.insert()],
        args: &[Arg::key("source"), Arg::key("destination"), Arg::string("member")],
        // The member is logged twice.
        traits: Traits::FAST.and(Traits::COPIES_STORED),
        run: Run::Write(smove),
        ..SET
    },
    Command {
        name: "spop",
        since: "1.0.0",
        complexity: "O(N), N the number of members taken",
        summary: "Takes random members out of a set, and deletes the key with the last one.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().delete()],
        args: &[KEY, Arg::integer("count").optional()],
        traits: Traits::FAST.and(Traits::COPIES_STORED),
        run: Run::Write(spop),
        ..SET
    },
    Command {
        name: "srandmember",
        since: "1.0.0",
        complexity: "O(N), N the number of members returned",
        summary: "Returns random members of a set.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("count").optional()],
        run: Run::Read(srandmember),
        work: Some(work::draws),
        ..SET
    },
    Command {
        name: "srem",
        since: "1.0.0",
        complexity: "O(N), N the number of members given",
        summary: "Removes members from a set, and the key with the last one.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, Arg::string("member").multiple()],
        traits: Traits::FAST,
        run: Run::Write(srem),
        ..SET
    },
    Command {
        name: "sscan",
        since: "2.8.0",
        complexity: "O(1) per call, O(N) for a whole walk",
        summary: "Walks the members of a set in steps.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("cursor"), MATCH, COUNT],
        run: Run::Read(sscan),
        ..SET
    },
];

fn sadd(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    cx.set(key)?;
    let added = Cursor::after(args, 2).filter(|member| cx.set_add(key, member)).count();
    if added > 0 {
        cx.notify(Event::SADD, key);
    }
    reply::length(out, added);
    Ok(())
}

fn scard(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::length(out, cx.set(key)?.map_or(0, |set| set.len()));
    Ok(())
}

fn sismember(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, member] = words(args);
    let held = cx.set(key)?.is_some_and(|set| set.contains(member));
    out.integer(i64::from(held));
    Ok(())
}

fn smembers(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    write_members(cx.set(key)?, out);
    Ok(())
}

fn write_members(set: Option<SetRef<'_>>, out: &mut dyn ReplySink) {
    out.set(set.map_or(0, |set| set.len()));
    for member in set.iter().flat_map(|set| set.iter()) {
        out.bulk(member);
    }
}

fn smismember(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let set = cx.set(key)?;
    let members = Cursor::after(args, 2).rest();
    out.array(members.len());
    for member in members {
        out.integer(i64::from(set.is_some_and(|set| set.contains(member))));
    }
    Ok(())
}

fn smove(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [source, destination, member] = words(args);
    let moves = match cx.set(source)? {
        Some(set) => {
            // The type of the destination counts even if there is nothing to move.
            cx.set(destination)?;
            set.contains(member)
        }
        None => false,
    };
    if moves && source != destination {
        cx.set_remove(source, member);
        cx.notify_taken(Event::SREM, source);
        if cx.set_add(destination, member) {
            cx.notify(Event::SADD, destination);
        }
    }
    out.integer(i64::from(moves));
    Ok(())
}

fn spop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let count = pop_count(args, CommandError::Syntax)?;
    let mut seed = cx.random();
    let set = cx.set(key)?;
    let drawn: Vec<Vec<u8>> = match (set, count) {
        (None, _) => Vec::new(),
        (Some(set), None) => set.random(seed).map(<[u8]>::to_vec).into_iter().collect(),
        (Some(set), Some(count)) if count >= set.len() => {
            write_members(Some(set), out);
            cx.remove(key);
            cx.notify_taken(Event::SPOP, key);
            return Ok(());
        }
        (Some(set), Some(count)) => {
            let drawn = set.sample(count, &mut || random::next(&mut seed));
            drawn.into_iter().map(<[u8]>::to_vec).collect()
        }
    };
    match count {
        None => reply::bulk_or_null(out, drawn.first().map(Vec::as_slice)),
        Some(_) => {
            out.set(drawn.len());
            drawn.iter().for_each(|member| out.bulk(member));
        }
    }
    for member in &drawn {
        cx.set_remove(key, member);
    }
    if !drawn.is_empty() {
        cx.notify_taken(Event::SPOP, key);
    }
    Ok(())
}

fn srandmember(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let count = match Cursor::after(args, 2).rest() {
        [] => None,
        [count] => Some(signed_integer(count)?),
        _ => return Err(CommandError::Syntax),
    };
    let set = cx.set(key)?;
    match (count, set) {
        (None, set) => reply::bulk_or_null(out, set.and_then(|set| set.random(cx.random()))),
        (Some(_), None) => out.array(0),
        (Some(count), Some(set)) if count >= 0 => {
            let drawn = set.sample(usize::try_from(count).unwrap_or(usize::MAX), &mut || cx.random());
            out.array(drawn.len());
            drawn.into_iter().for_each(|member| out.bulk(member));
        }
        // A negative count: that many draws, each from the whole set.
        (Some(count), Some(set)) => {
            let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            if count > RANDOM_DRAWS_MAX {
                return Err(CommandError::TooManyDraws { max: RANDOM_DRAWS_MAX });
            }
            out.array(count);
            (0..count).for_each(|_| reply::bulk_or_null(out, set.random(cx.random())));
        }
    }
    Ok(())
}

fn srem(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut removed = 0;
    if cx.set(key)?.is_some() {
        removed = Cursor::after(args, 2).filter(|member| cx.set_remove(key, member)).count();
    }
    if removed > 0 {
        cx.notify_taken(Event::SREM, key);
    }
    reply::length(out, removed);
    Ok(())
}

fn sscan(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    ScanOptions::check_cursor(args, 2)?;
    let mut page = Page::default();
    let Some(set) = cx.set(key)? else {
        page.write(0, out);
        return Ok(());
    };
    let options = ScanOptions::parse(args, 2, ScanKind::Set)?;
    let next = set.scan(options.cursor, options.count, &mut |member| {
        if options.matches(member) {
            page.push(member);
        }
    });
    options.reply(next, &page, out)
}
