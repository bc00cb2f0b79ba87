//! Looking at members, counting them, walking them, drawing some.

use selvedge_wire::{ReplySink, double_text};

use super::interval::{By, Interval};
use super::{MEMBER, SORTED_SET, WITHSCORES, write_members};
use crate::args::{Cursor, Keyword, draw_count, words};
use crate::commands::reply;
use crate::commands::scan::{Page, ScanKind, ScanOptions};
use crate::commands::table::arg::{COUNT, KEY, MATCH};
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx};
use crate::error::CommandError;
use crate::limits::RANDOM_DRAWS_MAX;
use crate::random;

const RANK: Command = Command {
    complexity: "O(log N), N the size of the sorted set",
    arity: Arity::AtLeast(3),
    keys: Keys::One,
    uses: &[KeyUse::RO.access()],
    args: &[KEY, MEMBER, Arg::token("withscore", "WITHSCORE").optional()],
    traits: Traits::FAST,
    ..SORTED_SET
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zcard",
        since: "1.2.0",
        summary: "Returns the number of members of a sorted set.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(zcard),
        ..SORTED_SET
    },
    Command {
        name: "zcount",
        since: "2.0.0",
        complexity: "O(log N), N the size of the sorted set",
        summary: "Counts the members whose scores lie in a range.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::double("min"), Arg::double("max")],
        traits: Traits::FAST,
        run: Run::Read(zcount),
        ..SORTED_SET
    },
    Command {
        name: "zlexcount",
        since: "2.8.9",
        complexity: "O(log N), N the size of the sorted set",
        summary: "Counts the members that lie in a range, in a sorted set of one score.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::string("min"), Arg::string("max")],
        traits: Traits::FAST,
        run: Run::Read(zlexcount),
        ..SORTED_SET
    },
    Command {
        name: "zmscore",
        since: "6.2.0",
        complexity: "O(N), N the number of members given",
        summary: "Returns the scores of several members, null where there is none.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, MEMBER.multiple()],
        traits: Traits::FAST,
        run: Run::Read(zmscore),
        ..SORTED_SET
    },
    Command {
        name: "zrandmember",
        since: "6.2.0",
        complexity: "O(M log N), M the number of members returned, N the size of the sorted set",
        summary: "Returns members drawn at random: distinct ones, or with repetition for a negative count.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::block("options", &[Arg::integer("count"), WITHSCORES]).optional()],
        run: Run::Read(zrandmember),
        work: Some(work::draws),
        ..SORTED_SET
    },
    Command {
        name: "zrank",
        since: "2.0.0",
        summary: "Returns the rank of a member, 0 for the lowest score.",
        run: Run::Read(zrank),
        ..RANK
    },
    Command {
        name: "zrevrank",
        since: "2.0.0",
        summary: "Returns the rank of a member, 0 for the highest score.",
        run: Run::Read(zrevrank),
        ..RANK
    },
    Command {
        name: "zscan",
        since: "2.8.0",
        complexity: "O(1) per call, O(N) for a whole walk",
        summary: "Walks the members of a sorted set and their scores in steps.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("cursor"), MATCH, COUNT],
        run: Run::Read(zscan),
        ..SORTED_SET
    },
    Command {
        name: "zscore",
        since: "1.2.0",
        summary: "Returns the score of a member.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, MEMBER],
        traits: Traits::FAST,
        run: Run::Read(zscore),
        ..SORTED_SET
    },
];

fn zcard(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply::length(out, cx.sorted_set(key)?.map_or(0, |set| set.len()));
    Ok(())
}

fn zcount(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    count(cx, args, By::Score, out)
}

fn zlexcount(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    count(cx, args, By::Member, out)
}

fn count(cx: &ReadCx<'_>, args: Args<'_>, by: By, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, min, max] = words(args);
    let interval = Interval::parse(by, min, max)?;
    reply::length(out, cx.sorted_set(key)?.map_or(0, |set| interval.ranks_in(set, false).len()));
    Ok(())
}

fn zmscore(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let set = cx.sorted_set(key)?;
    let members = Cursor::after(args, 2).rest();
    out.array(members.len());
    for member in members {
        double_or_null(out, set.and_then(|set| set.score(member)));
    }
    Ok(())
}

fn double_or_null(out: &mut dyn ReplySink, score: Option<f64>) {
    match score {
        Some(score) => out.double(score),
        None => out.null(),
    }
}

fn zrandmember(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let wanted = draw_count(args, b"WITHSCORES")?;
    let set = cx.sorted_set(key)?;
    let Some((count, with_scores)) = wanted else {
        let member = set.and_then(|set| {
            let rank = random::below(cx.random(), set.len());
            set.range(rank..rank + 1).next()
        });
        reply::bulk_or_null(out, member.map(|(member, _)| member));
        return Ok(());
    };
    let Some(set) = set else {
        out.array(0);
        return Ok(());
    };
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let at = |rank: usize| set.range(rank..rank + 1);
    if count < 0 && wanted > RANDOM_DRAWS_MAX {
        return Err(CommandError::TooManyDraws { max: RANDOM_DRAWS_MAX });
    }
    if count < 0 {
        let members = (0..wanted).flat_map(|_| at(random::below(cx.random(), set.len())));
        write_members(members, wanted, with_scores, out);
    } else if wanted >= set.len() {
        write_members(set.iter(), set.len(), with_scores, out);
    } else {
        let ranks = random::distinct(|| cx.random(), wanted, set.len());
        write_members(ranks.iter().flat_map(|rank| at(*rank)), wanted, with_scores, out);
    }
    Ok(())
}

fn zrank(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    rank(cx, args, "zrank", false, out)
}

fn zrevrank(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    rank(cx, args, "zrevrank", true, out)
}

fn rank(
    cx: &ReadCx<'_>,
    args: Args<'_>,
    command: &'static str,
    reverse: bool,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [key, member] = words(args);
    let with_score = match Cursor::after(args, 3).rest() {
        [] => false,
        [word] if Keyword::of(word).bytes() == b"WITHSCORE" => true,
        [_] => return Err(CommandError::Syntax),
        _ => return Err(CommandError::WrongArity { command }),
    };
    let found = cx.sorted_set(key)?.and_then(|set| {
        let (rank, score) = set.rank(member)?;
        Some((if reverse { set.len() - 1 - rank } else { rank }, score))
    });
    match found {
        Some((rank, score)) if with_score => {
            out.array(2);
            reply::length(out, rank);
            out.double(score);
        }
        Some((rank, _)) => reply::length(out, rank),
        None if with_score => out.null_array(),
        None => out.null(),
    }
    Ok(())
}

fn zscan(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    ScanOptions::check_cursor(args, 2)?;
    let mut page = Page::default();
    let Some(set) = cx.sorted_set(key)? else {
        page.write(0, out);
        return Ok(());
    };
    let options = ScanOptions::parse(args, 2, ScanKind::SortedSet)?;
    let next = set.scan(options.cursor, options.count, &mut |member, score| {
        if options.matches(member) {
            page.push(member);
            page.push(&double_text(score));
        }
    });
    options.reply(next, &page, out)
}

fn zscore(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, member] = words(args);
    double_or_null(out, cx.sorted_set(key)?.and_then(|set| set.score(member)));
    Ok(())
}
