//! Strings: values and their bytes. What takes conditions or an expiry is in [`super::string_options`].

use selvedge_wire::ReplySink;

use crate::args::{Cursor, integer, words};
use crate::commands::reply;
use crate::commands::table::arg::{KEY, VALUE};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::limits::STRING_BYTES_MAX;
use crate::types::StringRef;

const STRING: Command = Command::base(Group::String);

/// GETRANGE under either name.
const RANGE: Command = Command {
    complexity: "O(M), M the bytes returned",
    arity: Arity::Exactly(4),
    keys: Keys::One,
    uses: &[KeyUse::RO.access()],
    args: &[KEY, Arg::integer("start"), Arg::integer("end")],
    run: Run::Read(getrange),
    ..STRING
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "append",
        since: "2.0.0",
        complexity: "O(M), M the bytes appended",
        summary: "Appends bytes to the string of a key, creating it if needed.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, VALUE],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(append),
        ..STRING
    },
    Command {
        name: "digest",
        since: "8.4.0",
        complexity: "O(N), N the length of the string",
        summary: "Returns the XXH3 digest of a string in hexadecimal digits.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(digest),
        ..STRING
    },
    Command {
        name: "get",
        since: "1.0.0",
        summary: "Returns the string value of a key.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(get),
        ..STRING
    },
    Command {
        name: "getdel",
        since: "6.2.0",
        summary: "Returns the string value of a key and deletes the key.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().delete()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Write(getdel),
        ..STRING
    },
    Command {
        name: "getrange",
        since: "2.4.0",
        summary: "Returns the bytes of a string between two positions, both included.",
        ..RANGE
    },
    Command {
        name: "getset",
        since: "1.0.0",
        summary: "Sets a string value and returns the previous one.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, VALUE],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(getset),
        ..STRING
    },
    Command {
        name: "mget",
        since: "1.0.0",
        complexity: "O(N), N the number of keys",
        summary: "Returns the string values of several keys, null where there is none.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RO.access()],
        args: &[Arg::key("key").multiple()],
        traits: Traits::FAST,
        run: Run::Read(mget),
        ..STRING
    },
    Command {
        name: "mset",
        since: "1.0.1",
        complexity: "O(N), N the number of keys",
        summary: "Sets several keys to string values in one step.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 1, last: -1, step: 2 },
        uses: &[KeyUse::OW.update()],
        args: &[Arg::block("data", &[KEY, VALUE]).multiple()],
        traits: Traits::DENY_OOM,
        run: Run::Write(mset),
        ..STRING
    },
    Command {
        name: "msetnx",
        since: "1.0.1",
        complexity: "O(N), N the number of keys",
        summary: "Sets several keys to string values, but only if none of them exists.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 1, last: -1, step: 2 },
        uses: &[KeyUse::OW.insert()],
        args: &[Arg::block("data", &[KEY, VALUE]).multiple()],
        traits: Traits::DENY_OOM,
        run: Run::Write(msetnx),
        ..STRING
    },
    Command {
        name: "setnx",
        since: "1.0.0",
        summary: "Sets a string value only if the key does not exist.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::OW.insert()],
        args: &[KEY, VALUE],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(setnx),
        ..STRING
    },
    Command {
        name: "setrange",
        since: "2.2.0",
        complexity: "O(M), M the bytes written",
        summary: "Overwrites the bytes of a string from an offset on, padding with zeros.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::integer("offset"), VALUE],
        traits: Traits::DENY_OOM,
        run: Run::Write(setrange),
        ..STRING
    },
    Command {
        name: "strlen",
        since: "2.2.0",
        summary: "Returns the length in bytes of the string of a key.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(strlen),
        ..STRING
    },
    Command {
        name: "substr",
        since: "1.0.0",
        summary: "Returns the bytes of a string between two positions, both included. The old name of GETRANGE.",
        ..RANGE
    },
];

fn append(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, value] = words(args);
    let Some(before) = cx.string(key)?.map(|string| string.len()) else {
        cx.set_string(key, value, None);
        cx.notify(Event::APPEND, key);
        reply::length(out, value.len());
        return Ok(());
    };
    let after = within_limit(before, value.len())?;
    // Also when nothing is appended: the key counts as changed.
    cx.write_string(key, before, value);
    cx.notify(Event::APPEND, key);
    reply::length(out, after);
    Ok(())
}

fn digest(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    match cx.string(key)? {
        Some(string) => out.bulk(digest_text(string).as_bytes()),
        None => out.null(),
    }
    Ok(())
}

/// The digest of a string as clients see it: 16 hexadecimal digits.
pub(super) fn digest_text(string: StringRef<'_>) -> String {
    format!("{:016x}", string.digest())
}

fn get(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::string(out, cx.string(key)?);
    Ok(())
}

fn getdel(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::string(out, cx.string(key)?);
    let event = if cx.remove(key) { Event::DEL } else { Event::KEYMISS };
    cx.notify(event, key);
    Ok(())
}

fn getrange(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, start, end] = words(args);
    let (start, end) = (integer(start)?, integer(end)?);
    let Some(string) = cx.string(key)? else {
        out.bulk(b"");
        return Ok(());
    };
    // Unlike an index of a list, one that lies before the first byte means the first byte; but a range that runs
    // backwards is empty wherever it lies.
    if start < 0 && end < start {
        out.bulk(b"");
        return Ok(());
    }
    let range = reply::range(
        start,
        end.max(i64::try_from(string.len()).map_or(i64::MIN, i64::wrapping_neg)),
        string.len(),
    );
    out.bulk_chunks(range.len(), &mut string.slice(range.start, range.len()));
    Ok(())
}

fn getset(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, value] = words(args);
    cx.notify_miss(key);
    reply::string(out, cx.string(key)?);
    cx.set_string(key, value, None);
    cx.notify(Event::SET, key);
    Ok(())
}

fn mget(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let keys = Cursor::after(args, 1).rest();
    out.array(keys.len());
    for key in keys {
        // A key of another type reads as absent here.
        reply::string(out, cx.string(key).unwrap_or_default());
    }
    Ok(())
}

fn mset(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let pairs = reply::pairs(args, 1, "mset")?;
    for (key, value) in pairs {
        cx.set_string(key, value, None);
        cx.notify(Event::SET, key);
    }
    out.status("OK");
    Ok(())
}

fn msetnx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let pairs = reply::pairs(args, 1, "msetnx")?;
    // Every key is looked up: whether one is absent matters as much as whether one is there.
    let taken = pairs.clone().filter(|(key, _)| cx.exists(key)).count() > 0;
    if !taken {
        for (key, value) in pairs {
            cx.set_string(key, value, None);
            cx.notify(Event::SET, key);
        }
    }
    out.integer(i64::from(!taken));
    Ok(())
}

fn setnx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, value] = words(args);
    let absent = !cx.exists(key);
    if absent {
        cx.set_string(key, value, None);
        cx.notify(Event::SET, key);
    }
    out.integer(i64::from(absent));
    Ok(())
}

fn setrange(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, offset, value] = words(args);
    let offset = usize::try_from(integer(offset)?).map_err(|_| CommandError::OffsetOutOfRange)?;
    let before = cx.string(key)?.map_or(0, |string| string.len());
    if value.is_empty() {
        reply::length(out, before);
        return Ok(());
    }
    let end = within_limit(offset, value.len())?;
    cx.write_string(key, offset, value);
    cx.notify(Event::SETRANGE, key);
    reply::length(out, before.max(end));
    Ok(())
}

fn strlen(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::length(out, cx.string(key)?.map_or(0, |string| string.len()));
    Ok(())
}

/// The length of a string of `before` bytes with `added` more.
fn within_limit(before: usize, added: usize) -> Result<usize, CommandError> {
    before.checked_add(added).filter(|sum| *sum <= STRING_BYTES_MAX).ok_or(CommandError::StringTooLong)
}
