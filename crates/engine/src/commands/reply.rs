//! Small pieces that handlers of several families share: replies, ranges, pairs.

use std::ops::Range;

use selvedge_wire::{Protocol, ReplySink};

use crate::commands::table::Args;
use crate::error::CommandError;
use crate::long_double::LongDouble;
use crate::types::StringRef;

/// Replies with a string, or null.
pub(super) fn string(out: &mut dyn ReplySink, string: Option<StringRef<'_>>) {
    match string {
        Some(string) => out.bulk_chunks(string.len(), &mut string.chunks()),
        None => out.null(),
    }
}

/// Replies with bytes, or null.
pub(super) fn bulk_or_null(out: &mut dyn ReplySink, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => out.bulk(bytes),
        None => out.null(),
    }
}

/// Replies with `count` items, alone or with what belongs to each: flat in RESP2, in pairs in RESP3.
pub(super) fn items<'a, T>(
    out: &mut dyn ReplySink,
    items: impl Iterator<Item = (&'a [u8], T)>,
    count: usize,
    with: Option<fn(&mut dyn ReplySink, T)>,
) {
    let in_pairs = with.is_some() && out.protocol() == Protocol::Resp3;
    out.array(if with.is_some() && !in_pairs { 2 * count } else { count });
    for (item, belonging) in items {
        if in_pairs {
            out.array(2);
        }
        out.bulk(item);
        if let Some(write) = with {
            write(out, belonging);
        }
    }
}

/// Replies with a length or a count.
pub(super) fn length(out: &mut dyn ReplySink, length: usize) {
    out.integer(i64::try_from(length).unwrap_or(i64::MAX));
}

/// The words from `first` on as pairs.
///
/// # Errors
/// [`CommandError::WrongArity`] if one is left over.
pub(super) fn pairs<'a>(
    args: Args<'a>,
    first: usize,
    command: &'static str,
) -> Result<impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone, CommandError> {
    let words = args.get(first..).unwrap_or_default();
    let (pairs, []) = words.as_chunks::<2>() else {
        return Err(CommandError::WrongArity { command });
    };
    Ok(pairs.iter().map(|[a, b]| (*a, *b)))
}

/// An index that may count from the end, -1 being the last. None if it is outside.
pub(super) fn index(index: i64, length: usize) -> Option<usize> {
    let index = if index < 0 {
        length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
    } else {
        usize::try_from(index).ok()?
    };
    (index < length).then_some(index)
}

/// What lies between two indexes, both included, that may count from the end and are cut to what is there.
pub(super) fn range(start: i64, stop: i64, length: usize) -> Range<usize> {
    let position = |index: i64| {
        let magnitude = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        if index < 0 { length.checked_sub(magnitude) } else { Some(magnitude) }
    };
    let start = position(start).unwrap_or(0);
    let end = position(stop).map_or(0, |stop| stop.saturating_add(1)).min(length);
    if start < end { start..end } else { 0..0 }
}

/// The text of a sum.
///
/// # Errors
/// [`CommandError::IncrementNotFinite`].
pub(super) fn finite_sum(before: LongDouble, increment: LongDouble) -> Result<String, CommandError> {
    let sum = before.plus(increment).filter(|sum| sum.is_finite());
    Ok(sum.ok_or(CommandError::IncrementNotFinite)?.to_text())
}
