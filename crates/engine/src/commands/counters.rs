//! Counters: strings that hold numbers.

use selvedge_wire::ReplySink;

use crate::args::{integer, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::long_double::LongDouble;
use crate::numbers::parse_integer;

const STRING: Command = Command::base(Group::String);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "decr",
        since: "1.0.0",
        summary: "Subtracts one from the integer value of a key, starting from 0.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(decr),
        ..STRING
    },
    Command {
        name: "decrby",
        since: "1.0.0",
        summary: "Subtracts an integer from the integer value of a key, starting from 0.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::integer("decrement")],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(decrby),
        ..STRING
    },
    Command {
        name: "incr",
        since: "1.0.0",
        summary: "Adds one to the integer value of a key, starting from 0.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(incr),
        ..STRING
    },
    Command {
        name: "incrby",
        since: "1.0.0",
        summary: "Adds an integer to the integer value of a key, starting from 0.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::integer("increment")],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(incrby),
        ..STRING
    },
    Command {
        name: "incrbyfloat",
        since: "2.6.0",
        summary: "Adds a floating-point number to the value of a key, starting from 0.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::double("increment")],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(incrbyfloat),
        ..STRING
    },
];

fn decr(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    add(cx, key, -1, out)
}

fn decrby(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, decrement] = words(args);
    let increment = integer(decrement)?.checked_neg().ok_or(CommandError::DecrementOverflow)?;
    add(cx, key, increment, out)
}

fn incr(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    add(cx, key, 1, out)
}

fn incrby(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, increment] = words(args);
    add(cx, key, integer(increment)?, out)
}

fn add(
    cx: &mut WriteCx<'_>,
    key: &[u8],
    increment: i64,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let (before, expire_at_ms) = match cx.entry(key) {
        Some(entry) => {
            let before = parse_integer(&entry.string()?.to_cow()).ok_or(CommandError::NotAnInteger)?;
            (before, entry.expire_at_ms())
        }
        None => (0, None),
    };
    let after = before.checked_add(increment).ok_or(CommandError::IncrementOverflow)?;
    cx.update_string(key, itoa::Buffer::new().format(after).as_bytes(), expire_at_ms);
    cx.notify(Event::INCRBY, key);
    out.integer(after);
    Ok(())
}

fn incrbyfloat(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, increment] = words(args);
    let (before, expire_at_ms) = match cx.entry(key) {
        Some(entry) => {
            let before = LongDouble::parse(&entry.string()?.to_cow()).ok_or(CommandError::NotAFloat)?;
            (before, entry.expire_at_ms())
        }
        None => (LongDouble::ZERO, None),
    };
    let increment = LongDouble::parse(increment).ok_or(CommandError::NotAFloat)?;
    let after = reply::finite_sum(before, increment)?;
    cx.update_string(key, after.as_bytes(), expire_at_ms);
    cx.notify(Event::INCRBYFLOAT, key);
    out.bulk(after.as_bytes());
    Ok(())
}
