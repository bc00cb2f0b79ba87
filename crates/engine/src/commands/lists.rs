//! Lists: their ends and stretches. What is between the ends is in [`super::list_elements`].

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, counted_keys, integer, pop_count, positive, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{End, Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;

const LIST: Command = Command::base(Group::List);

/// `LEFT | RIGHT`.
pub(super) const ENDS: &[Arg] = &[Arg::token("left", "LEFT"), Arg::token("right", "RIGHT")];

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
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
        name: "lmove",
        since: "6.2.0",
        summary: "Takes an element from an end of one list, puts it at an end of another, and returns it.",
        arity: Arity::Exactly(5),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::RW.access().delete(), KeyUse::RW.insert()],
        args: &[
            Arg::key("source"),
            Arg::key("destination"),
            Arg::one_of("wherefrom", ENDS),
            Arg::one_of("whereto", ENDS),
        ],
        traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
        run: Run::Write(lmove),
        ..LIST
    },
    Command {
        name: "lmpop",
        since: "7.0.0",
        complexity: "O(N+M), N the number of keys given, M the number of elements taken",
        summary: "Takes elements from an end of the first list among several that is there.",
        arity: Arity::AtLeast(4),
        keys: Keys::Counted { at: 1 },
        uses: &[KeyUse::RW.access().delete()],
        args: &[
            Arg::integer("numkeys"),
            Arg::key("key").multiple(),
            Arg::one_of("where", ENDS),
            Arg::integer("count").after("COUNT").optional(),
        ],
        run: Run::Write(lmpop),
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
        work: Some(work::ranks),
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
        name: "rpoplpush",
        since: "1.2.0",
        summary: "Takes the last element of one list, puts it at the head of another, and returns it.",
        arity: Arity::Exactly(3),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::RW.access().delete(), KeyUse::RW.insert()],
        args: &[Arg::key("source"), Arg::key("destination")],
        traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
        run: Run::Write(rpoplpush),
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

fn llen(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::length(out, cx.list(key)?.map_or(0, |list| list.len()));
    Ok(())
}

fn lmove(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [source, destination, from, to] = words(args);
    let moved = move_element(cx, (source, end(from)?), (destination, end(to)?), out)?;
    if !moved {
        out.null();
    }
    Ok(())
}

fn lmpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    if !ManyPop::parse(args, 1)?.run(cx, out)? {
        out.null_array();
    }
    Ok(())
}

/// What LMPOP and BLMPOP ask for.
pub(super) struct ManyPop<'a> {
    keys: Args<'a>,
    end: End,
    count: usize,
}

impl<'a> ManyPop<'a> {
    /// Reads the count of keys at index `at`, and what follows it.
    ///
    /// # Errors
    /// [`CommandError::Syntax`], or a count below one.
    pub(super) fn parse(args: Args<'a>, at: usize) -> Result<Self, CommandError> {
        let (keys, mut cursor) = counted_keys(args, at, CommandError::Syntax)?;
        let end = end(cursor.word()?)?;
        let mut count = 1;
        if let Some(option) = cursor.next() {
            if Keyword::of(option).bytes() != b"COUNT" {
                return Err(CommandError::Syntax);
            }
            count = positive(cursor.word()?, "count")?;
        }
        if cursor.next().is_some() {
            return Err(CommandError::Syntax);
        }
        Ok(Self { keys, end, count })
    }

    /// Takes from the first list that is there, and replies. False, and no reply: there is none.
    ///
    /// # Errors
    /// [`CommandError::WrongType`].
    pub(super) fn run(&self, cx: &mut WriteCx<'_>, out: &mut dyn ReplySink) -> Result<bool, CommandError> {
        for key in self.keys {
            if cx.list(key)?.is_some() {
                out.array(2);
                out.bulk(key);
                take(cx, key, self.end, self.count, out);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// LEFT or RIGHT.
pub(super) fn end(word: &[u8]) -> Result<End, CommandError> {
    match Keyword::of(word).bytes() {
        b"LEFT" => Ok(End::Front),
        b"RIGHT" => Ok(End::Back),
        _ => Err(CommandError::Syntax),
    }
}

/// Takes an element from one end of a list, puts it to an end of another, and replies with it. False, and no reply: there is
/// none.
///
/// # Errors
/// [`CommandError::WrongType`].
pub(super) fn move_element(
    cx: &mut WriteCx<'_>,
    (source, from): (&[u8], End),
    (destination, to): (&[u8], End),
    out: &mut dyn ReplySink,
) -> Result<bool, CommandError> {
    let Some(length) = cx.list(source)?.map(|list| list.len()) else { return Ok(false) };
    cx.list(destination)?;
    let moved = if source == destination && (length == 1 || from == to) {
        // It comes back to where it was. The list must not be gone in between, or its expiry would be.
        let index = if from == End::Front { 0 } else { length - 1 };
        let element = cx.list(source)?.and_then(|list| list.get(index)).map(<[u8]>::to_vec);
        element.inspect(|element| cx.list_set(source, index, element))
    } else {
        cx.list_pop(source, from).inspect(|element| cx.list_push(destination, to, element))
    };
    cx.notify(pushed_at(to), destination);
    cx.notify_taken(popped_at(from), source);
    reply::bulk_or_null(out, moved.as_deref());
    Ok(true)
}

/// What a push to an end is called.
fn pushed_at(end: End) -> Event {
    match end {
        End::Front => Event::LPUSH,
        End::Back => Event::RPUSH,
    }
}

/// What it is called when elements leave at an end.
pub(super) fn popped_at(end: End) -> Event {
    match end {
        End::Front => Event::LPOP,
        End::Back => Event::RPOP,
    }
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
    cx.notify(pushed_at(end), key);
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
    let count = pop_count(args, CommandError::WrongArity { command })?;
    let length = cx.list(key)?.map(|list| list.len());
    match (count, length) {
        (None, None) => out.null(),
        (None, Some(_)) => {
            reply::bulk_or_null(out, cx.list_pop(key, end).as_deref());
            cx.notify_taken(popped_at(end), key);
        }
        (Some(_), None) => out.null_array(),
        (Some(count), Some(_)) => take(cx, key, end, count, out),
    }
    Ok(())
}

/// Takes up to `count` elements from an end and replies with them, in the order they leave.
fn take(cx: &mut WriteCx<'_>, key: &[u8], end: End, count: usize, out: &mut dyn ReplySink) {
    let Some(list) = cx.list(key).ok().flatten() else { return out.array(0) };
    let count = count.min(list.len());
    out.array(count);
    match end {
        End::Front => list.iter().take(count).for_each(|element| out.bulk(element)),
        End::Back => list.iter_back().take(count).for_each(|element| out.bulk(element)),
    }
    match end {
        End::Front => cx.list_trim(key, count, 0),
        End::Back => cx.list_trim(key, 0, count),
    }
    if count > 0 {
        cx.notify_taken(popped_at(end), key);
    }
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
        // Also when nothing is outside: the command ran.
        cx.notify_taken(Event::LTRIM, key);
    }
    out.status("OK");
    Ok(())
}

fn rpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    pop(cx, args, out, End::Back, "rpop")
}

fn rpoplpush(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [source, destination] = words(args);
    let moved = move_element(cx, (source, End::Back), (destination, End::Front), out)?;
    if !moved {
        out.null();
    }
    Ok(())
}

fn rpush(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    push(cx, args, out, End::Back, true)
}

fn rpushx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    push(cx, args, out, End::Back, false)
}
