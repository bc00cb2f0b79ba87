//! Expiry: EXPIRE, TTL and their kin.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, ExpiryUnit, Keyword, integer, words};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::time::Milliseconds;

const GENERIC: Command = Command::base(Group::Generic);
/// The reply for a key or field that is not there.
pub(super) const NO_KEY: i64 = -2;
/// The reply for a key or field that does not expire.
pub(super) const NO_EXPIRY: i64 = -1;

/// When an expiry is to be set.
pub(super) const CONDITION: Arg = Arg::one_of(
    "condition",
    &[Arg::token("nx", "NX"), Arg::token("xx", "XX"), Arg::token("gt", "GT"), Arg::token("lt", "LT")],
)
.optional();

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "expire",
        since: "1.0.0",
        summary: "Lets a key expire after a number of seconds.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::integer("seconds"), CONDITION],
        traits: Traits::FAST,
        run: Run::Write(expire),
        ..GENERIC
    },
    Command {
        name: "expireat",
        since: "1.2.0",
        summary: "Lets a key expire at a Unix time in seconds.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::unix_time("unix-time-seconds"), CONDITION],
        traits: Traits::FAST,
        run: Run::Write(expireat),
        ..GENERIC
    },
    Command {
        name: "expiretime",
        since: "7.0.0",
        summary: "Returns the Unix time in seconds at which a key expires.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(expiretime),
        ..GENERIC
    },
    Command {
        name: "persist",
        since: "2.2.0",
        summary: "Removes the expiry of a key.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Write(persist),
        ..GENERIC
    },
    Command {
        name: "pexpire",
        since: "2.6.0",
        summary: "Lets a key expire after a number of milliseconds.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::integer("milliseconds"), CONDITION],
        traits: Traits::FAST,
        run: Run::Write(pexpire),
        ..GENERIC
    },
    Command {
        name: "pexpireat",
        since: "2.6.0",
        summary: "Lets a key expire at a Unix time in milliseconds.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::unix_time("unix-time-milliseconds"), CONDITION],
        traits: Traits::FAST,
        run: Run::Write(pexpireat),
        ..GENERIC
    },
    Command {
        name: "pexpiretime",
        since: "7.0.0",
        summary: "Returns the Unix time in milliseconds at which a key expires.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(pexpiretime),
        ..GENERIC
    },
    Command {
        name: "pttl",
        since: "2.6.0",
        summary: "Returns the milliseconds a key has left before it expires.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(pttl),
        ..GENERIC
    },
    Command {
        name: "ttl",
        since: "1.0.0",
        summary: "Returns the seconds a key has left before it expires.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(ttl),
        ..GENERIC
    },
];

fn expire(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::Seconds, "expire")
}

fn expireat(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::UnixSeconds, "expireat")
}

fn expiretime(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, |at_ms, _| seconds(at_ms))
}

fn persist(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let expires = cx.entry(key).is_some_and(|entry| entry.expire_at_ms().is_some());
    if expires {
        cx.set_expiry(key, None);
        cx.notify(Event::PERSIST, key);
    }
    out.integer(i64::from(expires));
    Ok(())
}

fn pexpire(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::Milliseconds, "pexpire")
}

fn pexpireat(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    set_expiry(cx, args, out, ExpiryUnit::UnixMilliseconds, "pexpireat")
}

fn pexpiretime(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, |at_ms, _| at_ms)
}

fn pttl(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, Milliseconds::saturating_sub)
}

fn ttl(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    show_expiry(cx, args, out, |at_ms, now_ms| seconds(at_ms.saturating_sub(now_ms)))
}

/// Whole seconds, halves rounded up.
fn seconds(ms: Milliseconds) -> u64 {
    ms.saturating_add(500) / 1000
}

/// Replies with something made of the expiry and the time.
fn show_expiry(
    cx: &ReadCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    show: fn(Milliseconds, Milliseconds) -> u64,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let reply = match cx.entry(key).map(|entry| entry.expire_at_ms()) {
        None => NO_KEY,
        Some(None) => NO_EXPIRY,
        Some(Some(at_ms)) => i64::try_from(show(at_ms, cx.now_ms())).unwrap_or(i64::MAX),
    };
    out.integer(reply);
    Ok(())
}

/// When an expiry may be set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conditions {
    if_none: bool,
    if_some: bool,
    if_later: bool,
    if_sooner: bool,
}

impl Conditions {
    fn parse(cursor: Cursor<'_>) -> Result<Self, CommandError> {
        let mut conditions = Self::default();
        for word in cursor {
            if !conditions.accept(Keyword::of(word)) {
                return Err(CommandError::unsupported_option(word));
            }
        }
        if conditions.if_none && (conditions.if_some || conditions.if_later || conditions.if_sooner) {
            return Err(CommandError::ExpireConditionsNx);
        }
        if conditions.if_later && conditions.if_sooner {
            return Err(CommandError::ExpireConditionsGtLt);
        }
        Ok(conditions)
    }

    /// Takes an option. False if it is none of these.
    pub(super) fn accept(&mut self, keyword: Keyword) -> bool {
        let condition = match keyword.bytes() {
            b"NX" => &mut self.if_none,
            b"XX" => &mut self.if_some,
            b"GT" => &mut self.if_later,
            b"LT" => &mut self.if_sooner,
            _ => return false,
        };
        *condition = true;
        true
    }

    /// What has no expiry counts as expiring at the end of time.
    pub(super) fn allow(self, current_ms: Option<Milliseconds>, new_ms: i64) -> bool {
        let current = current_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        !(self.if_none && current.is_some()
            || self.if_some && current.is_none()
            || self.if_later && current.is_none_or(|current| new_ms <= current)
            || self.if_sooner && current.is_some_and(|current| new_ms >= current))
    }
}

fn set_expiry(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    unit: ExpiryUnit,
    command: &'static str,
) -> Result<(), CommandError> {
    let [key, amount] = words(args);
    let conditions = Conditions::parse(Cursor::after(args, 3))?;
    let at_ms =
        unit.resolve(integer(amount)?, cx.now_ms()).ok_or(CommandError::InvalidExpireTime { command })?;
    let allowed = cx.entry(key).is_some_and(|entry| conditions.allow(entry.expire_at_ms(), at_ms));
    if allowed {
        match Milliseconds::try_from(at_ms).ok().filter(|at_ms| *at_ms > cx.now_ms()) {
            Some(at_ms) => {
                cx.set_expiry(key, Some(at_ms));
                cx.notify(Event::EXPIRE, key);
            }
            // The moment has passed: the key goes at once.
            None => {
                cx.remove(key);
                cx.notify(Event::DEL, key);
            }
        }
    }
    out.integer(i64::from(allowed));
    Ok(())
}
