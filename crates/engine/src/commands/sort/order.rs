//! Bringing elements into order.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::commands::sort::options::SortOptions;
use crate::commands::sort::pattern::{Pattern, Text};
use crate::cx::Lookup;
use crate::error::CommandError;
use crate::numbers::parse_score_limit;
use crate::types::DataType;

/// The elements that the result is made of, in its order.
#[derive(Debug)]
pub(super) struct Sorted<'c>(Vec<&'c [u8]>);

impl<'c> Sorted<'c> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Hands out what each GET leads to for each element, or the elements where there is no GET.
    pub(super) fn each(
        &self,
        cx: &'c impl Lookup,
        gets: &[Pattern<'_>],
        visit: &mut dyn FnMut(Option<Text<'c>>),
    ) {
        for element in &self.0 {
            if gets.is_empty() {
                visit(Some(Text::Bytes(element)));
            }
            gets.iter().for_each(|get| visit(get.value(cx, element)));
        }
    }
}

/// An element and what it is sorted by.
struct Weighed<'c, W> {
    weight: W,
    element: &'c [u8],
}

/// Sorts the elements at `key`; there are none if it is absent.
///
/// Equal numbers order by the bytes of their elements, and equal bytes by where they were stored: the result depends on
/// nothing else.
///
/// # Errors
/// [`CommandError::WrongType`], [`CommandError::SortNotADouble`].
pub(super) fn sorted<'c>(
    cx: &'c impl Lookup,
    key: &[u8],
    options: &SortOptions<'_>,
) -> Result<Sorted<'c>, CommandError> {
    let data_type = cx.data_type(key);
    let is_set = data_type == Some(DataType::Set);
    let mut elements = elements(cx, key, data_type)?;
    let window = options.window(elements.len());
    if options.keeps_order && is_set && (options.store.is_some() || cx.is_in_script()) {
        // The order of a set is the server's own affair, and must not become the data of a list, nor what a script sees.
        sort_by(&mut elements, options.descending, window.end, |a, b| a.cmp(b));
    } else if options.keeps_order {
        // What has an order of its own can be turned round.
        if options.descending && !is_set {
            elements.reverse();
        }
    } else if options.alpha {
        sort_by_text(cx, &mut elements, options, window.end);
    } else {
        sort_by_number(cx, &mut elements, options, window.end)?;
    }
    elements.truncate(window.end);
    elements.drain(..window.start);
    Ok(Sorted(elements))
}

/// All elements as they are stored.
fn elements<'c>(
    cx: &'c impl Lookup,
    key: &[u8],
    data_type: Option<DataType>,
) -> Result<Vec<&'c [u8]>, CommandError> {
    Ok(match data_type {
        None => Vec::new(),
        Some(DataType::List) => cx.list(key)?.into_iter().flat_map(|list| list.iter()).collect(),
        Some(DataType::Set) => cx.set(key)?.into_iter().flat_map(|set| set.iter()).collect(),
        Some(_) => {
            let set = cx.sorted_set(key)?;
            set.into_iter().flat_map(|set| set.iter()).map(|(member, _)| member).collect()
        }
    })
}

/// Sorts by the bytes of the weights.
fn sort_by_text<'c>(
    cx: &'c impl Lookup,
    elements: &mut Vec<&'c [u8]>,
    options: &SortOptions<'_>,
    needed: usize,
) {
    let Some(by) = options.by else { return sort_by(elements, options.descending, needed, |a, b| a.cmp(b)) };
    let weigh =
        |element: &'c [u8]| Weighed { weight: by.value(cx, element).map(|text| text.to_bytes()), element };
    let mut weighed: Vec<Weighed<'c, Option<Cow<'c, [u8]>>>> = elements.drain(..).map(weigh).collect();
    // An element without a weight comes before all others.
    sort_by(&mut weighed, options.descending, needed, |a, b| a.weight.cmp(&b.weight));
    elements.extend(weighed.into_iter().map(|weighed| weighed.element));
}

/// Sorts by the weights as numbers.
fn sort_by_number<'c>(
    cx: &'c impl Lookup,
    elements: &mut Vec<&'c [u8]>,
    options: &SortOptions<'_>,
    needed: usize,
) -> Result<(), CommandError> {
    let weigh = |element: &'c [u8]| Ok(Weighed { weight: number(cx, options.by, element)?, element });
    let mut weighed: Vec<Weighed<'c, f64>> =
        elements.drain(..).map(weigh).collect::<Result<_, CommandError>>()?;
    sort_by(&mut weighed, options.descending, needed, |a, b| {
        // No weight is NaN, and zero equals minus zero.
        let order = a.weight.partial_cmp(&b.weight).unwrap_or(Ordering::Equal);
        order.then_with(|| a.element.cmp(b.element))
    });
    elements.extend(weighed.into_iter().map(|weighed| weighed.element));
    Ok(())
}

/// The weight of an element: a missing value weighs nothing.
fn number(cx: &impl Lookup, by: Option<Pattern<'_>>, element: &[u8]) -> Result<f64, CommandError> {
    let text = match by {
        None => Cow::Borrowed(element),
        Some(by) => match by.value(cx, element) {
            None => return Ok(0.0),
            Some(text) => text.to_bytes(),
        },
    };
    parse_score_limit(&text).ok_or(CommandError::SortNotADouble)
}

/// Sorts, equal items in the order they had. Only the first `needed` items are sure to be there afterwards.
fn sort_by<T>(items: &mut Vec<T>, descending: bool, needed: usize, compare: impl Fn(&T, &T) -> Ordering) {
    let mut numbered: Vec<(usize, T)> = items.drain(..).enumerate().collect();
    let order = |a: &(usize, T), b: &(usize, T)| {
        let order = compare(&a.1, &b.1);
        let order = if descending { order.reverse() } else { order };
        order.then_with(|| a.0.cmp(&b.0))
    };
    if needed < numbered.len() {
        numbered.select_nth_unstable_by(needed, order);
        numbered.truncate(needed);
    }
    numbered.sort_unstable_by(order);
    items.extend(numbered.into_iter().map(|(_, item)| item));
}
