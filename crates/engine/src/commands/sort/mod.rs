//! SORT and SORT_RO.

mod options;
mod order;
mod pattern;

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, ReadForm, Run, Traits, work};
use crate::cx::{End, Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use options::{SortKind, SortOptions};
use pattern::Text;

const GENERIC: Command = Command::base(Group::Generic);
const COMPLEXITY: &str = "O(N + M log M), N the number of elements, M the number of those returned";
const BY: Arg = Arg::pattern("by-pattern").after("BY").optional();
const LIMIT: Arg =
    Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")]).after("LIMIT").optional();
const GET: Arg = Arg::pattern("get-pattern").after("GET").optional().multiple();
const ORDER: Arg = Arg::one_of("order", &[Arg::token("asc", "ASC"), Arg::token("desc", "DESC")]).optional();
const ALPHA: Arg = Arg::token("sorting", "ALPHA").optional();

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "sort",
        since: "1.0.0",
        complexity: COMPLEXITY,
        summary: "Sorts the elements of a list, a set or a sorted set, and can store the result as a list.",
        arity: Arity::AtLeast(2),
        keys: Keys::OneAndFound(stored_key),
        uses: &[KeyUse::RO.access(), KeyUse::RO.access(), KeyUse::OW.update()],
        args: &[KEY, BY, LIMIT, GET, ORDER, ALPHA, Arg::key("destination").after("STORE").optional()],
        traits: Traits::DENY_OOM
            .and(Traits::DANGEROUS)
            .and(Traits::COLLECTIONS)
            .and(Traits::KEYS_BY_PATTERN)
            .and(Traits::COPIES_STORED),
        run: Run::Write(sort),
        read_form: Some(ReadForm { changes_nothing: |args| stored_key(args).is_none(), name: "sort_ro" }),
        ..GENERIC
    },
    Command {
        name: "sort_ro",
        since: "7.0.0",
        complexity: COMPLEXITY,
        summary: "Sorts the elements of a list, a set or a sorted set.",
        arity: Arity::AtLeast(2),
        keys: Keys::OneAndFound(|_| None),
        uses: &[KeyUse::RO.access(), KeyUse::RO.access()],
        args: &[KEY, BY, LIMIT, GET, ORDER, ALPHA],
        traits: Traits::DANGEROUS.and(Traits::COLLECTIONS).and(Traits::KEYS_BY_PATTERN),
        run: Run::Read(sort_ro),
        work: Some(work::everything),
        ..GENERIC
    },
];

/// Where the key behind the last STORE stands.
fn stored_key(args: Args<'_>) -> Option<usize> {
    options::stored_key(args)
}

fn sort(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let options = SortOptions::parse(args, SortKind::MayStore)?;
    cx.notify_miss(key);
    let Some(destination) = options.store else { return reply_sorted(&*cx, key, &options, out) };
    let mut stored: Vec<Vec<u8>> = Vec::new();
    order::sorted(&*cx, key, &options)?.each(&*cx, &options.gets, &mut |text| {
        stored.push(text.map_or_else(Vec::new, Text::into_vec));
    });
    let was_there = cx.exists(destination);
    cx.replacing(destination, |cx| {
        cx.remove(destination);
        stored.iter().for_each(|element| cx.list_push(destination, End::Back, element));
    });
    cx.notify_stored(Event::SORTSTORE, destination, was_there);
    reply::length(out, stored.len());
    Ok(())
}

fn sort_ro(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    reply_sorted(cx, key, &SortOptions::parse(args, SortKind::ReadOnly)?, out)
}

fn reply_sorted(
    cx: &impl Lookup,
    key: &[u8],
    options: &SortOptions<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let sorted = order::sorted(cx, key, options)?;
    out.array(sorted.len() * options.gets.len().max(1));
    sorted.each(cx, &options.gets, &mut |text| match text {
        Some(text) => text.write(out),
        None => out.null(),
    });
    Ok(())
}
