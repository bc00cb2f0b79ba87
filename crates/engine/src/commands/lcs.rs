//! LCS: what two strings have in common.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, words};
use crate::commands::reply;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run};
use crate::cx::{Lookup, ReadCx};
use crate::error::CommandError;
use crate::limits::{LCS_PAIRS_MAX, LCS_STRING_BYTES_MAX};
use crate::types::StringRef;
use crate::types::lcs::{self, CommonRun};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "lcs",
    since: "7.0.0",
    complexity: "O(N*M), N and M the lengths of the strings",
    summary: "Returns the longest common subsequence of two strings, its length, or where it lies.",
    arity: Arity::AtLeast(3),
    keys: Keys::Range { first: 1, last: 2, step: 1 },
    uses: &[KeyUse::RO.access()],
    args: &[
        Arg::key("key1"),
        Arg::key("key2"),
        Arg::token("len", "LEN").optional(),
        Arg::token("idx", "IDX").optional(),
        Arg::integer("min-match-len").after("MINMATCHLEN").optional(),
        Arg::token("withmatchlen", "WITHMATCHLEN").optional(),
    ],
    run: Run::Read(lcs),
    ..Command::base(Group::String)
}];

fn lcs(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [first, second] = words(args);
    // Redis looks at the keys before it looks at the options.
    let string = |key: &[u8]| cx.string(key).map_err(|_| CommandError::NotStrings);
    let (first, second) = (string(first)?, string(second)?);
    let (mut length_only, mut indexes, mut with_lengths, mut run_min) = (false, false, false, 0);
    let mut cursor = Cursor::after(args, 3);
    while let Some(word) = cursor.next() {
        match Keyword::of(word).bytes() {
            b"LEN" => length_only = true,
            b"IDX" => indexes = true,
            b"WITHMATCHLEN" => with_lengths = true,
            b"MINMATCHLEN" => run_min = usize::try_from(cursor.integer()?).unwrap_or(0),
            _ => return Err(CommandError::Syntax),
        }
    }
    if length_only && indexes {
        return Err(CommandError::LengthBesideIndexes);
    }
    let [first_len, second_len] = [first, second].map(|string| string.map_or(0, StringRef::len));
    if first_len.max(second_len) > LCS_STRING_BYTES_MAX {
        return Err(CommandError::LcsStringTooLong);
    }
    if (first_len + 1).saturating_mul(second_len + 1) > LCS_PAIRS_MAX {
        return Err(CommandError::LcsTooLarge);
    }
    let [first, second] = [first, second].map(|string| string.map(StringRef::to_cow).unwrap_or_default());
    if length_only {
        reply::length(out, lcs::length(&first, &second));
        return Ok(());
    }
    let mut runs = lcs::runs(&first, &second);
    let total = runs.iter().map(|run| run.in_first.len()).sum();
    if indexes {
        runs.retain(|run| run.in_first.len() >= run_min);
        out.map(2);
        out.bulk(b"matches");
        out.array(runs.len());
        runs.iter().for_each(|run| reply_with_run(run, with_lengths, out));
        out.bulk(b"len");
        reply::length(out, total);
    } else {
        let mut pieces = runs.iter().rev().filter_map(|run| first.get(run.in_first.clone()));
        out.bulk_chunks(total, &mut pieces);
    }
    Ok(())
}

/// First and last index in both strings, and the length if asked for.
fn reply_with_run(run: &CommonRun, with_length: bool, out: &mut dyn ReplySink) {
    out.array(if with_length { 3 } else { 2 });
    for range in [&run.in_first, &run.in_second] {
        out.array(2);
        reply::length(out, range.start);
        reply::length(out, range.end.saturating_sub(1));
    }
    if with_length {
        reply::length(out, run.in_first.len());
    }
}
