//! Taking away ranges of members, and what lies at the ends.

use std::ops::Range;

use selvedge_wire::ReplySink;

use super::interval::{By, Interval};
use super::{SORTED_SET, write_members};
use crate::args::{Keyword, counted_keys, pop_count, positive, words};
use crate::commands::reply;
use crate::commands::table::arg::{COUNT, KEY};
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::types::SortedSetRef;

const REMOVE_RANGE: Command = Command {
    complexity: "O(M log N), M the number of members removed, N the size of the sorted set",
    arity: Arity::Exactly(4),
    keys: Keys::One,
    uses: &[KeyUse::RW.delete()],
    ..SORTED_SET
};

const POP: Command = Command {
    complexity: "O(M log N), M the number of members taken, N the size of the sorted set",
    arity: Arity::AtLeast(2),
    keys: Keys::One,
    uses: &[KeyUse::RW.access().delete()],
    args: &[KEY, Arg::integer("count").optional()],
    traits: Traits::FAST,
    ..SORTED_SET
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zmpop",
        since: "7.0.0",
        complexity: "O(K + M log N), K the number of keys, M that of members taken, N the size of the sorted set",
        summary: "Takes members with the lowest or highest scores from the first sorted set that is there.",
        arity: Arity::AtLeast(4),
        keys: Keys::Counted { at: 1 },
        uses: &[KeyUse::RW.access().delete()],
        args: &[
            Arg::integer("numkeys"),
            KEY.multiple(),
            Arg::one_of("where", &[Arg::token("min", "MIN"), Arg::token("max", "MAX")]),
            COUNT,
        ],
        run: Run::Write(zmpop),
        ..SORTED_SET
    },
    Command {
        name: "zpopmax",
        since: "5.0.0",
        summary: "Takes the members with the highest scores, and deletes the key with the last one.",
        run: Run::Write(zpopmax),
        ..POP
    },
    Command {
        name: "zpopmin",
        since: "5.0.0",
        summary: "Takes the members with the lowest scores, and deletes the key with the last one.",
        run: Run::Write(zpopmin),
        ..POP
    },
    Command {
        name: "zremrangebylex",
        since: "2.8.9",
        summary: "Removes the members in a range of members, in a sorted set of one score.",
        args: &[KEY, Arg::string("min"), Arg::string("max")],
        run: Run::Write(zremrangebylex),
        ..REMOVE_RANGE
    },
    Command {
        name: "zremrangebyrank",
        since: "2.0.0",
        summary: "Removes the members in a range of ranks.",
        args: &[KEY, Arg::integer("start"), Arg::integer("stop")],
        run: Run::Write(zremrangebyrank),
        ..REMOVE_RANGE
    },
    Command {
        name: "zremrangebyscore",
        since: "1.2.0",
        summary: "Removes the members in a range of scores.",
        args: &[KEY, Arg::double("min"), Arg::double("max")],
        run: Run::Write(zremrangebyscore),
        ..REMOVE_RANGE
    },
];

/// Which members a pop takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extreme {
    /// The lowest scores.
    Lowest,
    /// The highest scores.
    Highest,
}

impl Extreme {
    /// The ranks of `count` members.
    fn ranks_in(self, set: SortedSetRef<'_>, count: usize) -> Range<usize> {
        let count = count.min(set.len());
        match self {
            Self::Lowest => 0..count,
            Self::Highest => set.len() - count..set.len(),
        }
    }

    /// These members, the most extreme one first.
    fn members_of<'s>(
        self,
        set: SortedSetRef<'s>,
        ranks: Range<usize>,
    ) -> impl Iterator<Item = (&'s [u8], f64)> {
        let mut members = set.range(ranks);
        std::iter::from_fn(move || match self {
            Self::Lowest => members.next(),
            Self::Highest => members.next_back(),
        })
    }
}

impl Extreme {
    /// Takes the members of these ranks out.
    fn remove_from(self, cx: &mut WriteCx<'_>, key: &[u8], ranks: Range<usize>) {
        if ranks.is_empty() {
            return;
        }
        cx.sorted_set_remove_range(key, ranks);
        let event = match self {
            Self::Lowest => Event::ZPOPMIN,
            Self::Highest => Event::ZPOPMAX,
        };
        cx.notify_taken(event, key);
    }
}

fn zmpop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    if !ManyPop::parse(args, 1)?.run(cx, out)? {
        out.null_array();
    }
    Ok(())
}

/// What ZMPOP and BZMPOP ask for.
pub(crate) struct ManyPop<'a> {
    keys: Args<'a>,
    extreme: Extreme,
    count: usize,
}

impl<'a> ManyPop<'a> {
    /// Reads the count of keys at index `at`, and what follows it.
    ///
    /// # Errors
    /// [`CommandError::Syntax`], or a count below one.
    pub(crate) fn parse(args: Args<'a>, at: usize) -> Result<Self, CommandError> {
        let (keys, mut cursor) = counted_keys(args, at, CommandError::Syntax)?;
        let extreme = match Keyword::of(cursor.word()?).bytes() {
            b"MIN" => Extreme::Lowest,
            b"MAX" => Extreme::Highest,
            _ => return Err(CommandError::Syntax),
        };
        let count = match cursor.rest() {
            [] => 1,
            [option, count, rest @ ..] if Keyword::of(option).bytes() == b"COUNT" => {
                let count = positive(count, "count")?;
                if rest.is_empty() { count } else { return Err(CommandError::Syntax) }
            }
            _ => return Err(CommandError::Syntax),
        };
        Ok(Self { keys, extreme, count })
    }

    /// Takes from the first sorted set that is there, and replies. False, and no reply: there is none.
    ///
    /// # Errors
    /// [`CommandError::WrongType`].
    pub(crate) fn run(&self, cx: &mut WriteCx<'_>, out: &mut dyn ReplySink) -> Result<bool, CommandError> {
        for key in self.keys {
            let Some(set) = cx.sorted_set(key)? else { continue };
            let ranks = self.extreme.ranks_in(set, self.count);
            out.array(2);
            out.bulk(key);
            out.array(ranks.len());
            for (member, score) in self.extreme.members_of(set, ranks.clone()) {
                out.array(2);
                out.bulk(member);
                out.double(score);
            }
            self.extreme.remove_from(cx, key, ranks);
            return Ok(true);
        }
        Ok(false)
    }
}

/// Takes the one member with the extreme score from the first sorted set that is there, and replies with key, member and
/// score. False, and no reply: there is none.
///
/// # Errors
/// [`CommandError::WrongType`].
pub(crate) fn pop_one(
    cx: &mut WriteCx<'_>,
    keys: Args<'_>,
    extreme: Extreme,
    out: &mut dyn ReplySink,
) -> Result<bool, CommandError> {
    for key in keys {
        let Some(set) = cx.sorted_set(key)? else { continue };
        let ranks = extreme.ranks_in(set, 1);
        out.array(3);
        out.bulk(key);
        for (member, score) in extreme.members_of(set, ranks.clone()) {
            out.bulk(member);
            out.double(score);
        }
        extreme.remove_from(cx, key, ranks);
        return Ok(true);
    }
    Ok(false)
}

fn zpopmax(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    pop(cx, args, Extreme::Highest, out)
}

fn zpopmin(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    pop(cx, args, Extreme::Lowest, out)
}

fn pop(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    extreme: Extreme,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let count = pop_count(args, CommandError::Syntax)?;
    let Some(set) = cx.sorted_set(key)? else {
        out.array(0);
        return Ok(());
    };
    let ranks = extreme.ranks_in(set, count.unwrap_or(1));
    let members = extreme.members_of(set, ranks.clone());
    if count.is_some() {
        write_members(members, ranks.len(), true, out);
    } else {
        // The one member that is asked for without a count is no pair in RESP3 either.
        out.array(2 * ranks.len());
        for (member, score) in members {
            out.bulk(member);
            out.double(score);
        }
    }
    extreme.remove_from(cx, key, ranks);
    Ok(())
}

fn zremrangebylex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    remove_range(cx, args, By::Member, out)
}

fn zremrangebyrank(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    remove_range(cx, args, By::Rank, out)
}

fn zremrangebyscore(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    remove_range(cx, args, By::Score, out)
}

fn remove_range(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    by: By,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [key, start, stop] = words(args);
    let interval = Interval::parse(by, start, stop)?;
    let ranks = cx.sorted_set(key)?.map_or(0..0, |set| interval.ranks_in(set, false));
    reply::length(out, ranks.len());
    if !ranks.is_empty() {
        cx.sorted_set_remove_range(key, ranks);
        let event = match by {
            By::Rank => Event::ZREMRANGEBYRANK,
            By::Score => Event::ZREMRANGEBYSCORE,
            By::Member => Event::ZREMRANGEBYLEX,
        };
        cx.notify_taken(event, key);
    }
    Ok(())
}
