//! Where commands change documents, and what they answer for each place.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::commands::json::document;
use crate::cx::WriteCx;
use crate::error::{CommandError, DocumentError};
use crate::limits::{JSON_DEPTH_MAX, JSON_WRITTEN_BYTES_MAX};
use crate::types::JsonRef;
use crate::types::json::path::Path;

/// Places in a document: for each the positions that lead there.
pub(super) type Places = Vec<Box<[u32]>>;

/// The places that a path leads to in the document at `key`, each once. What lies below a place comes before it.
///
/// # Errors
/// [`DocumentError::NotJson`], [`DocumentError::NoDocument`], or the path is refused.
pub(super) fn places(cx: &WriteCx<'_>, key: &[u8], word: &[u8]) -> Result<(Path, Places), CommandError> {
    let root = document(cx, key)?;
    let path = Path::parse(word)?;
    let places = distinct(path.places(root)?);
    Ok((path, places))
}

/// Leaves out the places that came before.
fn distinct(places: Places) -> Places {
    let mut order: Vec<(&[u32], usize)> = places.iter().map(AsRef::as_ref).zip(0..).collect();
    order.sort_unstable();
    let is_repeated = |pair: &[(&[u32], usize)]| matches!(pair, [(a, _), (b, _)] if a == b);
    if !order.windows(2).any(is_repeated) {
        return places;
    }
    order.dedup_by_key(|(place, _)| *place);
    let mut kept: Vec<usize> = order.into_iter().map(|(_, number)| number).collect();
    kept.sort_unstable();
    let mut kept = kept.into_iter().peekable();
    let numbered = places.into_iter().enumerate();
    numbered.filter(|(number, _)| kept.next_if_eq(number).is_some()).map(|(_, place)| place).collect()
}

/// Leaves out the places that lie below others, in the order of the document.
pub(super) fn outermost(mut places: Places) -> Places {
    places.sort_unstable();
    let mut kept: Places = Vec::new();
    for place in places {
        if !kept.last().is_some_and(|above| place.starts_with(above)) {
            kept.push(place);
        }
    }
    kept
}

/// The children of each place's container that are at one of the places, deepest containers first: taking them out in this
/// order moves none that is still to go.
pub(super) fn by_container(places: &Places) -> Vec<(&[u32], Vec<Range<usize>>)> {
    let mut containers: BTreeMap<&[u32], Vec<Range<usize>>> = BTreeMap::new();
    for place in places {
        let Some((position, container)) = place.split_last() else { continue };
        push_position(containers.entry(container).or_default(), *position as usize);
    }
    let mut containers: Vec<_> = containers.into_iter().collect();
    containers.sort_by_key(|(container, _)| std::cmp::Reverse(container.len()));
    containers
}

/// Adds a position behind ranges that ascend.
pub(super) fn push_position(ranges: &mut Vec<Range<usize>>, position: usize) {
    match ranges.last_mut() {
        Some(last) if last.end == position => last.end += 1,
        _ => ranges.push(position..position + 1),
    }
}

/// Checks that values of `depth` and `bytes` may come to all places, `below` levels under each.
///
/// # Errors
/// [`DocumentError::TooDeep`], [`DocumentError::TooManyPlaces`].
pub(super) fn check_fit(
    places: &Places,
    below: usize,
    depth: usize,
    bytes: usize,
) -> Result<(), CommandError> {
    if places.iter().any(|place| place.len() + below + depth > JSON_DEPTH_MAX) {
        return Err(DocumentError::TooDeep.into());
    }
    let is_many = places.len() > 1 && places.len().saturating_mul(bytes) > JSON_WRITTEN_BYTES_MAX;
    if is_many { Err(DocumentError::TooManyPlaces.into()) } else { Ok(()) }
}

/// The value at a place that was found before.
pub(super) fn value_at<'a>(
    cx: &'a WriteCx<'_>,
    key: &[u8],
    place: &[u32],
) -> Result<JsonRef<'a>, CommandError> {
    Ok(document(cx, key)?.at(place).ok_or(DocumentError::NoDocument)?)
}
