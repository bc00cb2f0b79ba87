//! Which words of a command line are keys, and what a command does with them.

use std::iter::StepBy;
use std::ops::Range;

use smallvec::SmallVec;

use crate::commands::table::Args;
use crate::error::CommandError;
use crate::numbers::parse_integer;

/// Indexes into the words of a command line.
pub type KeyPositions = SmallVec<[usize; 4]>;

/// Which words are keys.
#[derive(Debug, Clone, Copy)]
pub enum Keys {
    /// None.
    None,
    /// The first after the name.
    One,
    /// Every `step`-th from `first` to `last`; a negative `last` counts from the end, -1 being the last word.
    Range {
        /// Index of the first key.
        first: usize,
        /// Index of the last key.
        last: isize,
        /// Distance from key to key.
        step: usize,
    },
    /// As many as the word at `at` says, right after it.
    Counted {
        /// Index of the count.
        at: usize,
    },
    /// As many as the word at `at` says, right after it, each followed by its value.
    CountedPairs {
        /// Index of the count.
        at: usize,
    },
    /// The first after the name, and as many as the word at `at` says, right after it.
    OneAndCounted {
        /// Index of the count.
        at: usize,
    },
    /// The first after the name, and another one if the function finds it behind an option. Which keys the command looks up
    /// besides, no word tells.
    OneAndFound(fn(Args<'_>) -> Option<usize>),
    /// The first after the name, and from index `from` on the one behind each of the words, in any case.
    OneAndNamed {
        /// The words, in upper case.
        words: &'static [&'static str],
        /// Where they may start.
        from: usize,
    },
    /// The first half of the words behind STREAMS, which stands among options that the function walks.
    Streams {
        /// Index of the first word that may be STREAMS.
        start: usize,
        /// Finds STREAMS.
        find: fn(Args<'_>) -> Option<usize>,
    },
    /// What the function finds.
    Custom(fn(Args<'_>) -> Result<KeyPositions, CommandError>),
}

impl Keys {
    /// Where the keys stand in `args`.
    pub(crate) fn positions(self, args: Args<'_>) -> Result<KeyPositions, CommandError> {
        match self {
            Self::None => Ok(KeyPositions::new()),
            Self::One => Ok(KeyPositions::from_iter((args.len() > 1).then_some(1))),
            Self::Range { first, last, step } => {
                let end =
                    if last < 0 { args.len().checked_add_signed(last) } else { usize::try_from(last).ok() };
                let end = end.filter(|end| *end < args.len()).ok_or(CommandError::InvalidKeyCount)?;
                Ok((first..=end).step_by(step).collect())
            }
            Self::Counted { at } => Ok(counted(args, at, 1)?.collect()),
            Self::CountedPairs { at } => Ok(counted(args, at, 2)?.collect()),
            Self::OneAndCounted { at } => Ok(std::iter::once(1).chain(counted(args, at, 1)?).collect()),
            Self::OneAndFound(find) => {
                Ok((args.len() > 1).then_some(1).into_iter().chain(find(args)).collect())
            }
            Self::OneAndNamed { words, from } => {
                Ok((args.len() > 1).then_some(1).into_iter().chain(named(args, words, from)).collect())
            }
            Self::Streams { find, .. } => {
                let first = find(args).ok_or(CommandError::InvalidKeyCount)? + 1;
                Ok((first..first + (args.len() - first) / 2).collect())
            }
            Self::Custom(find) => find(args),
        }
    }

    /// Whether they stand where only the arguments themselves tell.
    pub(crate) const fn are_movable(self) -> bool {
        matches!(
            self,
            Self::Counted { .. }
                | Self::CountedPairs { .. }
                | Self::OneAndCounted { .. }
                | Self::OneAndFound(_)
                | Self::OneAndNamed { .. }
                | Self::Streams { .. }
                | Self::Custom(_)
        )
    }

    /// First, last and step as COMMAND shows them, zeros where there is no such rule.
    #[must_use]
    pub const fn legacy_range(self) -> (usize, isize, usize) {
        match self {
            Self::None
            | Self::Counted { .. }
            | Self::CountedPairs { .. }
            | Self::Streams { .. }
            | Self::Custom(_) => (0, 0, 0),
            Self::One | Self::OneAndCounted { .. } | Self::OneAndFound(_) | Self::OneAndNamed { .. } => {
                (1, 1, 1)
            }
            Self::Range { first, last, step } => (first, last, step),
        }
    }
}

/// The indexes of as many keys as the word at `at` says, one every `step` words.
fn counted(args: Args<'_>, at: usize, step: usize) -> Result<StepBy<Range<usize>>, CommandError> {
    let count =
        args.get(at).and_then(|word| parse_integer(word)).and_then(|count| usize::try_from(count).ok());
    let end = count.filter(|count| *count > 0).and_then(|count| count.checked_mul(step)?.checked_add(at + 1));
    let end = end.filter(|end| *end <= args.len()).ok_or(CommandError::InvalidKeyCount)?;
    Ok((at + 1..end).step_by(step))
}

/// The indexes of the words behind each of `names`.
fn named(args: Args<'_>, names: &[&str], from: usize) -> impl Iterator<Item = usize> {
    let mut at = from;
    std::iter::from_fn(move || {
        while let Some([word, _, ..]) = args.get(at..) {
            let is_name = names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()));
            at += 1 + usize::from(is_name);
            if is_name {
                return Some(at - 1);
            }
        }
        None
    })
}

/// What a command does with a key, in the words of Redis' key specifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// `RO`, `RW`, `OW` (overwrites) or `RM` (removes), about the entry and its metadata.
    pub mode: &'static str,
    flags: u8,
}

impl KeyUse {
    pub(crate) const RO: Self = Self { mode: "RO", flags: 0 };
    pub(crate) const RW: Self = Self { mode: "RW", flags: 0 };
    pub(crate) const OW: Self = Self { mode: "OW", flags: 0 };
    pub(crate) const RM: Self = Self { mode: "RM", flags: 0 };
    /// A word that chooses a node of a cluster as a key would.
    pub(crate) const NOT_KEY: Self = Self { mode: "not_key", flags: 0 };

    const NAMES: [&'static str; 5] = ["access", "update", "insert", "delete", "variable_flags"];

    /// Hands out the value of the key.
    pub(crate) const fn access(self) -> Self {
        self.with(1)
    }

    /// Changes the value of the key.
    pub(crate) const fn update(self) -> Self {
        self.with(1 << 1)
    }

    /// Adds to the key.
    pub(crate) const fn insert(self) -> Self {
        self.with(1 << 2)
    }

    /// Removes from the key.
    pub(crate) const fn delete(self) -> Self {
        self.with(1 << 3)
    }

    /// Depends on the options.
    pub(crate) const fn variable_flags(self) -> Self {
        self.with(1 << 4)
    }

    const fn with(self, flag: u8) -> Self {
        Self { flags: self.flags | flag, ..self }
    }

    /// Mode and flags as COMMAND shows them.
    pub fn flags(self) -> impl Iterator<Item = &'static str> + Clone {
        let set = Self::NAMES
            .iter()
            .enumerate()
            .filter(move |(bit, _)| self.flags & (1 << bit) != 0)
            .map(|(_, name)| *name);
        std::iter::once(self.mode).chain(set)
    }
}
