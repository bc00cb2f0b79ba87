//! Strings: GET, SET and their kin.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, ExpiryUnit, Keyword, Lifetime, integer, words};
use crate::commands::reply;
use crate::commands::table::arg::{KEY, VALUE};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::limits::STRING_BYTES_MAX;
use crate::time::Milliseconds;

const STRING: Command = Command::base(Group::String);

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
        name: "getex",
        since: "6.2.0",
        summary: "Returns the string value of a key and sets or clears its expiry.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[
            KEY,
            Arg::one_of(
                "expiration",
                &[
                    Arg::integer("seconds").after("EX"),
                    Arg::integer("milliseconds").after("PX"),
                    Arg::unix_time("unix-time-seconds").after("EXAT"),
                    Arg::unix_time("unix-time-milliseconds").after("PXAT"),
                    Arg::token("persist", "PERSIST"),
                ],
            )
            .optional(),
        ],
        traits: Traits::FAST,
        run: Run::Write(getex),
        ..STRING
    },
    Command {
        name: "getrange",
        since: "2.4.0",
        complexity: "O(M), M the bytes returned",
        summary: "Returns the bytes of a string between two positions, both included.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("start"), Arg::integer("end")],
        run: Run::Read(getrange),
        ..STRING
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
        name: "psetex",
        since: "2.6.0",
        summary: "Sets a string value and an expiry in milliseconds.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::OW.update()],
        args: &[KEY, Arg::integer("milliseconds"), VALUE],
        traits: Traits::DENY_OOM,
        run: Run::Write(psetex),
        ..STRING
    },
    Command {
        name: "set",
        since: "1.0.0",
        summary: "Sets a key to a string value, whatever it held before, with optional conditions and an expiry.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update().variable_flags()],
        args: &[
            KEY,
            VALUE,
            Arg::one_of("condition", &[Arg::token("nx", "NX"), Arg::token("xx", "XX")]).optional(),
            Arg::token("get", "GET").optional(),
            Arg::one_of(
                "expiration",
                &[
                    Arg::integer("seconds").after("EX"),
                    Arg::integer("milliseconds").after("PX"),
                    Arg::unix_time("unix-time-seconds").after("EXAT"),
                    Arg::unix_time("unix-time-milliseconds").after("PXAT"),
                    Arg::token("keepttl", "KEEPTTL"),
                ],
            )
            .optional(),
        ],
        traits: Traits::DENY_OOM,
        run: Run::Write(set),
        ..STRING
    },
    Command {
        name: "setex",
        since: "2.0.0",
        summary: "Sets a string value and an expiry in seconds.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::OW.update()],
        args: &[KEY, Arg::integer("seconds"), VALUE],
        traits: Traits::DENY_OOM,
        run: Run::Write(setex),
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
];

fn append(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, value] = words(args);
    let Some(before) = cx.string(key)?.map(|string| string.len()) else {
        cx.set_string(key, value, None);
        reply::length(out, value.len());
        return Ok(());
    };
    let after = within_limit(before, value.len())?;
    if !value.is_empty() {
        cx.write_string(key, before, value);
    }
    reply::length(out, after);
    Ok(())
}

fn get(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::string(out, cx.string(key)?);
    Ok(())
}

fn getdel(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::string(out, cx.string(key)?);
    cx.remove(key);
    Ok(())
}

fn getex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut cursor = Cursor::after(args, 2);
    let mut lifetime = Lifetime::Unsaid;
    while let Some(word) = cursor.next() {
        if !lifetime.accept(Keyword::of(word), &mut cursor)? || lifetime == Lifetime::Keep {
            return Err(CommandError::Syntax);
        }
    }
    let now_ms = cx.now_ms();
    // Redis looks the key up before it reads the amount: a missing key hides a bad one.
    let Some(string) = cx.string(key)? else {
        out.null();
        return Ok(());
    };
    match lifetime {
        Lifetime::Unsaid | Lifetime::Keep => reply::string(out, Some(string)),
        Lifetime::Persist => {
            reply::string(out, Some(string));
            cx.set_expiry(key, None);
        }
        Lifetime::Until(unit, amount) => {
            let expire_at_ms = unit.resolve_positive(amount, now_ms, "getex")?;
            reply::string(out, Some(string));
            expire(cx, key, expire_at_ms);
        }
    }
    Ok(())
}

/// Sets an expiry, or removes the key when it lies in the past.
fn expire(cx: &mut WriteCx<'_>, key: &[u8], expire_at_ms: Milliseconds) {
    if expire_at_ms <= cx.now_ms() {
        cx.remove(key);
    } else {
        cx.set_expiry(key, Some(expire_at_ms));
    }
}

fn getrange(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, start, end] = words(args);
    let (start, end) = (integer(start)?, integer(end)?);
    let Some(string) = cx.string(key)? else {
        out.bulk(b"");
        return Ok(());
    };
    // Unlike an index of a list, one that lies before the first byte means the first byte.
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
    reply::string(out, cx.string(key)?);
    cx.set_string(key, value, None);
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
        }
    }
    out.integer(i64::from(!taken));
    Ok(())
}

fn psetex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_with_expiry(cx, args, out, ExpiryUnit::Milliseconds, "psetex")
}

/// When SET may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    IfAbsent,
    IfPresent,
}

fn set(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, value] = words(args);
    let mut cursor = Cursor::after(args, 3);
    let mut condition = Condition::Always;
    let mut lifetime = Lifetime::Unsaid;
    let mut returns_old = false;
    while let Some(word) = cursor.next() {
        let keyword = Keyword::of(word);
        match keyword.bytes() {
            b"NX" if condition != Condition::IfPresent => condition = Condition::IfAbsent,
            b"XX" if condition != Condition::IfAbsent => condition = Condition::IfPresent,
            b"GET" => returns_old = true,
            _ if lifetime.accept(keyword, &mut cursor)? && lifetime != Lifetime::Persist => {}
            _ => return Err(CommandError::Syntax),
        }
    }
    let until = match lifetime {
        Lifetime::Until(unit, amount) => Some(unit.resolve_positive(amount, cx.now_ms(), "set")?),
        Lifetime::Unsaid | Lifetime::Keep | Lifetime::Persist => None,
    };
    let old = cx.entry(key);
    let kept = old.filter(|_| lifetime == Lifetime::Keep).and_then(|entry| entry.expire_at_ms());
    let allowed = match condition {
        Condition::Always => true,
        Condition::IfAbsent => old.is_none(),
        Condition::IfPresent => old.is_some(),
    };
    if returns_old {
        reply::string(out, old.map(|entry| entry.string()).transpose()?);
    } else if allowed {
        out.status("OK");
    } else {
        out.null();
    }
    if allowed {
        store(cx, key, value, until.or(kept));
    }
    Ok(())
}

/// Sets a string, or leaves nothing when its expiry lies in the past.
fn store(cx: &mut WriteCx<'_>, key: &[u8], value: &[u8], expire_at_ms: Option<Milliseconds>) {
    if expire_at_ms.is_some_and(|at| at < cx.now_ms()) {
        cx.remove(key);
    } else {
        cx.set_string(key, value, expire_at_ms);
    }
}

fn setex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_with_expiry(cx, args, out, ExpiryUnit::Seconds, "setex")
}

fn set_with_expiry(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    unit: ExpiryUnit,
    command: &'static str,
) -> Result<(), CommandError> {
    let [key, amount, value] = words(args);
    let expire_at_ms = unit.resolve_positive(amount, cx.now_ms(), command)?;
    cx.set_string(key, value, Some(expire_at_ms));
    out.status("OK");
    Ok(())
}

fn setnx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, value] = words(args);
    let absent = !cx.exists(key);
    if absent {
        cx.set_string(key, value, None);
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
