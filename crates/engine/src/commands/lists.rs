//! Lists: elements in order.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, integer, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{End, Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::numbers::parse_integer;

const LIST: Command = Command::base(Group::List);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "lindex",
        since: "1.0.0",
        complexity: "O(N), N the distance from the nearer end",
        summary: "Returns the element at a position of a list.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("index")],
        run: Run::Read(lindex),
        ..LIST
    },
    Command {
        name: "llen",
        since: "1.0.0",
        summary: "Returns the number of elements of a list.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(llen),
        ..LIST
    },
    Command {
        name: "lpop",
        since: "1.0.0",
        complexity: "O(N), N the number of elements taken",
        summary: "Takes elements from the head of a list, and deletes the key with the last one.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().delete()],
        args: &[KEY, Arg::integer("count").optional()],
        traits: Traits::FAST,
        run: Run::Write(lpop),
        ..LIST
    },
    Command {
        name: "lpush",
        since: "1.0.0",
        complexity: "O(N), N the number of elements given",
        summary: "Puts elements at the head of a list, creating it if needed.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, Arg::string("element").multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(lpush),
        ..LIST
    },
    Command {
        name: "lpushx",
        since: "2.2.0",
        complexity: "O(N), N the number of elements given",
        summary: "Puts elements at the head of a list, only if it exists.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, Arg::string("element").multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(lpushx),
        ..LIST
    },
    Command {
        name: "lrange",
        since: "1.0.0",
        complexity: "O(S+N), S the distance from the nearer end, N the elements returned",
        summary: "Returns the elements of a list between two positions, both included.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("start"), Arg::integer("stop")],
        run: Run::Read(lrange),
        ..LIST
    },
    Command {
        name: "ltrim",
        since: "1.0.0",
        complexity: "O(N), N the number of elements dropped",
        summary: "Keeps the elements of a list between two positions and drops the rest.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, Arg::integer("start"), Arg::integer("stop")],
        run: Run::Write(ltrim),
        ..LIST
    },
    Command {
        name: "rpop",
        since: "1.0.0",
        complexity: "O(N), N the number of elements taken",
        summary: "Takes elements from the tail of a list, and deletes the key with the last one.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().delete()],
        args: &[KEY, Arg::integer("count").optional()],
        traits: Traits::FAST,
        run: Run::Write(rpop),
        ..LIST
    },
    Command {
        name: "rpush",
        since: "1.0.0",
        complexity: "O(N), N the number of elements given",
        summary: "Puts elements at the tail of a list, creating it if needed.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, Arg::string("element").multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(rpush),
        ..LIST
    },
    Command {
        name: "rpushx",
        since: "2.2.0",
        complexity: "O(N), N the number of elements given",
        summary: "Puts elements at the tail of a list, only if it exists.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, Arg::string("element").multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(rpushx),
        ..LIST
    },
];

fn lindex(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, index] = words(args);
    // Redis looks the key up before it reads the index.
    let element = match cx.list(key)? {
        Some(list) => reply::index(integer(index)?, list.len()).and_then(|index| list.get(index)),
        None => None,
    };
    reply::bulk_or_null(out, element);
    Ok(())
}

fn llen(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::length(out, cx.list(key)?.map_or(0, |list| list.len()));
    Ok(())
}

fn lpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    pop(cx, args, out, End::Front, "lpop")
}

fn lpush(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    push(cx, args, out, End::Front, true)
}

fn lpushx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    push(cx, args, out, End::Front, false)
}

fn push(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    end: End,
    creates: bool,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let elements = Cursor::after(args, 2).rest();
    let length = match cx.list(key)? {
        Some(list) => list.len() + elements.len(),
        None if creates => elements.len(),
        None => {
            out.integer(0);
            return Ok(());
        }
    };
    for element in elements {
        cx.list_push(key, end, element);
    }
    reply::length(out, length);
    Ok(())
}

fn pop(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    end: End,
    command: &'static str,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let count = match Cursor::after(args, 2).rest() {
        [] => None,
        [count] => {
            let count = parse_integer(count).and_then(|count| usize::try_from(count).ok());
            Some(count.ok_or(CommandError::NotPositive)?)
        }
        _ => return Err(CommandError::WrongArity { command }),
    };
    let length = cx.list(key)?.map(|list| list.len());
    match (count, length) {
        (None, None) => out.null(),
        (None, Some(_)) => reply::bulk_or_null(out, cx.list_pop(key, end).as_deref()),
        (Some(_), None) => out.null_array(),
        (Some(count), Some(length)) => {
            let count = count.min(length);
            out.array(count);
            for _ in 0..count {
                reply::bulk_or_null(out, cx.list_pop(key, end).as_deref());
            }
        }
    }
    Ok(())
}

fn lrange(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, start, stop] = words(args);
    let (start, stop) = (integer(start)?, integer(stop)?);
    let Some(list) = cx.list(key)? else {
        out.array(0);
        return Ok(());
    };
    let range = reply::range(start, stop, list.len());
    out.array(range.len());
    for element in list.iter_from(range.start).take(range.len()) {
        out.bulk(element);
    }
    Ok(())
}

fn ltrim(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, start, stop] = words(args);
    let (start, stop) = (integer(start)?, integer(stop)?);
    if let Some(length) = cx.list(key)?.map(|list| list.len()) {
        let kept = reply::range(start, stop, length);
        if kept.is_empty() {
            cx.remove(key);
        } else if kept.len() < length {
            cx.list_trim(key, kept.start, length - kept.end);
        }
    }
    out.status("OK");
    Ok(())
}

fn rpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    pop(cx, args, out, End::Back, "rpop")
}

fn rpush(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    push(cx, args, out, End::Back, true)
}

fn rpushx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    push(cx, args, out, End::Back, false)
}
