//! Sets: unions, intersections and differences, replied or stored.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, amount, counted_keys, words};
use crate::commands::reply;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::hash::KeyHasher;
use crate::mutation::Members;
use crate::types::{SetRef, set_algebra};

const SET: Command = Command::base(Group::Set);

/// What replies with a set made from all keys.
const REPLIED: Command = Command {
    since: "1.0.0",
    complexity: "O(N), N the members of all sets",
    arity: Arity::AtLeast(2),
    keys: Keys::Range { first: 1, last: -1, step: 1 },
    uses: &[KeyUse::RO.access()],
    args: &[Arg::key("key").multiple()],
    ..SET
};

/// What stores a set made from all keys but the first.
const STORED: Command = Command {
    since: "1.0.0",
    complexity: "O(N), N the members of all sets",
    arity: Arity::AtLeast(3),
    keys: Keys::Range { first: 1, last: -1, step: 1 },
    uses: &[KeyUse::OW.update(), KeyUse::RO.access()],
    args: &[Arg::key("destination"), Arg::key("key").multiple()],
    traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
    ..SET
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "sdiff",
        summary: "Returns the members of a set that no other set has.",
        run: Run::Read(sdiff),
        work: Some(work::everything),
        ..REPLIED
    },
    Command {
        name: "sdiffstore",
        summary: "Stores the members of a set that no other set has, and returns how many.",
        run: Run::Write(sdiffstore),
        ..STORED
    },
    Command {
        name: "sinter",
        complexity: "O(N*M), N the size of the smallest set, M the number of sets",
        summary: "Returns the members that all sets have.",
        run: Run::Read(sinter),
        work: Some(work::smallest),
        ..REPLIED
    },
    Command {
        name: "sintercard",
        since: "7.0.0",
        complexity: "O(N*M), N the size of the smallest set, M the number of sets",
        summary: "Counts the members that all sets have, up to a limit.",
        arity: Arity::AtLeast(3),
        keys: Keys::Counted { at: 1 },
        uses: &[KeyUse::RO.access()],
        args: &[
            Arg::integer("numkeys"),
            Arg::key("key").multiple(),
            Arg::integer("limit").after("LIMIT").optional(),
        ],
        run: Run::Read(sintercard),
        work: Some(work::smallest),
        ..SET
    },
    Command {
        name: "sinterstore",
        complexity: "O(N*M), N the size of the smallest set, M the number of sets",
        summary: "Stores the members that all sets have, and returns how many.",
        run: Run::Write(sinterstore),
        ..STORED
    },
    Command {
        name: "sunion",
        summary: "Returns the members that any of the sets has.",
        run: Run::Read(sunion),
        work: Some(work::everything),
        ..REPLIED
    },
    Command {
        name: "sunionstore",
        summary: "Stores the members that any of the sets has, and returns how many.",
        run: Run::Write(sunionstore),
        ..STORED
    },
];

/// Which members of several sets.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

impl Operation {
    /// What it is called when it stores its result.
    fn event(self) -> Event {
        match self {
            Self::Union => Event::SUNIONSTORE,
            Self::Intersection => Event::SINTERSTORE,
            Self::Difference => Event::SDIFFSTORE,
        }
    }

    /// The members that come out. Keys that are not there are empty sets.
    fn members<'a>(self, hasher: KeyHasher, sets: &[Option<SetRef<'a>>]) -> Vec<&'a [u8]> {
        let present: Vec<SetRef<'a>> = sets.iter().flatten().copied().collect();
        match (self, sets) {
            (Self::Union, _) => set_algebra::union(hasher, &present),
            (Self::Intersection, _) if present.len() < sets.len() => Vec::new(),
            (Self::Intersection, _) => set_algebra::intersection(&present, usize::MAX),
            (Self::Difference, [Some(first), ..]) => {
                set_algebra::difference(hasher, *first, present.get(1..).unwrap_or_default())
            }
            (Self::Difference, _) => Vec::new(),
        }
    }
}

/// The sets of keys.
///
/// # Errors
/// [`CommandError::WrongType`] if any holds something else.
fn sets<'a>(cx: &'a impl Lookup, keys: Args<'_>) -> Result<Vec<Option<SetRef<'a>>>, CommandError> {
    keys.iter().map(|key| cx.set(key)).collect()
}

fn reply_with(
    cx: &ReadCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    operation: Operation,
) -> Result<(), CommandError> {
    let members = operation.members(cx.hasher(), &sets(cx, Cursor::after(args, 1).rest())?);
    out.set(members.len());
    members.into_iter().for_each(|member| out.bulk(member));
    Ok(())
}

fn store(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    operation: Operation,
) -> Result<(), CommandError> {
    let [destination] = words(args);
    let sources = Cursor::after(args, 2);
    sources.clone().for_each(|source| cx.notify_miss(source));
    let members = operation.members(cx.hasher(), &sets(cx, sources.rest())?);
    reply::length(out, members.len());
    let packed = Members::pack(&members);
    if let Some(members) = Members::new(&packed) {
        let was_there = cx.exists(destination);
        cx.set_store(destination, members);
        cx.notify_stored(operation.event(), destination, was_there);
    }
    Ok(())
}

fn sdiff(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    reply_with(cx, args, out, Operation::Difference)
}

fn sdiffstore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    store(cx, args, out, Operation::Difference)
}

fn sinter(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    reply_with(cx, args, out, Operation::Intersection)
}

fn sintercard(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let (keys, mut cursor) = counted_keys(args, 1, CommandError::TooManyKeys)?;
    let mut limit = 0;
    while let Some(option) = cursor.next() {
        match Keyword::of(option).bytes() {
            b"LIMIT" => limit = amount(cursor.word()?, "LIMIT")?,
            _ => return Err(CommandError::Syntax),
        }
    }
    let sets: Option<Vec<SetRef<'_>>> = sets(cx, keys)?.into_iter().collect();
    let limit = if limit == 0 { usize::MAX } else { limit };
    reply::length(out, sets.map_or(0, |sets| set_algebra::intersection(&sets, limit).len()));
    Ok(())
}

fn sinterstore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    store(cx, args, out, Operation::Intersection)
}

fn sunion(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    reply_with(cx, args, out, Operation::Union)
}

fn sunionstore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    store(cx, args, out, Operation::Union)
}
