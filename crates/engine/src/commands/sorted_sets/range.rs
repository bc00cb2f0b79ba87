//! ZRANGE and its older forms, and ZRANGESTORE.

use std::ops::Range;

use selvedge_wire::ReplySink;

use super::interval::{By, Interval};
use super::{SORTED_SET, WITHSCORES, store, write_members};
use crate::args::{Cursor, Keyword, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::mutation::ScoredMembers;
use crate::types::SortedSetRef;

const LIMIT: Arg =
    Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")]).after("LIMIT").optional();
const SORTBY: Arg =
    Arg::one_of("sortby", &[Arg::token("byscore", "BYSCORE"), Arg::token("bylex", "BYLEX")]).optional();
const REV: Arg = Arg::token("rev", "REV").optional();

const RANGE: Command = Command {
    complexity: "O(log N + M), N the size of the sorted set, M the number of members returned",
    arity: Arity::AtLeast(4),
    keys: Keys::One,
    uses: &[KeyUse::RO.access()],
    ..SORTED_SET
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zrange",
        since: "1.2.0",
        summary: "Returns the members in a range of ranks, scores or members, from either end.",
        args: &[KEY, Arg::string("start"), Arg::string("stop"), SORTBY, REV, LIMIT, WITHSCORES],
        run: Run::Read(zrange),
        work: Some(|cx, _, args| Form::ANY.work(cx, args)),
        ..RANGE
    },
    Command {
        name: "zrangebylex",
        since: "2.8.9",
        summary: "Returns the members in a range of members, in a sorted set of one score.",
        args: &[KEY, Arg::string("min"), Arg::string("max"), LIMIT],
        run: Run::Read(zrangebylex),
        work: Some(|cx, _, args| Form::MEMBERS.work(cx, args)),
        ..RANGE
    },
    Command {
        name: "zrangebyscore",
        since: "1.0.5",
        summary: "Returns the members in a range of scores.",
        args: &[KEY, Arg::double("min"), Arg::double("max"), WITHSCORES, LIMIT],
        run: Run::Read(zrangebyscore),
        work: Some(|cx, _, args| Form::SCORES.work(cx, args)),
        ..RANGE
    },
    Command {
        name: "zrangestore",
        since: "6.2.0",
        complexity: "O(log N + M log M), N the size of the sorted set, M the number of members stored",
        summary: "Stores the members in a range of another sorted set, and returns how many there are.",
        arity: Arity::AtLeast(5),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::OW.update(), KeyUse::RO.access()],
        args: &[Arg::key("dst"), Arg::key("src"), Arg::string("min"), Arg::string("max"), SORTBY, REV, LIMIT],
        traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
        run: Run::Write(zrangestore),
        ..SORTED_SET
    },
    Command {
        name: "zrevrange",
        since: "1.2.0",
        summary: "Returns the members in a range of ranks, the highest score first.",
        args: &[KEY, Arg::integer("start"), Arg::integer("stop"), WITHSCORES],
        run: Run::Read(zrevrange),
        work: Some(|cx, _, args| Form::RANKS_DOWN.work(cx, args)),
        ..RANGE
    },
    Command {
        name: "zrevrangebylex",
        since: "2.8.9",
        summary: "Returns the members in a range of members, the last one first, in a sorted set of one score.",
        args: &[KEY, Arg::string("max"), Arg::string("min"), LIMIT],
        run: Run::Read(zrevrangebylex),
        work: Some(|cx, _, args| Form::MEMBERS_DOWN.work(cx, args)),
        ..RANGE
    },
    Command {
        name: "zrevrangebyscore",
        since: "2.2.0",
        summary: "Returns the members in a range of scores, the highest score first.",
        args: &[KEY, Arg::double("max"), Arg::double("min"), WITHSCORES, LIMIT],
        run: Run::Read(zrevrangebyscore),
        work: Some(|cx, _, args| Form::SCORES_DOWN.work(cx, args)),
        ..RANGE
    },
];

/// What a command leaves to its options, and what it is about.
#[derive(Debug, Clone, Copy)]
struct Form {
    /// None: BYSCORE or BYLEX may say it.
    by: Option<By>,
    /// None: REV may say it.
    reverse: Option<bool>,
    stores: bool,
}

impl Form {
    const ANY: Self = Self { by: None, reverse: None, stores: false };
    const SCORES: Self = Self::of(By::Score, false);
    const MEMBERS: Self = Self::of(By::Member, false);
    const RANKS_DOWN: Self = Self::of(By::Rank, true);
    const SCORES_DOWN: Self = Self::of(By::Score, true);
    const MEMBERS_DOWN: Self = Self::of(By::Member, true);

    const fn of(by: By, reverse: bool) -> Self {
        Self { by: Some(by), reverse: Some(reverse), stores: false }
    }

    /// How many members a command of this form returns, 0 if it is refused.
    fn work(self, cx: &ReadCx<'_>, args: Args<'_>) -> usize {
        let [key] = words(args);
        let Ok(Some(set)) = cx.sorted_set(key) else { return 0 };
        Query::parse(args, 2, self).map_or(0, |query| query.ranks_in(set).len())
    }
}

/// LIMIT: how many to leave out, and how many to give, all if negative.
#[derive(Debug, Clone, Copy)]
struct Limit {
    offset: i64,
    count: i64,
}

/// The range and the options behind it.
#[derive(Debug)]
struct Query<'a> {
    interval: Interval<'a>,
    reverse: bool,
    limit: Option<Limit>,
    with_scores: bool,
}

impl<'a> Query<'a> {
    /// Reads the two ends at index `at` and what follows.
    ///
    /// # Errors
    /// Those of [`Interval::parse`], of the options, and of their combinations, in Redis' order.
    fn parse(args: Args<'a>, at: usize, form: Form) -> Result<Self, CommandError> {
        let mut cursor = Cursor::after(args, at);
        let (start, stop) = (cursor.word()?, cursor.word()?);
        let Form { mut by, mut reverse, stores } = form;
        let (mut limit, mut with_scores) = (None, false);
        while let Some(word) = cursor.next() {
            match Keyword::of(word).bytes() {
                b"WITHSCORES" if !stores => with_scores = true,
                b"LIMIT" if cursor.rest().len() >= 2 => {
                    limit = Some(Limit { offset: cursor.integer()?, count: cursor.integer()? });
                }
                b"REV" if reverse.is_none() => reverse = Some(true),
                b"BYLEX" if by.is_none() => by = Some(By::Member),
                b"BYSCORE" if by.is_none() => by = Some(By::Score),
                _ => return Err(CommandError::Syntax),
            }
        }
        // ZRANGE takes a LIMIT of ranks, as Upstash does; ZREVRANGE refuses it.
        if form.by == Some(By::Rank) && limit.is_some_and(|limit| limit.count != -1) {
            return Err(CommandError::LimitOfRanks);
        }
        let (by, reverse) = (by.unwrap_or(By::Rank), reverse.unwrap_or(false));
        if with_scores && by == By::Member {
            return Err(CommandError::ScoresOfMemberRange);
        }
        let (min, max) = if reverse && by != By::Rank { (stop, start) } else { (start, stop) };
        Ok(Self { interval: Interval::parse(by, min, max)?, reverse, limit, with_scores })
    }

    /// The ranks of what is asked for.
    fn ranks_in(&self, set: SortedSetRef<'_>) -> Range<usize> {
        let Range { start, end } = self.interval.ranks_in(set, self.reverse);
        let Some(limit) = self.limit else { return start..end };
        // A negative offset leaves everything out.
        let offset = usize::try_from(limit.offset).unwrap_or(usize::MAX).min(end - start);
        let count = usize::try_from(limit.count).unwrap_or(usize::MAX).min(end - start - offset);
        if self.reverse { end - offset - count..end - offset } else { start + offset..start + offset + count }
    }

    fn members_of<'s>(
        &self,
        set: SortedSetRef<'s>,
        ranks: Range<usize>,
    ) -> Members<impl DoubleEndedIterator<Item = (&'s [u8], f64)>> {
        Members { members: set.range(ranks), reverse: self.reverse }
    }
}

/// Members from either end.
struct Members<I> {
    members: I,
    reverse: bool,
}

impl<I: DoubleEndedIterator> Iterator for Members<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        if self.reverse { self.members.next_back() } else { self.members.next() }
    }
}

fn range(cx: &ReadCx<'_>, args: Args<'_>, form: Form, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let query = Query::parse(args, 2, form)?;
    let Some(set) = cx.sorted_set(key)? else {
        out.array(0);
        return Ok(());
    };
    let ranks = query.ranks_in(set);
    write_members(query.members_of(set, ranks.clone()), ranks.len(), query.with_scores, out);
    Ok(())
}

fn zrange(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    range(cx, args, Form::ANY, out)
}

fn zrangebylex(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    range(cx, args, Form::MEMBERS, out)
}

fn zrangebyscore(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    range(cx, args, Form::SCORES, out)
}

fn zrangestore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [destination, source] = words(args);
    let query = Query::parse(args, 3, Form { stores: true, ..Form::ANY })?;
    let (packed, count) = match cx.sorted_set(source)? {
        Some(set) => {
            let ranks = query.ranks_in(set);
            (ScoredMembers::pack(set.range(ranks.clone())), ranks.len())
        }
        None => (Vec::new(), 0),
    };
    cx.notify_miss(source);
    store(cx, destination, &packed, Event::ZRANGESTORE);
    reply::length(out, count);
    Ok(())
}

fn zrevrange(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    range(cx, args, Form::RANKS_DOWN, out)
}

fn zrevrangebylex(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    range(cx, args, Form::MEMBERS_DOWN, out)
}

fn zrevrangebyscore(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    range(cx, args, Form::SCORES_DOWN, out)
}
