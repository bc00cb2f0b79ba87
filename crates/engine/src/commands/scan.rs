//! What SCAN, HSCAN, SSCAN and ZSCAN share: their options and their reply.

use std::ops::Range;

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword};
use crate::commands::table::Args;
use crate::error::CommandError;
use crate::glob::Matcher;
use crate::limits::SCAN_COUNT_DEFAULT;
use crate::numbers::parse_cursor;

/// What is walked; it decides which options there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanKind {
    /// The keys: TYPE, and our WITHTYPE.
    Keyspace,
    /// The fields of a hash: NOVALUES.
    Hash,
    /// The members of a set.
    Set,
    /// The members of a sorted set.
    SortedSet,
}

/// The arguments of a step.
#[derive(Debug)]
pub(super) struct ScanOptions<'a> {
    pub(super) cursor: u64,
    pub(super) count: usize,
    pattern: Option<Matcher<'a>>,
    /// TYPE, as sent.
    pub(super) data_type: Option<&'a [u8]>,
    pub(super) with_type: bool,
    pub(super) no_values: bool,
}

impl<'a> ScanOptions<'a> {
    /// Checks the cursor at index `at` alone: Redis looks the key up before it reads the options.
    ///
    /// # Errors
    /// [`CommandError::InvalidCursor`].
    pub(super) fn check_cursor(args: Args<'a>, at: usize) -> Result<(), CommandError> {
        let cursor = args.get(at).and_then(|word| parse_cursor(word));
        cursor.map(drop).ok_or(CommandError::InvalidCursor)
    }

    /// Reads the cursor at index `at` and the options behind it.
    ///
    /// # Errors
    /// [`CommandError::InvalidCursor`], [`CommandError::Syntax`], [`CommandError::NotAnInteger`],
    /// [`CommandError::NoValuesOutsideHscan`].
    pub(super) fn parse(args: Args<'a>, at: usize, kind: ScanKind) -> Result<Self, CommandError> {
        let mut cursor = Cursor::after(args, at);
        let mut options = Self {
            cursor: parse_cursor(cursor.word()?).ok_or(CommandError::InvalidCursor)?,
            count: SCAN_COUNT_DEFAULT,
            pattern: None,
            data_type: None,
            with_type: false,
            no_values: false,
        };
        while let Some(word) = cursor.next() {
            match Keyword::of(word).bytes() {
                b"COUNT" => {
                    let count = cursor.integer()?;
                    options.count =
                        usize::try_from(count).ok().filter(|count| *count > 0).ok_or(CommandError::Syntax)?;
                }
                b"MATCH" => options.pattern = Some(Matcher::new(cursor.word()?)),
                b"TYPE" if kind == ScanKind::Keyspace => options.data_type = Some(cursor.word()?),
                b"WITHTYPE" if kind == ScanKind::Keyspace => options.with_type = true,
                b"NOVALUES" if kind == ScanKind::Hash => options.no_values = true,
                b"NOVALUES" => return Err(CommandError::NoValuesOutsideHscan),
                _ => return Err(CommandError::Syntax),
            }
        }
        Ok(options)
    }

    /// Whether the pattern lets it pass.
    pub(super) fn matches(&self, bytes: &[u8]) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(bytes))
    }

    /// Replies with the next cursor and what was found.
    ///
    /// # Errors
    /// [`CommandError::PatternTooCostly`].
    pub(super) fn reply(
        &self,
        next_cursor: u64,
        page: &Page,
        out: &mut dyn ReplySink,
    ) -> Result<(), CommandError> {
        self.pattern.as_ref().map_or(Ok(()), Matcher::check)?;
        page.write(next_cursor, out);
        Ok(())
    }
}

/// Byte strings that are collected before their number is known.
#[derive(Debug, Default)]
pub(super) struct Page {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Page {
    pub(super) fn push(&mut self, item: &[u8]) {
        self.bytes.extend_from_slice(item);
        self.ends.push(self.bytes.len());
    }

    /// Replies with the next cursor and the items.
    pub(super) fn write(&self, next_cursor: u64, out: &mut dyn ReplySink) {
        out.array(2);
        out.bulk(itoa::Buffer::new().format(next_cursor).as_bytes());
        out.array(self.len());
        self.items(0..self.len()).for_each(|item| out.bulk(item));
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The items of a range of indexes.
    pub(super) fn items(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let start = range.start.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let ends = self.ends.get(range).unwrap_or_default();
        ends.iter().scan(start, |start, end| self.bytes.get(std::mem::replace(start, *end)..*end))
    }
}
