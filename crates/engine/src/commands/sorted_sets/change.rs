//! Giving scores and taking members away one by one.

use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use super::{MEMBER, SORTED_SET};
use crate::args::{Cursor, Keyword, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::keyspace::Outcome;
use crate::limits::SORTED_SET_BYTES_MAX;
use crate::numbers::parse_score;
use crate::types::SortedSetRef;

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zadd",
        since: "1.2.0",
        complexity: "O(log N) for each member, N the size of the sorted set",
        summary: "Gives members scores, adding those that are new, and returns how many are.",
        arity: Arity::AtLeast(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[
            KEY,
            Arg::one_of("condition", &[Arg::token("nx", "NX"), Arg::token("xx", "XX")]).optional(),
            Arg::one_of("comparison", &[Arg::token("gt", "GT"), Arg::token("lt", "LT")]).optional(),
            Arg::token("change", "CH").optional(),
            Arg::token("increment", "INCR").optional(),
            Arg::block("data", &[Arg::double("score"), MEMBER]).multiple(),
        ],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(zadd),
        ..SORTED_SET
    },
    Command {
        name: "zincrby",
        since: "1.2.0",
        complexity: "O(log N), N the size of the sorted set",
        summary: "Adds to the score of a member, starting from 0, and returns the sum.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::integer("increment"), MEMBER],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(zincrby),
        ..SORTED_SET
    },
    Command {
        name: "zrem",
        since: "1.2.0",
        complexity: "O(M log N), M the number of members given, N the size of the sorted set",
        summary: "Removes members from a sorted set, and the key with the last one.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, MEMBER.multiple()],
        traits: Traits::FAST,
        run: Run::Write(zrem),
        ..SORTED_SET
    },
];

/// The options of ZADD and GEOADD.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) if_absent: bool,
    pub(crate) if_present: bool,
    if_greater: bool,
    if_less: bool,
    pub(crate) counts_changes: bool,
    increments: bool,
}

impl Options {
    /// Takes the options off the front.
    fn parse(cursor: &mut Cursor<'_>) -> Self {
        let mut options = Self::default();
        loop {
            let mut ahead = cursor.clone();
            let option = match ahead.next().map(Keyword::of).as_ref().map_or(&b""[..], Keyword::bytes) {
                b"NX" => &mut options.if_absent,
                b"XX" => &mut options.if_present,
                b"GT" => &mut options.if_greater,
                b"LT" => &mut options.if_less,
                b"CH" => &mut options.counts_changes,
                b"INCR" => &mut options.increments,
                _ => return options,
            };
            *option = true;
            *cursor = ahead;
        }
    }

    /// # Errors
    /// Options that contradict each other.
    fn check(self, pairs: usize) -> Result<(), CommandError> {
        let Self { if_absent, if_present, if_greater, if_less, .. } = self;
        if if_absent && if_present {
            return Err(CommandError::ScoreConditionsNxXx);
        }
        if (if_greater || if_less) && if_absent || if_greater && if_less {
            return Err(CommandError::ScoreConditions);
        }
        if self.increments && pairs > 1 {
            return Err(CommandError::SingleIncrement);
        }
        Ok(())
    }

    /// Whether a member that has the score `before` may get the score `after`.
    fn allow(self, before: Option<f64>, after: f64) -> bool {
        match before {
            None => !self.if_present,
            Some(before) => {
                !self.if_absent && (!self.if_greater || after > before) && (!self.if_less || after < before)
            }
        }
    }

    /// Whether the score that a member has matters for what becomes of it.
    fn look_first(self) -> bool {
        self.if_absent || self.if_present || self.if_greater || self.if_less || self.increments
    }
}

fn zadd(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let mut cursor = Cursor::after(args, 2);
    let options = Options::parse(&mut cursor);
    add(cx, args, cursor.rest(), options, out)
}

fn zincrby(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    // Redis reads the increment as ZADD does, options included: ZINCRBY key nx member is a syntax error.
    let mut cursor = Cursor::after(args, 2);
    let options = Options::parse(&mut cursor);
    add(cx, args, cursor.rest(), Options { increments: true, ..options }, out)
}

fn add(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    pairs: Args<'_>,
    options: Options,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let (pairs, []) = pairs.as_chunks::<2>() else { return Err(CommandError::Syntax) };
    if pairs.is_empty() {
        return Err(CommandError::Syntax);
    }
    options.check(pairs.len())?;
    let scored = pairs.iter().map(|[score, member]| {
        parse_score(score).map(|score| (score, *member)).ok_or(CommandError::NotAFloat)
    });
    let scored: Scored<'_> = scored.collect::<Result<_, _>>()?;
    give_scores(cx, key, &scored, options, out)
}

/// Scores and the members that get them.
pub(crate) type Scored<'a> = SmallVec<[(f64, &'a [u8]); 8]>;

/// Gives members of `key` their scores as the options say, and replies.
///
/// # Errors
/// [`CommandError::WrongType`], [`CommandError::SortedSetTooLarge`], [`CommandError::ScoreNotANumber`].
pub(crate) fn give_scores(
    cx: &mut WriteCx<'_>,
    key: &[u8],
    scored: &Scored<'_>,
    options: Options,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let member_bytes = scored.iter().map(|(_, member)| member.len()).sum();
    let has_room = |set: SortedSetRef<'_>| set.has_room_for(scored.len(), member_bytes, SORTED_SET_BYTES_MAX);
    if !cx.sorted_set(key)?.is_none_or(has_room) {
        return Err(CommandError::SortedSetTooLarge);
    }
    let (mut added, mut changed, mut last) = (0, 0, None);
    for (mut score, member) in scored.iter().copied() {
        if options.look_first() {
            let before = cx.sorted_set(key)?.and_then(|set| set.score(member));
            if options.increments {
                score += before.unwrap_or(0.0);
            }
            if score.is_nan() {
                return Err(CommandError::ScoreNotANumber);
            }
            if !options.allow(before, score) {
                continue;
            }
        }
        match cx.set_score(key, member, score) {
            Outcome::Added => added += 1,
            Outcome::Changed => changed += 1,
            Outcome::Unchanged => {}
        }
        last = Some(score);
    }
    if added + changed > 0 {
        cx.notify(if options.increments { Event::ZINCR } else { Event::ZADD }, key);
    }
    match last {
        _ if !options.increments => {
            reply::length(out, added + if options.counts_changes { changed } else { 0 });
        }
        Some(score) => out.double(score),
        None => out.null(),
    }
    Ok(())
}

fn zrem(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut removed = 0;
    if cx.sorted_set(key)?.is_some() {
        removed = Cursor::after(args, 2).filter(|member| cx.sorted_set_remove(key, member)).count();
    }
    if removed > 0 {
        cx.notify_taken(Event::ZREM, key);
    }
    reply::length(out, removed);
    Ok(())
}
