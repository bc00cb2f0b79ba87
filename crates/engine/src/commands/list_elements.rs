//! Lists: elements by their position or their value.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, amount, integer, signed_integer, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{End, Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::types::ListRef;

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
        name: "linsert",
        since: "2.2.0",
        complexity: "O(N), N the elements before the pivot",
        summary: "Inserts an element before or after another one of a list.",
        arity: Arity::Exactly(5),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[
            KEY,
            Arg::one_of("where", &[Arg::token("before", "BEFORE"), Arg::token("after", "AFTER")]),
            Arg::string("pivot"),
            Arg::string("element"),
        ],
        traits: Traits::DENY_OOM,
        run: Run::Write(linsert),
        ..LIST
    },
    Command {
        name: "lpos",
        since: "6.0.6",
        complexity: "O(N), N the elements compared",
        summary: "Returns the positions of elements of a list that have a value.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[
            KEY,
            Arg::string("element"),
            Arg::integer("rank").after("RANK").optional(),
            Arg::integer("num-matches").after("COUNT").optional(),
            Arg::integer("len").after("MAXLEN").optional(),
        ],
        run: Run::Read(lpos),
        work: Some(work::everything),
        ..LIST
    },
    Command {
        name: "lrem",
        since: "1.0.0",
        complexity: "O(N), N the size of the list",
        summary: "Removes elements of a list that have a value, and the key with the last one.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, Arg::integer("count"), Arg::string("element")],
        traits: Traits::COPIES_STORED,
        run: Run::Write(lrem),
        ..LIST
    },
    Command {
        name: "lset",
        since: "1.0.0",
        complexity: "O(N), N the distance from the nearer end",
        summary: "Puts another element at a position of a list.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, Arg::integer("index"), Arg::string("element")],
        traits: Traits::DENY_OOM,
        run: Run::Write(lset),
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

fn linsert(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, side, pivot, element] = words(args);
    let behind = match Keyword::of(side).bytes() {
        b"BEFORE" => 0,
        b"AFTER" => 1,
        _ => return Err(CommandError::Syntax),
    };
    let Some(list) = cx.list(key)? else {
        out.integer(0);
        return Ok(());
    };
    let (length, position) = (list.len(), list.iter().position(|candidate| candidate == pivot));
    match position {
        Some(index) => {
            cx.list_insert(key, index + behind, element);
            cx.notify(Event::LINSERT, key);
            reply::length(out, length + 1);
        }
        None => out.integer(-1),
    }
    Ok(())
}

fn lpos(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, element] = words(args);
    let mut cursor = Cursor::after(args, 3);
    let (mut rank, mut count, mut compared_max) = (1, None, 0);
    while let Some(option) = cursor.next() {
        let amount_of = cursor.word()?;
        match Keyword::of(option).bytes() {
            b"RANK" => {
                rank = signed_integer(amount_of)?;
                if rank == 0 {
                    return Err(CommandError::RankZero);
                }
            }
            b"COUNT" => count = Some(amount(amount_of, "COUNT")?),
            b"MAXLEN" => compared_max = amount(amount_of, "MAXLEN")?,
            _ => return Err(CommandError::Syntax),
        }
    }
    // 0 stands for no limit, in both.
    let compared_max = if compared_max == 0 { usize::MAX } else { compared_max };
    let count_max = count.map_or(1, |count| if count == 0 { usize::MAX } else { count });
    let skipped = usize::try_from(rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let from = if rank > 0 { End::Front } else { End::Back };
    let positions: Vec<usize> = match cx.list(key)? {
        None => Vec::new(),
        Some(list) => matches(list, element, from, compared_max).skip(skipped).take(count_max).collect(),
    };
    match (count, positions.first()) {
        (None, None) => out.null(),
        (None, Some(position)) => reply::length(out, *position),
        (Some(_), _) => {
            out.array(positions.len());
            positions.iter().for_each(|position| reply::length(out, *position));
        }
    }
    Ok(())
}

/// The indexes of elements that have a value, in the order in which they are met from an end, among the first
/// `compared_max` there.
fn matches<'a>(
    list: ListRef<'a>,
    element: &'a [u8],
    from: End,
    compared_max: usize,
) -> impl Iterator<Item = usize> + use<'a> {
    let (forwards, backwards) = match from {
        End::Front => (Some(list.iter()), None),
        End::Back => (None, Some(list.iter_back())),
    };
    let candidates = forwards.into_iter().flatten().chain(backwards.into_iter().flatten());
    let matches =
        candidates.take(compared_max).enumerate().filter(move |(_, candidate)| *candidate == element);
    matches.map(move |(steps, _)| match from {
        End::Front => steps,
        End::Back => list.len() - 1 - steps,
    })
}

fn lrem(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, count, element] = words(args);
    let count = signed_integer(count)?;
    let limit =
        if count == 0 { usize::MAX } else { usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX) };
    let from = if count >= 0 { End::Front } else { End::Back };
    let mut indexes: Vec<usize> = match cx.list(key)? {
        None => Vec::new(),
        Some(list) => matches(list, element, from, usize::MAX).take(limit).collect(),
    };
    indexes.sort_unstable();
    if !indexes.is_empty() {
        cx.list_remove(key, &indexes);
        cx.notify_taken(Event::LREM, key);
    }
    reply::length(out, indexes.len());
    Ok(())
}

fn lset(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, index, element] = words(args);
    let length = cx.list(key)?.ok_or(CommandError::NoSuchKey)?.len();
    let index = reply::index(integer(index)?, length).ok_or(CommandError::IndexOutOfRange)?;
    cx.list_set(key, index, element);
    cx.notify(Event::LSET, key);
    out.status("OK");
    Ok(())
}
