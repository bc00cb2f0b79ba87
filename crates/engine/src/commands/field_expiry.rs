//! Expiry of single fields: HEXPIRE, HTTL and their kin.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, ExpiryUnit, Keyword, integer, words};
use crate::commands::expiry::{CONDITION, Conditions, NO_EXPIRY, NO_KEY};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::limits::FIELD_EXPIRE_AT_MS_MAX;
use crate::numbers::parse_integer;
use crate::time::Milliseconds;

const HASH: Command = Command::base(Group::Hash);

const PER_FIELD: &str = "O(N), N the number of fields given";

/// `FIELDS numfields field ...`
pub(super) const FIELDS: Arg =
    Arg::block("fields", &[Arg::integer("numfields"), Arg::string("field").multiple()]).after("FIELDS");

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "hexpire",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Lets fields of a hash expire after a number of seconds.",
        arity: Arity::AtLeast(6),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::integer("seconds"), CONDITION, FIELDS],
        traits: Traits::FAST,
        run: Run::Write(hexpire),
        ..HASH
    },
    Command {
        name: "hexpireat",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Lets fields of a hash expire at a Unix time in seconds.",
        arity: Arity::AtLeast(6),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::unix_time("unix-time-seconds"), CONDITION, FIELDS],
        traits: Traits::FAST,
        run: Run::Write(hexpireat),
        ..HASH
    },
    Command {
        name: "hexpiretime",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Returns the Unix times in seconds at which fields of a hash expire.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, FIELDS],
        traits: Traits::FAST,
        run: Run::Read(hexpiretime),
        ..HASH
    },
    Command {
        name: "hpersist",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Removes the expiry of fields of a hash.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, FIELDS],
        traits: Traits::FAST,
        run: Run::Write(hpersist),
        ..HASH
    },
    Command {
        name: "hpexpire",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Lets fields of a hash expire after a number of milliseconds.",
        arity: Arity::AtLeast(6),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::integer("milliseconds"), CONDITION, FIELDS],
        traits: Traits::FAST,
        run: Run::Write(hpexpire),
        ..HASH
    },
    Command {
        name: "hpexpireat",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Lets fields of a hash expire at a Unix time in milliseconds.",
        arity: Arity::AtLeast(6),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::unix_time("unix-time-milliseconds"), CONDITION, FIELDS],
        traits: Traits::FAST,
        run: Run::Write(hpexpireat),
        ..HASH
    },
    Command {
        name: "hpexpiretime",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Returns the Unix times in milliseconds at which fields of a hash expire.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, FIELDS],
        traits: Traits::FAST,
        run: Run::Read(hpexpiretime),
        ..HASH
    },
    Command {
        name: "hpttl",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Returns the milliseconds that fields of a hash have left before they expire.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, FIELDS],
        traits: Traits::FAST,
        run: Run::Read(hpttl),
        ..HASH
    },
    Command {
        name: "httl",
        since: "7.4.0",
        complexity: PER_FIELD,
        summary: "Returns the seconds that fields of a hash have left before they expire.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, FIELDS],
        traits: Traits::FAST,
        run: Run::Read(httl),
        ..HASH
    },
];

fn hexpire(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::Seconds, "hexpire")
}

fn hexpireat(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::UnixSeconds, "hexpireat")
}

fn hexpiretime(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, "hexpiretime", |at_ms, _| at_ms.div_ceil(1000))
}

fn hpersist(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    cx.hash(key)?;
    let names = fields(&Cursor::after(args, 2), CommandError::FieldCountNotPositive, "hpersist")?;
    out.array(names.len());
    let mut persists = false;
    for name in names {
        let field = cx.hash(key)?.and_then(|hash| hash.field(name));
        out.integer(match field.map(|field| field.expire_at_ms) {
            None => NO_KEY,
            Some(None) => NO_EXPIRY,
            Some(Some(_)) => {
                cx.hash_set_expiry(key, name, None);
                persists = true;
                1
            }
        });
    }
    if persists {
        cx.notify(Event::HPERSIST, key);
    }
    Ok(())
}

fn hpexpire(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::Milliseconds, "hpexpire")
}

fn hpexpireat(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::UnixMilliseconds, "hpexpireat")
}

fn hpexpiretime(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, "hpexpiretime", |at_ms, _| at_ms)
}

fn hpttl(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, "hpttl", Milliseconds::saturating_sub)
}

fn httl(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, "httl", |at_ms, now_ms| at_ms.saturating_sub(now_ms).div_ceil(1000))
}

/// The fields of `FIELDS numfields field ...`, which is all that is left of the line.
///
/// # Errors
/// [`CommandError::WrongArity`], [`CommandError::FieldsMissing`], `not_positive`, [`CommandError::FieldCountMismatch`].
pub(super) fn fields<'a>(
    cursor: &Cursor<'a>,
    not_positive: CommandError,
    command: &'static str,
) -> Result<Args<'a>, CommandError> {
    let [keyword, count, names @ ..] = cursor.rest() else {
        return Err(CommandError::WrongArity { command });
    };
    if Keyword::of(keyword).bytes() != b"FIELDS" {
        return Err(CommandError::FieldsMissing);
    }
    let count = parse_integer(count).filter(|count| *count > 0).ok_or(not_positive)?;
    if usize::try_from(count) != Ok(names.len()) {
        return Err(CommandError::FieldCountMismatch);
    }
    Ok(names)
}

/// The time at which a field is to expire, in the past or not.
///
/// # Errors
/// [`CommandError::NotAnInteger`], [`CommandError::NegativeExpireTime`], [`CommandError::InvalidExpireTime`] if it is
/// too far away.
pub(super) fn field_time(
    unit: ExpiryUnit,
    amount: &[u8],
    now_ms: Milliseconds,
    command: &'static str,
) -> Result<Milliseconds, CommandError> {
    let amount = integer(amount)?;
    if amount < 0 {
        return Err(CommandError::NegativeExpireTime);
    }
    unit.resolve(amount, now_ms)
        .and_then(|at_ms| Milliseconds::try_from(at_ms).ok())
        .filter(|at_ms| *at_ms <= FIELD_EXPIRE_AT_MS_MAX)
        .ok_or(CommandError::InvalidExpireTime { command })
}

/// Sets the expiry of fields, or removes those whose moment has passed.
fn set_expiry(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    unit: ExpiryUnit,
    command: &'static str,
) -> Result<(), CommandError> {
    let [key, amount] = words(args);
    let is_missing = cx.hash(key)?.is_none();
    let at_ms = match field_time(unit, amount, cx.now_ms(), command) {
        // Upstash answers for a key that is not there, where Redis refuses a time that is too far away.
        Err(CommandError::InvalidExpireTime { .. }) if is_missing => FIELD_EXPIRE_AT_MS_MAX,
        at_ms => at_ms?,
    };
    let mut cursor = Cursor::after(args, 3);
    let mut conditions = Conditions::default();
    if let Some(word) = cursor.clone().next()
        && conditions.accept(Keyword::of(word))
    {
        cursor.next();
    }
    let not_positive = CommandError::NotAboveZero { name: "Parameter `numFields`" };
    let names = fields(&cursor, not_positive, command)?;
    out.array(names.len());
    let mut changed = false;
    for name in names {
        let outcome = set_field_expiry(cx, key, name, conditions, at_ms)?;
        changed |= outcome > 0;
        out.integer(outcome);
    }
    if changed {
        notify_expiry(cx, key, at_ms);
    }
    Ok(())
}

/// Tells that fields were given an expiry, or went because it lies in the past.
pub(super) fn notify_expiry(cx: &WriteCx<'_>, key: &[u8], at_ms: Milliseconds) {
    if at_ms <= cx.now_ms() {
        cx.notify_taken(Event::HDEL, key);
    } else {
        cx.notify(Event::HEXPIRE, key);
    }
}

/// The reply for one field.
fn set_field_expiry(
    cx: &mut WriteCx<'_>,
    key: &[u8],
    name: &[u8],
    conditions: Conditions,
    at_ms: Milliseconds,
) -> Result<i64, CommandError> {
    let Some(field) = cx.hash(key)?.and_then(|hash| hash.field(name)) else { return Ok(NO_KEY) };
    if !conditions.allow(field.expire_at_ms, i64::try_from(at_ms).unwrap_or(i64::MAX)) {
        return Ok(0);
    }
    if at_ms <= cx.now_ms() {
        cx.hash_remove(key, name);
        return Ok(2);
    }
    cx.hash_set_expiry(key, name, Some(at_ms));
    Ok(1)
}

/// Replies for each field with something made of its expiry and the time.
fn show_expiry(
    cx: &ReadCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    command: &'static str,
    show: fn(Milliseconds, Milliseconds) -> u64,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let hash = cx.hash(key)?;
    let names = fields(&Cursor::after(args, 2), CommandError::FieldCountNotPositive, command)?;
    out.array(names.len());
    for name in names {
        let field = hash.and_then(|hash| hash.field(name));
        out.integer(match field.map(|field| field.expire_at_ms) {
            None => NO_KEY,
            Some(None) => NO_EXPIRY,
            Some(Some(at_ms)) => i64::try_from(show(at_ms, cx.now_ms())).unwrap_or(i64::MAX),
        });
    }
    Ok(())
}
