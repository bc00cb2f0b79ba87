//! Strings: SET and its kin, with conditions and expiries.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, ExpiryUnit, Keyword, Lifetime, words};
use crate::commands::condition::Condition;
use crate::commands::reply;
use crate::commands::table::arg::{EX, EXAT, KEY, PX, PXAT, VALUE};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::numbers::parse_integer;
use crate::time::Milliseconds;

const STRING: Command = Command::base(Group::String);

/// Whether the key may be there.
const NX: Arg = Arg::token("nx", "NX");
const XX: Arg = Arg::token("xx", "XX");

/// What the current value is compared with.
const IFEQ: Arg = Arg::string("ifeq-value").after("IFEQ");
const IFNE: Arg = Arg::string("ifne-value").after("IFNE");
const IFDEQ: Arg = Arg::string("ifdeq-digest").after("IFDEQ");
const IFDNE: Arg = Arg::string("ifdne-digest").after("IFDNE");

/// When what is set expires.
const EXPIRATION: Arg =
    Arg::one_of("expiration", &[EX, PX, EXAT, PXAT, Arg::token("keepttl", "KEEPTTL")]).optional();

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "delex",
        since: "8.4.0",
        complexity: "O(1), or O(N) to compare, N the length of the string",
        summary: "Deletes a key, with a condition on its value if one is given.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete().variable_flags()],
        args: &[KEY, Arg::one_of("condition", &[IFEQ, IFNE, IFDEQ, IFDNE]).optional()],
        traits: Traits::FAST,
        run: Run::Write(delex),
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
            Arg::one_of("expiration", &[EX, PX, EXAT, PXAT, Arg::token("persist", "PERSIST")]).optional(),
        ],
        traits: Traits::FAST,
        run: Run::Write(getex),
        ..STRING
    },
    Command {
        name: "msetex",
        since: "8.4.0",
        complexity: "O(N), N the number of keys",
        summary: "Sets several keys to string values in one step, with one condition and one expiry for all.",
        arity: Arity::AtLeast(4),
        keys: Keys::CountedPairs { at: 1 },
        uses: &[KeyUse::OW.update()],
        args: &[
            Arg::integer("numkeys"),
            Arg::block("data", &[KEY, VALUE]).multiple(),
            Arg::one_of("condition", &[NX, XX]).optional(),
            EXPIRATION,
        ],
        traits: Traits::DENY_OOM,
        run: Run::Write(msetex),
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
            Arg::one_of("condition", &[NX, XX, IFEQ, IFNE, IFDEQ, IFDNE]).optional(),
            Arg::token("get", "GET").optional(),
            EXPIRATION,
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
];

fn delex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let deletes = match Cursor::after(args, 2).rest() {
        [] => cx.exists(key),
        [word, _] => match cx.entry(key).map(|entry| entry.string()) {
            // An absent key hides everything that is wrong with the condition.
            None => false,
            Some(string) => {
                let string = string.map_err(|_| CommandError::ConditionNeedsString)?;
                let mut operand = Cursor::after(args, 3);
                let condition = Condition::comparison(Keyword::of(word), &mut operand)?;
                condition.ok_or(CommandError::UnknownCondition)?.holds(string)?
            }
        },
        _ => return Err(CommandError::WrongArity { command: "delex" }),
    };
    if deletes {
        cx.remove(key);
        cx.notify(Event::DEL, key);
    }
    out.integer(i64::from(deletes));
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
        cx.notify(Event::KEYMISS, key);
        out.null();
        return Ok(());
    };
    match lifetime {
        Lifetime::Unsaid | Lifetime::Keep => reply::string(out, Some(string)),
        Lifetime::Persist => {
            reply::string(out, Some(string));
            // Without an expiry there is nothing to change.
            if cx.entry(key).is_some_and(|entry| entry.expire_at_ms().is_some()) {
                cx.set_expiry(key, None);
                cx.notify(Event::PERSIST, key);
            }
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
        cx.notify(Event::DEL, key);
    } else {
        cx.set_expiry(key, Some(expire_at_ms));
        cx.notify(Event::EXPIRE, key);
    }
}

fn msetex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let count =
        args.get(1).and_then(|count| parse_integer(count)).and_then(|count| i32::try_from(count).ok());
    let count = count.and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
    let count = count.ok_or(CommandError::InvalidNumkeys)?;
    let words = args.get(2..).unwrap_or_default();
    let (pairs, options) = words.split_at_checked(2 * count).ok_or(CommandError::WrongPairs)?;
    let (pairs, _) = pairs.as_chunks::<2>();
    let mut cursor = Cursor::after(options, 0);
    let (mut condition, mut lifetime) = (Condition::Always, Lifetime::Unsaid);
    while let Some(word) = cursor.next() {
        let keyword = Keyword::of(word);
        let accepted = condition.accept(keyword, &mut cursor)? && !condition.compares();
        if !accepted && (!lifetime.accept(keyword, &mut cursor)? || lifetime == Lifetime::Persist) {
            return Err(CommandError::Syntax);
        }
    }
    let until = until(lifetime, cx, "msetex")?;
    // Every key is looked up: whether one is absent matters as much as whether one is there.
    let present = pairs.iter().filter(|[key, _]| cx.exists(key)).count();
    let allowed = match condition {
        Condition::IfAbsent => present == 0,
        Condition::IfPresent => present == pairs.len(),
        _ => true,
    };
    if allowed {
        for [key, value] in pairs {
            let kept = kept(lifetime, cx, key);
            store(cx, key, value, until.or(kept));
            if until.is_some() {
                cx.notify(Event::EXPIRE, key);
            }
        }
    }
    out.integer(i64::from(allowed));
    Ok(())
}

fn psetex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_with_expiry(cx, args, out, ExpiryUnit::Milliseconds, "psetex")
}

fn set(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, value] = words(args);
    let mut cursor = Cursor::after(args, 3);
    let mut condition = Condition::Always;
    let mut lifetime = Lifetime::Unsaid;
    let mut returns_old = false;
    while let Some(word) = cursor.next() {
        let keyword = Keyword::of(word);
        if keyword.bytes() == b"GET" {
            returns_old = true;
        } else if !condition.accept(keyword, &mut cursor)?
            && (!lifetime.accept(keyword, &mut cursor)? || lifetime == Lifetime::Persist)
        {
            return Err(CommandError::Syntax);
        }
    }
    let until = until(lifetime, cx, "set")?;
    let kept = kept(lifetime, cx, key);
    if returns_old {
        cx.notify_miss(key);
    }
    let old = cx.entry(key);
    let old_string = match old {
        Some(entry) if returns_old || condition.compares() => Some(entry.string()?),
        _ => None,
    };
    let allowed = match (old, old_string) {
        (None, _) => condition.holds_for_absent(),
        (Some(_), Some(string)) => condition.holds(string)?,
        (Some(_), None) => condition != Condition::IfAbsent,
    };
    if returns_old {
        reply::string(out, old_string);
    } else if allowed {
        out.status("OK");
    } else {
        out.null();
    }
    if allowed {
        store(cx, key, value, until.or(kept));
        if until.is_some() {
            cx.notify(Event::EXPIRE, key);
        }
    }
    Ok(())
}

/// The expiry that the options ask for.
///
/// # Errors
/// [`CommandError::NotAnInteger`], [`CommandError::InvalidExpireTime`].
fn until(
    lifetime: Lifetime<'_>,
    cx: &WriteCx<'_>,
    command: &'static str,
) -> Result<Option<Milliseconds>, CommandError> {
    match lifetime {
        Lifetime::Until(unit, amount) => unit.resolve_positive(amount, cx.now_ms(), command).map(Some),
        Lifetime::Unsaid | Lifetime::Keep | Lifetime::Persist => Ok(None),
    }
}

/// The expiry that KEEPTTL keeps.
fn kept(lifetime: Lifetime<'_>, cx: &WriteCx<'_>, key: &[u8]) -> Option<Milliseconds> {
    if lifetime == Lifetime::Keep { cx.entry(key).and_then(|entry| entry.expire_at_ms()) } else { None }
}

/// Sets a string, or leaves nothing when its expiry lies in the past.
fn store(cx: &mut WriteCx<'_>, key: &[u8], value: &[u8], expire_at_ms: Option<Milliseconds>) {
    if expire_at_ms.is_some_and(|at| at < cx.now_ms()) {
        cx.remove(key);
    } else {
        cx.set_string(key, value, expire_at_ms);
        cx.notify(Event::SET, key);
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
    cx.notify(Event::SET, key);
    cx.notify(Event::EXPIRE, key);
    out.status("OK");
    Ok(())
}
