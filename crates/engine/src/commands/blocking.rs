//! Commands that wait for an element to come. Each is an attempt: what it does when there is something to take. Waiting, and
//! trying again in the order of arrival, is the node's.

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::lists::{self, ENDS};
use crate::commands::sorted_sets::remove::{self, Extreme};
use crate::commands::table::arg::COUNT;
use crate::commands::table::{
    Arg, Args, Arity, Attempt, Command, Group, KeyUse, Keys, Nothing, Patience, Run, Traits,
};
use crate::cx::{End, Lookup, WriteCx};
use crate::error::CommandError;
use crate::long_double::LongDouble;
use crate::time::Milliseconds;

/// `timeout`, in seconds; 0 is for ever.
const TIMEOUT: Arg = Arg::double("timeout");

/// What the commands with any number of keys and a timeout behind them share.
const FIRST_OF_KEYS: Command = Command {
    complexity: "O(N), N the number of keys",
    arity: Arity::AtLeast(3),
    keys: Keys::Range { first: 1, last: -2, step: 1 },
    uses: &[KeyUse::RW.access().delete()],
    args: &[Arg::key("key").multiple(), TIMEOUT],
    ..Command::base(Group::List)
};

/// What BLMPOP and BZMPOP share.
const MANY_OF_KEYS: Command = Command {
    complexity: "O(N+M), N the number of keys, M that of elements taken",
    arity: Arity::AtLeast(5),
    keys: Keys::Counted { at: 2 },
    uses: &[KeyUse::RW.access().delete()],
    ..Command::base(Group::List)
};

/// What BLMOVE and BRPOPLPUSH share.
const MOVE: Command = Command {
    keys: Keys::Range { first: 1, last: 2, step: 1 },
    uses: &[KeyUse::RW.access().delete(), KeyUse::RW.insert()],
    traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
    ..Command::base(Group::List)
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "blmove",
        since: "6.2.0",
        summary: "Takes an element from an end of one list and puts it at an end of another, or waits for one.",
        arity: Arity::Exactly(6),
        args: &[
            Arg::key("source"),
            Arg::key("destination"),
            Arg::one_of("wherefrom", ENDS),
            Arg::one_of("whereto", ENDS),
            TIMEOUT,
        ],
        run: Run::Blocking(blmove),
        ..MOVE
    },
    Command {
        name: "blmpop",
        since: "7.0.0",
        summary: "Takes elements from an end of the first list among several that is there, or waits for one.",
        args: &[
            TIMEOUT,
            Arg::integer("numkeys"),
            Arg::key("key").multiple(),
            Arg::one_of("where", ENDS),
            COUNT,
        ],
        run: Run::Blocking(blmpop),
        ..MANY_OF_KEYS
    },
    Command {
        name: "blpop",
        since: "2.0.0",
        summary: "Takes the first element of the first list that is there, or waits for one.",
        run: Run::Blocking(blpop),
        ..FIRST_OF_KEYS
    },
    Command {
        name: "brpop",
        since: "2.0.0",
        summary: "Takes the last element of the first list that is there, or waits for one.",
        run: Run::Blocking(brpop),
        ..FIRST_OF_KEYS
    },
    Command {
        name: "brpoplpush",
        since: "2.2.0",
        summary: "Takes the last element of one list and puts it at the head of another, or waits for one.",
        arity: Arity::Exactly(4),
        args: &[Arg::key("source"), Arg::key("destination"), TIMEOUT],
        run: Run::Blocking(brpoplpush),
        ..MOVE
    },
    Command {
        name: "bzmpop",
        group: Group::SortedSet,
        since: "7.0.0",
        summary: "Takes members with extreme scores from the first sorted set that is there, or waits for one.",
        args: &[
            TIMEOUT,
            Arg::integer("numkeys"),
            Arg::key("key").multiple(),
            Arg::one_of("where", &[Arg::token("min", "MIN"), Arg::token("max", "MAX")]),
            COUNT,
        ],
        run: Run::Blocking(bzmpop),
        ..MANY_OF_KEYS
    },
    Command {
        name: "bzpopmax",
        group: Group::SortedSet,
        since: "5.0.0",
        summary: "Takes the member with the highest score from the first sorted set that is there, or waits for one.",
        traits: Traits::FAST,
        run: Run::Blocking(bzpopmax),
        ..FIRST_OF_KEYS
    },
    Command {
        name: "bzpopmin",
        group: Group::SortedSet,
        since: "5.0.0",
        summary: "Takes the member with the lowest score from the first sorted set that is there, or waits for one.",
        traits: Traits::FAST,
        run: Run::Blocking(bzpopmin),
        ..FIRST_OF_KEYS
    },
];

fn blmove(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    let [source, destination, from, to, timeout] = words(args);
    let (from, to) = (lists::end(from)?, lists::end(to)?);
    let timeout_ms = timeout_ms(timeout, cx.now_ms())?;
    let moved = lists::move_element(cx, (source, from), (destination, to), out)?;
    Ok(served_or(moved, timeout_ms, Nothing::Null))
}

fn blmpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    let [timeout] = words(args);
    let pop = lists::ManyPop::parse(args, 2)?;
    let timeout_ms = timeout_ms(timeout, cx.now_ms())?;
    Ok(served_or(pop.run(cx, out)?, timeout_ms, Nothing::NullArray))
}

fn blpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    pop(cx, args, out, End::Front)
}

fn brpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    pop(cx, args, out, End::Back)
}

fn pop(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    end: End,
) -> Result<Attempt, CommandError> {
    let (keys, timeout_ms) = keys_and_timeout(args, cx.now_ms())?;
    for key in keys {
        if cx.list(key)?.is_some()
            && let Some(element) = cx.list_pop(key, end)
        {
            cx.notify_taken(lists::popped_at(end), key);
            out.array(2);
            out.bulk(key);
            out.bulk(&element);
            return Ok(Attempt::Served);
        }
    }
    Ok(served_or(false, timeout_ms, Nothing::NullArray))
}

fn brpoplpush(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<Attempt, CommandError> {
    let [source, destination, timeout] = words(args);
    let timeout_ms = timeout_ms(timeout, cx.now_ms())?;
    let moved = lists::move_element(cx, (source, End::Back), (destination, End::Front), out)?;
    Ok(served_or(moved, timeout_ms, Nothing::Null))
}

fn bzmpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    let [timeout] = words(args);
    let pop = remove::ManyPop::parse(args, 2)?;
    let timeout_ms = timeout_ms(timeout, cx.now_ms())?;
    Ok(served_or(pop.run(cx, out)?, timeout_ms, Nothing::NullArray))
}

fn bzpopmax(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    pop_extreme(cx, args, out, Extreme::Highest)
}

fn bzpopmin(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<Attempt, CommandError> {
    pop_extreme(cx, args, out, Extreme::Lowest)
}

fn pop_extreme(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    extreme: Extreme,
) -> Result<Attempt, CommandError> {
    let (keys, timeout_ms) = keys_and_timeout(args, cx.now_ms())?;
    let popped = remove::pop_one(cx, keys, extreme, out)?;
    Ok(served_or(popped, timeout_ms, Nothing::NullArray))
}

fn served_or(served: bool, timeout_ms: Option<Milliseconds>, nothing: Nothing) -> Attempt {
    if served { Attempt::Served } else { Attempt::Blocked(Patience { timeout_ms, nothing }) }
}

/// The words between the name and the timeout at the end.
fn keys_and_timeout(
    args: Args<'_>,
    now_ms: Milliseconds,
) -> Result<(Args<'_>, Option<Milliseconds>), CommandError> {
    let [_name, keys @ .., timeout] = args else { return Err(CommandError::Syntax) };
    Ok((keys, timeout_ms(timeout, now_ms)?))
}

/// A timeout in seconds as milliseconds, rounded up. None: for ever.
///
/// # Errors
/// [`CommandError::TimeoutNotAFloat`], [`CommandError::TimeoutNegative`], and [`CommandError::TimeoutOutOfRange`] if its end
/// is no 64-bit time.
fn timeout_ms(word: &[u8], now_ms: Milliseconds) -> Result<Option<Milliseconds>, CommandError> {
    let seconds = LongDouble::parse(word).ok_or(CommandError::TimeoutNotAFloat)?;
    match seconds.thousandfold() {
        Some(0) => Ok(None),
        Some(ms) if ms > 0 && ms.checked_add_unsigned(now_ms).is_some() => Ok(Some(ms.unsigned_abs())),
        _ if seconds.is_negative() => Err(CommandError::TimeoutNegative),
        _ => Err(CommandError::TimeoutOutOfRange),
    }
}
