//! Sets: members without order.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, words};
use crate::commands::reply;
use crate::commands::scan::{Page, ScanKind, ScanOptions};
use crate::commands::table::arg::{COUNT, KEY, MATCH};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;

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
    let set = cx.set(key)?;
    out.set(set.map_or(0, |set| set.len()));
    for member in set.iter().flat_map(|set| set.iter()) {
        out.bulk(member);
    }
    Ok(())
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

fn srem(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut removed = 0;
    if cx.set(key)?.is_some() {
        removed = Cursor::after(args, 2).filter(|member| cx.set_remove(key, member)).count();
    }
    reply::length(out, removed);
    Ok(())
}

fn sscan(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let options = ScanOptions::parse(args, 2, ScanKind::Set)?;
    let set = cx.set(key)?;
    let mut page = Page::default();
    let next = set.map_or(0, |set| {
        set.scan(options.cursor, options.count, &mut |member| {
            if options.matches(member) {
                page.push(member);
            }
        })
    });
    page.write(next, out);
    Ok(())
}
