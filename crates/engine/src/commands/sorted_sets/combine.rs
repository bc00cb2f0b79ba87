//! Unions, intersections and differences of sorted sets, and of sets, whose members count as having the score 1.

use std::cmp::Ordering;

use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use super::{SORTED_SET, WITHSCORES, store, write_members};
use crate::args::{Cursor, Keyword, amount, counted_keys, integer, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::entry::EntryRef;
use crate::error::CommandError;
use crate::events::Event;
use crate::mutation::ScoredMembers;
use crate::numbers::parse_score;
use crate::types::{DataType, SetRef, SortedSetRef};

const NUMKEYS: Arg = Arg::integer("numkeys");
const KEYS: Arg = KEY.multiple();
const DESTINATION: Arg = Arg::key("destination");
const WEIGHTS: Arg = Arg::integer("weight").after("WEIGHTS").optional().multiple();
const AGGREGATE: Arg =
    Arg::one_of("aggregate", &[Arg::token("sum", "SUM"), Arg::token("min", "MIN"), Arg::token("max", "MAX")])
        .after("AGGREGATE")
        .optional();

const READ: Command = Command {
    complexity: "O(N log N), N the number of members of all sets",
    arity: Arity::AtLeast(3),
    keys: Keys::Counted { at: 1 },
    uses: &[KeyUse::RO.access()],
    ..SORTED_SET
};

const STORE: Command = Command {
    complexity: "O(N log N), N the number of members of all sets",
    arity: Arity::AtLeast(4),
    keys: Keys::OneAndCounted { at: 2 },
    uses: &[KeyUse::OW.update(), KeyUse::RO.access()],
    traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
    ..SORTED_SET
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zdiff",
        since: "6.2.0",
        summary: "Returns the members of the first sorted set that are in none of the others.",
        args: &[NUMKEYS, KEYS, WITHSCORES],
        run: Run::Read(zdiff),
        work: Some(work::everything),
        ..READ
    },
    Command {
        name: "zdiffstore",
        since: "6.2.0",
        summary: "Stores the members of the first sorted set that are in none of the others.",
        args: &[DESTINATION, NUMKEYS, KEYS],
        run: Run::Write(zdiffstore),
        ..STORE
    },
    Command {
        name: "zinter",
        since: "6.2.0",
        complexity: "O(N K + M log M), N the size of the smallest of K sets, M that of the result",
        summary: "Returns the members that are in all of several sorted sets.",
        args: &[NUMKEYS, KEYS, WEIGHTS, AGGREGATE, WITHSCORES],
        run: Run::Read(zinter),
        work: Some(work::smallest),
        ..READ
    },
    Command {
        name: "zintercard",
        since: "7.0.0",
        complexity: "O(N K), N the size of the smallest of K sets",
        summary: "Counts the members that are in all of several sorted sets, up to a limit.",
        args: &[NUMKEYS, KEYS, Arg::integer("limit").after("LIMIT").optional()],
        run: Run::Read(zintercard),
        work: Some(work::smallest),
        ..READ
    },
    Command {
        name: "zinterstore",
        since: "2.0.0",
        complexity: "O(N K + M log M), N the size of the smallest of K sets, M that of the result",
        summary: "Stores the members that are in all of several sorted sets.",
        args: &[DESTINATION, NUMKEYS, KEYS, WEIGHTS, AGGREGATE],
        run: Run::Write(zinterstore),
        ..STORE
    },
    Command {
        name: "zunion",
        since: "6.2.0",
        summary: "Returns the members of all of several sorted sets.",
        args: &[NUMKEYS, KEYS, WEIGHTS, AGGREGATE, WITHSCORES],
        run: Run::Read(zunion),
        work: Some(work::everything),
        ..READ
    },
    Command {
        name: "zunionstore",
        since: "2.0.0",
        summary: "Stores the members of all of several sorted sets.",
        args: &[DESTINATION, NUMKEYS, KEYS, WEIGHTS, AGGREGATE],
        run: Run::Write(zunionstore),
        ..STORE
    },
];

/// How sets are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

impl Operation {
    /// What it is called when it stores its result.
    fn event(self) -> Event {
        match self {
            Self::Union => Event::ZUNIONSTORE,
            Self::Intersection => Event::ZINTERSTORE,
            Self::Difference => Event::ZDIFFSTORE,
        }
    }
}

/// How the scores of one member become one.
#[derive(Debug, Clone, Copy, Default)]
enum Aggregate {
    #[default]
    Sum,
    Min,
    Max,
}

impl Aggregate {
    /// Infinities of both signs add up to 0, and what is no number is neither larger nor smaller.
    fn join(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Sum => number_or_zero(a + b),
            Self::Min => {
                if b < a {
                    b
                } else {
                    a
                }
            }
            Self::Max => {
                if b > a {
                    b
                } else {
                    a
                }
            }
        }
    }
}

fn number_or_zero(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// One of the sets that are put together.
#[derive(Debug, Clone, Copy)]
enum Source<'a> {
    Absent,
    Set(SetRef<'a>),
    SortedSet(SortedSetRef<'a>),
}

impl<'a> Source<'a> {
    fn of(entry: Option<EntryRef<'a>>) -> Result<Self, CommandError> {
        match entry {
            None => Ok(Self::Absent),
            Some(entry) if entry.data_type() == DataType::Set => entry.set().map(Self::Set),
            Some(entry) => entry.sorted_set().map(Self::SortedSet),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Set(set) => set.len(),
            Self::SortedSet(set) => set.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Set(set) => set.contains(member).then_some(1.0),
            Self::SortedSet(set) => set.score(member),
        }
    }

    fn iter(self) -> impl Iterator<Item = (&'a [u8], f64)> {
        let (set, sorted_set) = match self {
            Self::Absent => (None, None),
            Self::Set(set) => (Some(set), None),
            Self::SortedSet(set) => (None, Some(set)),
        };
        let members = set.into_iter().flat_map(SetRef::iter).map(|member| (member, 1.0));
        members.chain(sorted_set.into_iter().flat_map(SortedSetRef::iter))
    }
}

/// A source and what its scores are multiplied by.
type Weighted<'a> = (Source<'a>, f64);

/// The sources of a command and its options.
#[derive(Debug)]
struct Combination<'a> {
    operation: Operation,
    sources: SmallVec<[Weighted<'a>; 4]>,
    aggregate: Aggregate,
    with_scores: bool,
}

impl<'a> Combination<'a> {
    /// Reads the count of keys at index `at`, looks the keys up, and reads the options behind them, in this order.
    ///
    /// # Errors
    /// [`CommandError::NotAnInteger`], [`CommandError::NoInputKeys`], [`CommandError::WrongType`],
    /// [`CommandError::WeightNotAFloat`], [`CommandError::Syntax`].
    fn parse<'c>(
        cx: &'a impl Lookup,
        args: Args<'c>,
        at: usize,
        operation: Operation,
        command: &'static str,
    ) -> Result<Self, CommandError> {
        let (sources, mut cursor) = sources(cx, args, at, command)?;
        let mut new = Self { operation, sources, aggregate: Aggregate::default(), with_scores: false };
        let has_scores_to_join = operation != Operation::Difference;
        let is_read = at == 1;
        while let Some(word) = cursor.next() {
            match Keyword::of(word).bytes() {
                b"WEIGHTS" if has_scores_to_join && cursor.rest().len() >= new.sources.len() => {
                    for (_, weight) in &mut new.sources {
                        *weight = parse_score(cursor.word()?).ok_or(CommandError::WeightNotAFloat)?;
                    }
                }
                b"AGGREGATE" if has_scores_to_join => {
                    new.aggregate = match Keyword::of(cursor.word()?).bytes() {
                        b"SUM" => Aggregate::Sum,
                        b"MIN" => Aggregate::Min,
                        b"MAX" => Aggregate::Max,
                        _ => return Err(CommandError::Syntax),
                    };
                }
                b"WITHSCORES" if is_read => new.with_scores = true,
                _ => return Err(CommandError::Syntax),
            }
        }
        Ok(new)
    }

    /// The members of the result in order.
    fn members(&self) -> Vec<(&'a [u8], f64)> {
        let mut members = match self.operation {
            Operation::Union => self.union(),
            Operation::Intersection => self.intersection(),
            Operation::Difference => self.difference(),
        };
        members.sort_unstable_by(|(a, a_score), (b, b_score)| {
            a_score.partial_cmp(b_score).unwrap_or(Ordering::Equal).then_with(|| a.cmp(b))
        });
        members
    }

    fn union(&self) -> Vec<(&'a [u8], f64)> {
        let sources = smallest_first(&self.sources);
        let all = sources.iter().flat_map(|(source, weight)| {
            source.iter().map(|(member, score)| (member, number_or_zero(score * *weight)))
        });
        let mut members: Vec<(&[u8], f64)> = all.collect();
        // Equal members stay in the order of their sources, in which their scores are joined.
        members.sort_by_key(|(member, _)| *member);
        members.dedup_by(|(member, score), (kept, joined)| {
            let is_same = member == kept;
            if is_same {
                *joined = self.aggregate.join(*joined, *score);
            }
            is_same
        });
        members
    }

    fn intersection(&self) -> Vec<(&'a [u8], f64)> {
        let sources = smallest_first(&self.sources);
        let Some(((first, weight), others)) = sources.split_first() else { return Vec::new() };
        let joined = |(member, score): (&'a [u8], f64)| {
            let start = Some(number_or_zero(score * *weight));
            let score = others.iter().fold(start, |joined, (source, weight)| {
                Some(self.aggregate.join(joined?, source.score(member)? * *weight))
            });
            score.map(|score| (member, score))
        };
        first.iter().filter_map(joined).collect()
    }

    fn difference(&self) -> Vec<(&'a [u8], f64)> {
        let Some(((first, _), others)) = self.sources.split_first() else { return Vec::new() };
        let is_in_none = |member: &[u8]| others.iter().all(|(source, _)| source.score(member).is_none());
        first.iter().filter(|(member, _)| is_in_none(member)).collect()
    }
}

/// The sources in the order in which Redis joins scores, which rounding makes visible.
fn smallest_first<'a>(sources: &[Weighted<'a>]) -> SmallVec<[Weighted<'a>; 4]> {
    let mut sources: SmallVec<[Weighted<'a>; 4]> = SmallVec::from_slice(sources);
    sources.sort_by_key(|(source, _)| source.len());
    sources
}

/// Reads the count of keys at index `at` and looks them up. Also returns the words behind them.
fn sources<'a, 'c>(
    cx: &'a impl Lookup,
    args: Args<'c>,
    at: usize,
    command: &'static str,
) -> Result<(SmallVec<[Weighted<'a>; 4]>, Cursor<'c>), CommandError> {
    let count = integer(args.get(at).copied().unwrap_or_default())?;
    let count = usize::try_from(count).unwrap_or(0);
    if count == 0 {
        return Err(CommandError::NoInputKeys { command });
    }
    let keys = args.get(at + 1..).and_then(|rest| rest.get(..count)).ok_or(CommandError::Syntax)?;
    let sources = keys.iter().map(|key| Ok((Source::of(cx.entry(key))?, 1.0)));
    Ok((sources.collect::<Result<_, CommandError>>()?, Cursor::after(args, at + 1 + count)))
}

fn read(
    cx: &ReadCx<'_>,
    args: Args<'_>,
    operation: Operation,
    command: &'static str,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let combination = Combination::parse(cx, args, 1, operation, command)?;
    let members = combination.members();
    write_members(members.iter().copied(), members.len(), combination.with_scores, out);
    Ok(())
}

fn write(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    operation: Operation,
    command: &'static str,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [destination] = words(args);
    let members = Combination::parse(cx, args, 2, operation, command)?.members();
    let (packed, count) = (ScoredMembers::pack(members.iter().copied()), members.len());
    counted_keys(args, 2, CommandError::Syntax)?.0.iter().for_each(|source| cx.notify_miss(source));
    store(cx, destination, &packed, operation.event());
    reply::length(out, count);
    Ok(())
}

fn zdiff(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    read(cx, args, Operation::Difference, "zdiff", out)
}

fn zdiffstore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    write(cx, args, Operation::Difference, "zdiffstore", out)
}

fn zinter(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    read(cx, args, Operation::Intersection, "zinter", out)
}

fn zintercard(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let (sources, mut cursor) = sources(cx, args, 1, "zintercard")?;
    let mut limit = 0;
    while let Some(word) = cursor.next() {
        if Keyword::of(word).bytes() != b"LIMIT" {
            return Err(CommandError::Syntax);
        }
        limit = amount(cursor.word()?, "LIMIT")?;
    }
    let most = if limit == 0 { usize::MAX } else { limit };
    let sources = smallest_first(&sources);
    let is_in_all = |member: &[u8]| sources.iter().skip(1).all(|(source, _)| source.score(member).is_some());
    let common = sources
        .first()
        .map_or(0, |(first, _)| first.iter().filter(|(member, _)| is_in_all(member)).take(most).count());
    reply::length(out, common);
    Ok(())
}

fn zinterstore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    write(cx, args, Operation::Intersection, "zinterstore", out)
}

fn zunion(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    read(cx, args, Operation::Union, "zunion", out)
}

fn zunionstore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    write(cx, args, Operation::Union, "zunionstore", out)
}
