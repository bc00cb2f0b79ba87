//! Hashes: fields with values.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, integer, words};
use crate::commands::reply;
use crate::commands::scan::{Page, ScanKind, ScanOptions};
use crate::commands::table::arg::{COUNT, KEY, MATCH, VALUE};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::long_double::LongDouble;
use crate::numbers::parse_integer;
use crate::types::Field;

const HASH: Command = Command::base(Group::Hash);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "hdel",
        since: "2.0.0",
        complexity: "O(N), N the number of fields given",
        summary: "Deletes fields of a hash, and the key with the last one.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, Arg::string("field").multiple()],
        traits: Traits::FAST,
        run: Run::Write(hdel),
        ..HASH
    },
    Command {
        name: "hexists",
        since: "2.0.0",
        summary: "Tells whether a field exists in a hash.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY, Arg::string("field")],
        traits: Traits::FAST,
        run: Run::Read(hexists),
        ..HASH
    },
    Command {
        name: "hget",
        since: "2.0.0",
        summary: "Returns the value of a field of a hash.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::string("field")],
        traits: Traits::FAST,
        run: Run::Read(hget),
        ..HASH
    },
    Command {
        name: "hgetall",
        since: "2.0.0",
        complexity: "O(N), N the size of the hash",
        summary: "Returns all fields and values of a hash.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        run: Run::Read(hgetall),
        work: Some(work::everything),
        ..HASH
    },
    Command {
        name: "hincrby",
        since: "2.0.0",
        summary: "Adds an integer to the value of a field of a hash, starting from 0.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::string("field"), Arg::integer("increment")],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(hincrby),
        ..HASH
    },
    Command {
        name: "hincrbyfloat",
        since: "2.6.0",
        summary: "Adds a floating-point number to the value of a field of a hash, starting from 0.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::string("field"), Arg::double("increment")],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(hincrbyfloat),
        ..HASH
    },
    Command {
        name: "hkeys",
        since: "2.0.0",
        complexity: "O(N), N the size of the hash",
        summary: "Returns the names of all fields of a hash.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        run: Run::Read(hkeys),
        work: Some(work::everything),
        ..HASH
    },
    Command {
        name: "hlen",
        since: "2.0.0",
        summary: "Returns the number of fields of a hash.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(hlen),
        ..HASH
    },
    Command {
        name: "hmget",
        since: "2.0.0",
        complexity: "O(N), N the number of fields asked for",
        summary: "Returns the values of several fields of a hash, null where there is none.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::string("field").multiple()],
        traits: Traits::FAST,
        run: Run::Read(hmget),
        ..HASH
    },
    Command {
        name: "hmset",
        since: "2.0.0",
        complexity: "O(N), N the number of fields given",
        summary: "Sets fields of a hash.",
        arity: Arity::AtLeast(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::block("data", &[Arg::string("field"), VALUE]).multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(hmset),
        ..HASH
    },
    Command {
        name: "hscan",
        since: "2.8.0",
        complexity: "O(1) per call, O(N) for a whole walk",
        summary: "Walks the fields of a hash in steps.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("cursor"), MATCH, COUNT, Arg::token("novalues", "NOVALUES").optional()],
        run: Run::Read(hscan),
        ..HASH
    },
    Command {
        name: "hset",
        since: "2.0.0",
        complexity: "O(N), N the number of fields given",
        summary: "Sets fields of a hash and returns how many are new.",
        arity: Arity::AtLeast(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::block("data", &[Arg::string("field"), VALUE]).multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(hset),
        ..HASH
    },
    Command {
        name: "hsetnx",
        since: "2.0.0",
        summary: "Sets a field of a hash only if the field does not exist.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, Arg::string("field"), VALUE],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(hsetnx),
        ..HASH
    },
    Command {
        name: "hstrlen",
        since: "3.2.0",
        summary: "Returns the length in bytes of the value of a field of a hash.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY, Arg::string("field")],
        traits: Traits::FAST,
        run: Run::Read(hstrlen),
        ..HASH
    },
    Command {
        name: "hvals",
        since: "2.0.0",
        complexity: "O(N), N the size of the hash",
        summary: "Returns the values of all fields of a hash.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        run: Run::Read(hvals),
        work: Some(work::everything),
        ..HASH
    },
];

fn hdel(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut removed = 0;
    if cx.hash(key)?.is_some() {
        for field in Cursor::after(args, 2) {
            removed += usize::from(cx.hash_remove(key, field));
        }
    }
    if removed > 0 {
        cx.notify_taken(Event::HDEL, key);
    }
    reply::length(out, removed);
    Ok(())
}

fn hexists(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, field] = words(args);
    let exists = cx.hash(key)?.is_some_and(|hash| hash.contains(field));
    out.integer(i64::from(exists));
    Ok(())
}

fn hget(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, field] = words(args);
    let value = cx.hash(key)?.and_then(|hash| hash.get(field));
    reply::bulk_or_null(out, value);
    Ok(())
}

fn hgetall(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let Some(hash) = cx.hash(key)? else {
        out.map(0);
        return Ok(());
    };
    out.map(hash.len());
    for (field, value) in hash.iter() {
        out.bulk(field);
        out.bulk(value);
    }
    Ok(())
}

fn hincrby(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, field, increment] = words(args);
    let increment = integer(increment)?;
    let stored = cx.hash(key)?.and_then(|hash| hash.field(field));
    let before = match stored {
        Some(field) => parse_integer(field.value).ok_or(CommandError::HashValueNotAnInteger)?,
        None => 0,
    };
    let after = before.checked_add(increment).ok_or(CommandError::IncrementOverflow)?;
    let expire_at_ms = stored.and_then(|field| field.expire_at_ms);
    let mut digits = itoa::Buffer::new();
    cx.hash_put(key, Field { name: field, value: digits.format(after).as_bytes(), expire_at_ms });
    cx.notify(Event::HINCRBY, key);
    out.integer(after);
    Ok(())
}

fn hincrbyfloat(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, field, increment] = words(args);
    let increment = LongDouble::parse(increment).ok_or(CommandError::NotAFloat)?;
    if !increment.is_finite() {
        return Err(CommandError::NotFinite);
    }
    let stored = cx.hash(key)?.and_then(|hash| hash.field(field));
    let before = match stored {
        Some(field) => LongDouble::parse(field.value).ok_or(CommandError::HashValueNotAFloat)?,
        None => LongDouble::ZERO,
    };
    let after = reply::finite_sum(before, increment)?;
    let expire_at_ms = stored.and_then(|field| field.expire_at_ms);
    cx.hash_put(key, Field { name: field, value: after.as_bytes(), expire_at_ms });
    cx.notify(Event::HINCRBYFLOAT, key);
    out.bulk(after.as_bytes());
    Ok(())
}

fn hkeys(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let hash = cx.hash(key)?;
    out.array(hash.map_or(0, |hash| hash.len()));
    for (field, _) in hash.iter().flat_map(|hash| hash.iter()) {
        out.bulk(field);
    }
    Ok(())
}

fn hlen(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::length(out, cx.hash(key)?.map_or(0, |hash| hash.len()));
    Ok(())
}

fn hmget(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let hash = cx.hash(key)?;
    let fields = Cursor::after(args, 2).rest();
    out.array(fields.len());
    for field in fields {
        reply::bulk_or_null(out, hash.and_then(|hash| hash.get(field)));
    }
    Ok(())
}

fn hmset(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_fields(cx, args, "hmset")?;
    out.status("OK");
    Ok(())
}

fn hscan(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    ScanOptions::check_cursor(args, 2)?;
    let mut page = Page::default();
    let Some(hash) = cx.hash(key)? else {
        page.write(0, out);
        return Ok(());
    };
    let options = ScanOptions::parse(args, 2, ScanKind::Hash)?;
    let next = hash.scan(options.cursor, options.count, &mut |field, value| {
        if options.matches(field) {
            page.push(field);
            if !options.no_values {
                page.push(value);
            }
        }
    });
    options.reply(next, &page, out)
}

fn hset(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let added = set_fields(cx, args, "hset")?;
    reply::length(out, added);
    Ok(())
}

/// Sets all fields given and counts the new ones.
fn set_fields(cx: &mut WriteCx<'_>, args: Args<'_>, command: &'static str) -> Result<usize, CommandError> {
    let [key] = words(args);
    let pairs = reply::pairs(args, 2, command)?;
    cx.hash(key)?;
    let added = pairs.filter(|(field, value)| cx.hash_set(key, field, value)).count();
    cx.notify(Event::HSET, key);
    Ok(added)
}

fn hsetnx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, field, value] = words(args);
    let absent = cx.hash(key)?.is_none_or(|hash| hash.get(field).is_none());
    if absent {
        cx.hash_set(key, field, value);
        cx.notify(Event::HSET, key);
    }
    out.integer(i64::from(absent));
    Ok(())
}

fn hstrlen(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, field] = words(args);
    let value = cx.hash(key)?.and_then(|hash| hash.get(field));
    reply::length(out, value.map_or(0, <[u8]>::len));
    Ok(())
}

fn hvals(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let hash = cx.hash(key)?;
    out.array(hash.map_or(0, |hash| hash.len()));
    for (_, value) in hash.iter().flat_map(|hash| hash.iter()) {
        out.bulk(value);
    }
    Ok(())
}
