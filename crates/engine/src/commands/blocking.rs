//! Commands that wait for an element to come. Each is an attempt: what it does when there is something to take. Waiting, and
//! trying again in the order of arrival, is the node's.

use selvedge_wire::ReplySink;

use crate::commands::table::{
    Arg, Args, Arity, Attempt, Command, Group, KeyUse, Keys, Nothing, Patience, Run,
};
use crate::cx::{End, Lookup, WriteCx};
use crate::error::CommandError;
use crate::long_double::LongDouble;
use crate::time::Milliseconds;

const LIST: Command = Command::base(Group::List);

/// `timeout`, in seconds; 0 is for ever.
const TIMEOUT: Arg = Arg::double("timeout");

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "blpop",
        since: "2.0.0",
        complexity: "O(N), N the number of keys",
        summary: "Takes the first element of the first list that has one, or waits for one.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 1, last: -2, step: 1 },
        uses: &[KeyUse::RW.access().delete()],
        args: &[Arg::key("key").multiple(), TIMEOUT],
        run: Run::Blocking(blpop),
        ..LIST
    },
    Command {
        name: "brpop",
        since: "2.0.0",
        complexity: "O(N), N the number of keys",
        summary: "Takes the last element of the first list that has one, or waits for one.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 1, last: -2, step: 1 },
        uses: &[KeyUse::RW.access().delete()],
        args: &[Arg::key("key").multiple(), TIMEOUT],
        run: Run::Blocking(brpop),
        ..LIST
    },
];

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
    let Some(([_name, keys @ ..], timeout)) = args.split_last().map(|(last, rest)| (rest, last)) else {
        return Err(CommandError::Syntax);
    };
    let timeout_ms = timeout_ms(timeout, cx.now_ms())?;
    for key in keys {
        if cx.list(key)?.is_some()
            && let Some(element) = cx.list_pop(key, end)
        {
            out.array(2);
            out.bulk(key);
            out.bulk(&element);
            return Ok(Attempt::Served);
        }
    }
    Ok(Attempt::Blocked(Patience { timeout_ms, nothing: Nothing::NullArray }))
}

/// A timeout in seconds as milliseconds, rounded up. None: for ever.
///
/// # Errors
/// [`CommandError::TimeoutNotAFloat`], [`CommandError::TimeoutNegative`], and [`CommandError::TimeoutOutOfRange`] if its end
/// is no 64-bit time.
pub(super) fn timeout_ms(word: &[u8], now_ms: Milliseconds) -> Result<Option<Milliseconds>, CommandError> {
    let seconds = LongDouble::parse(word).ok_or(CommandError::TimeoutNotAFloat)?;
    match seconds.thousandfold() {
        Some(0) => Ok(None),
        Some(ms) if ms > 0 && ms.checked_add_unsigned(now_ms).is_some() => Ok(Some(ms.unsigned_abs())),
        _ if seconds.is_negative() => Err(CommandError::TimeoutNegative),
        _ => Err(CommandError::TimeoutOutOfRange),
    }
}
