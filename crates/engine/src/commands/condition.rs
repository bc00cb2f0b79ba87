//! The conditions of SET, MSETEX and DELEX.

use crate::args::{Cursor, Keyword};
use crate::commands::strings::digest_text;
use crate::error::CommandError;
use crate::types::StringRef;

/// Hexadecimal digits of a digest.
const DIGEST_DIGITS: usize = 16;

/// When a command may change a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition<'a> {
    Always,
    IfAbsent,
    IfPresent,
    /// Only if the value is this one.
    IfEqual(&'a [u8]),
    /// Only if it is not.
    IfDifferent(&'a [u8]),
    /// Only if the digest of the value is this one.
    IfDigestEqual(&'a [u8]),
    /// Only if it is not.
    IfDigestDifferent(&'a [u8]),
}

impl<'a> Condition<'a> {
    /// The condition that a word starts, with its operand from `cursor`. None if it starts none.
    pub(super) fn comparison(
        keyword: Keyword,
        cursor: &mut Cursor<'a>,
    ) -> Result<Option<Self>, CommandError> {
        let condition = match keyword.bytes() {
            b"IFEQ" => Self::IfEqual,
            b"IFNE" => Self::IfDifferent,
            b"IFDEQ" => Self::IfDigestEqual,
            b"IFDNE" => Self::IfDigestDifferent,
            _ => return Ok(None),
        };
        Ok(Some(condition(cursor.word()?)))
    }

    /// Takes the option `keyword` from `cursor`. False if it is no condition.
    ///
    /// The same condition may be repeated, and the last one counts; two different ones contradict each other.
    pub(super) fn accept(&mut self, keyword: Keyword, cursor: &mut Cursor<'a>) -> Result<bool, CommandError> {
        let new = match keyword.bytes() {
            b"NX" => Self::IfAbsent,
            b"XX" => Self::IfPresent,
            _ => match Self::comparison(keyword, cursor)? {
                Some(comparison) => comparison,
                None => return Ok(false),
            },
        };
        let same = std::mem::discriminant(self) == std::mem::discriminant(&new);
        if *self != Self::Always && !same {
            return Err(CommandError::Syntax);
        }
        *self = new;
        Ok(true)
    }

    /// Whether it looks at the value, and not only at whether there is one.
    pub(super) fn compares(self) -> bool {
        !matches!(self, Self::Always | Self::IfAbsent | Self::IfPresent)
    }

    /// Whether a string that is there fulfills it.
    ///
    /// # Errors
    /// [`CommandError::NotADigest`].
    pub(super) fn holds(self, current: StringRef<'_>) -> Result<bool, CommandError> {
        let has_digest = |digest: &[u8]| {
            if digest.len() == DIGEST_DIGITS {
                Ok(digest_text(current).as_bytes().eq_ignore_ascii_case(digest))
            } else {
                Err(CommandError::NotADigest)
            }
        };
        Ok(match self {
            Self::Always | Self::IfPresent => true,
            Self::IfAbsent => false,
            Self::IfEqual(value) => current.equals(value),
            Self::IfDifferent(value) => !current.equals(value),
            Self::IfDigestEqual(digest) => has_digest(digest)?,
            Self::IfDigestDifferent(digest) => !has_digest(digest)?,
        })
    }

    /// Whether an absent key fulfills it. An operand is not looked at.
    pub(super) fn holds_for_absent(self) -> bool {
        match self {
            Self::Always | Self::IfAbsent | Self::IfDifferent(_) | Self::IfDigestDifferent(_) => true,
            Self::IfPresent | Self::IfEqual(_) | Self::IfDigestEqual(_) => false,
        }
    }
}
