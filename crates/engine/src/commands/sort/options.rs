//! The options of SORT.

use std::ops::Range;

use crate::args::{Cursor, Keyword};
use crate::commands::sort::pattern::Pattern;
use crate::commands::table::Args;
use crate::error::CommandError;

/// Which of the two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SortKind {
    /// SORT.
    MayStore,
    /// SORT_RO.
    ReadOnly,
}

/// What stands behind the key.
#[derive(Debug)]
pub(super) struct SortOptions<'a> {
    /// Where weights come from; None: elements are their own weights.
    pub(super) by: Option<Pattern<'a>>,
    /// Some BY named no place for the element: the stored order stays.
    pub(super) keeps_order: bool,
    /// What is returned of each element; the element itself if there is none.
    pub(super) gets: Vec<Pattern<'a>>,
    /// Weights are compared as bytes instead of numbers.
    pub(super) alpha: bool,
    /// The other way round.
    pub(super) descending: bool,
    /// Where the result is stored.
    pub(super) store: Option<&'a [u8]>,
    limit: Option<(i64, i64)>,
}

impl<'a> SortOptions<'a> {
    /// Reads them. An option that stands twice counts the second time, except that a BY without a star stays in force.
    ///
    /// # Errors
    /// [`CommandError::Syntax`], [`CommandError::NotAnInteger`].
    pub(super) fn parse(args: Args<'a>, kind: SortKind) -> Result<Self, CommandError> {
        let mut options = Self {
            by: None,
            keeps_order: false,
            gets: Vec::new(),
            alpha: false,
            descending: false,
            store: None,
            limit: None,
        };
        let mut cursor = Cursor::after(args, 2);
        while let Some(word) = cursor.next() {
            match Keyword::of(word).bytes() {
                b"ASC" => options.descending = false,
                b"DESC" => options.descending = true,
                b"ALPHA" => options.alpha = true,
                b"LIMIT" => {
                    let (offset, count) = (cursor.word()?, cursor.word()?);
                    options.limit = Some((crate::args::integer(offset)?, crate::args::integer(count)?));
                }
                b"STORE" if kind == SortKind::MayStore => options.store = Some(cursor.word()?),
                b"BY" => {
                    let pattern = Pattern::new(cursor.word()?);
                    options.keeps_order |= !pattern.has_place();
                    options.by = Some(pattern);
                }
                b"GET" => options.gets.push(Pattern::new(cursor.word()?)),
                _ => return Err(CommandError::Syntax),
            }
        }
        Ok(options)
    }

    /// Which of `len` sorted elements LIMIT lets pass. A negative offset is 0, a negative count all.
    pub(super) fn window(&self, len: usize) -> Range<usize> {
        let Some((offset, count)) = self.limit else { return 0..len };
        let start = usize::try_from(offset.max(0)).unwrap_or(usize::MAX).min(len);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        start..start.saturating_add(count).min(len)
    }
}

/// Where the key behind the last STORE stands, by the words alone: what follows an option is no option.
pub(super) fn stored_key(args: Args<'_>) -> Option<usize> {
    let mut found = None;
    let mut at = 2;
    while let Some(word) = args.get(at) {
        at += match Keyword::of(word).bytes() {
            b"LIMIT" => 3,
            b"BY" | b"GET" => 2,
            b"STORE" if at + 1 < args.len() => {
                found = Some(at + 1);
                2
            }
            _ => 1,
        };
    }
    found
}
