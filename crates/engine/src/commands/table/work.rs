//! How much a read looks at, known before it runs: what looks at much runs where nobody waits for it.

use crate::args::integer;
use crate::commands::reply;
use crate::commands::table::Args;
use crate::cx::{Lookup, ReadCx};
use crate::entry::EntryRef;

/// About how many elements a command looks at, given its keys and its words. It looks keys up, and no further.
pub type WorkHandler = fn(&ReadCx<'_>, &[&[u8]], Args<'_>) -> usize;

/// Bytes whose bits are counted in the time of a look at an element.
const BYTES_PER_ELEMENT: usize = 256;

/// Every element of every key.
pub(crate) fn everything(cx: &ReadCx<'_>, keys: &[&[u8]], _: Args<'_>) -> usize {
    keys.iter().map(|key| elements(cx, key)).fold(0, usize::saturating_add)
}

/// As many elements of every key as the smallest one has.
pub(crate) fn smallest(cx: &ReadCx<'_>, keys: &[&[u8]], _: Args<'_>) -> usize {
    keys.iter().map(|key| elements(cx, key)).min().unwrap_or(0).saturating_mul(keys.len())
}

/// The elements between the ranks in the second and third words.
pub(crate) fn ranks(cx: &ReadCx<'_>, keys: &[&[u8]], args: Args<'_>) -> usize {
    let bound = |at: usize| args.get(at).and_then(|word| integer(word).ok());
    let (Some(key), Some(start), Some(stop)) = (keys.first(), bound(2), bound(3)) else { return 0 };
    reply::range(start, stop, elements(cx, key)).len()
}

/// As many draws as the second word says: each is a look at some slots. Different ones are as many as there are.
pub(crate) fn draws(cx: &ReadCx<'_>, keys: &[&[u8]], args: Args<'_>) -> usize {
    let count = args.get(2).and_then(|word| integer(word).ok()).unwrap_or(1);
    let drawn = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let there = keys.first().map_or(0, |key| elements(cx, key));
    if count < 0 && there > 0 { drawn } else { drawn.min(there) }
}

/// Every byte of every string, so many of which cost what an element does.
pub(crate) fn bits(cx: &ReadCx<'_>, keys: &[&[u8]], _: Args<'_>) -> usize {
    let len = |key: &&[u8]| cx.string(key).ok().flatten().map_or(0, |string| string.len());
    keys.iter().map(len).fold(0, usize::saturating_add) / BYTES_PER_ELEMENT
}

fn elements(cx: &ReadCx<'_>, key: &[u8]) -> usize {
    cx.entry(key).map_or(0, EntryRef::elements)
}
