//! A cursor over the words of a command line, and the options that several commands share.

use crate::commands::table::Args;
use crate::error::CommandError;
use crate::numbers::parse_integer;
use crate::time::Milliseconds;

/// The longest word that is compared with option names, in bytes.
const KEYWORD_BYTES_MAX: usize = 16;

/// Walks the words of a command line.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    rest: Args<'a>,
}

impl<'a> Cursor<'a> {
    /// Starts behind the first `words` words.
    pub(crate) fn after(args: Args<'a>, words: usize) -> Self {
        Self { rest: args.get(words..).unwrap_or_default() }
    }

    /// The next word.
    ///
    /// # Errors
    /// [`CommandError::Syntax`] at the end.
    pub(crate) fn word(&mut self) -> Result<&'a [u8], CommandError> {
        self.next().ok_or(CommandError::Syntax)
    }

    /// The next word as an integer.
    ///
    /// # Errors
    /// [`CommandError::Syntax`] at the end, [`CommandError::NotAnInteger`] if it is none.
    pub(crate) fn integer(&mut self) -> Result<i64, CommandError> {
        parse_integer(self.word()?).ok_or(CommandError::NotAnInteger)
    }

    /// All words that are left.
    pub(crate) fn rest(&self) -> Args<'a> {
        self.rest
    }
}

impl<'a> Iterator for Cursor<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }
}

/// The `N`-th and following words, whose presence the arity has proven: missing ones read as empty.
pub(crate) fn words<'a, const N: usize>(args: Args<'a>) -> [&'a [u8]; N] {
    std::array::from_fn(|i| args.get(i + 1).copied().unwrap_or_default())
}

/// A word as an integer.
///
/// # Errors
/// [`CommandError::NotAnInteger`].
pub(crate) fn integer(word: &[u8]) -> Result<i64, CommandError> {
    parse_integer(word).ok_or(CommandError::NotAnInteger)
}

/// A word as an integer that can be negated.
///
/// # Errors
/// [`CommandError::NotAnInteger`], [`CommandError::NoCounterpart`].
pub(crate) fn signed_integer(word: &[u8]) -> Result<i64, CommandError> {
    Some(integer(word)?).filter(|value| *value != i64::MIN).ok_or(CommandError::NoCounterpart)
}

/// A word as an amount that is not negative.
///
/// # Errors
/// [`CommandError::NegativeOption`] if it is negative or no integer at all.
pub(crate) fn amount(word: &[u8], option: &'static str) -> Result<usize, CommandError> {
    let amount = parse_integer(word).and_then(|amount| usize::try_from(amount).ok());
    amount.ok_or(CommandError::NegativeOption { option })
}

/// A word as a positive amount.
///
/// # Errors
/// [`CommandError::NotAboveZero`] if it is less or no integer at all.
pub(crate) fn positive(word: &[u8], name: &'static str) -> Result<usize, CommandError> {
    let amount = parse_integer(word).and_then(|amount| usize::try_from(amount).ok());
    amount.filter(|amount| *amount > 0).ok_or(CommandError::NotAboveZero { name })
}

/// The count behind the key of a command that takes elements away; `too_many` if more words follow.
///
/// # Errors
/// [`CommandError::NotPositive`] if it is negative or no integer at all.
pub(crate) fn pop_count(args: Args<'_>, too_many: CommandError) -> Result<Option<usize>, CommandError> {
    match Cursor::after(args, 2).rest() {
        [] => Ok(None),
        [count] => {
            let count = parse_integer(count).and_then(|count| usize::try_from(count).ok());
            count.map(Some).ok_or(CommandError::NotPositive)
        }
        _ => Err(too_many),
    }
}

/// The count behind the key of a command that draws elements, and whether the option `with` follows, which asks for what
/// belongs to them. None: one element is wanted.
///
/// # Errors
/// [`CommandError::NotAnInteger`], [`CommandError::NoCounterpart`], [`CommandError::Syntax`], [`CommandError::OutOfRange`].
pub(crate) fn draw_count(args: Args<'_>, with: &[u8]) -> Result<Option<(i64, bool)>, CommandError> {
    let [count, options @ ..] = Cursor::after(args, 2).rest() else { return Ok(None) };
    let count = signed_integer(count)?;
    let is_with = match options {
        [] => false,
        [word] if Keyword::of(word).bytes() == with => true,
        _ => return Err(CommandError::Syntax),
    };
    if is_with && count.unsigned_abs() > i64::MAX.unsigned_abs() / 2 {
        return Err(CommandError::OutOfRange);
    }
    Ok(Some((count, is_with)))
}

/// The words that follow a count at index `at` of as many keys, and a cursor behind them.
///
/// # Errors
/// [`CommandError::NotAboveZero`] of the count, `too_few` if there are not as many words.
pub(crate) fn counted_keys<'a>(
    args: Args<'a>,
    at: usize,
    too_few: CommandError,
) -> Result<(Args<'a>, Cursor<'a>), CommandError> {
    let count = positive(args.get(at).copied().unwrap_or_default(), "numkeys")?;
    let words = args.get(at + 1..).unwrap_or_default();
    let (keys, rest) = words.split_at_checked(count).ok_or(too_few)?;
    Ok((keys, Cursor { rest }))
}

/// A word in upper case, to be matched against option names. Longer words than any option are empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyword {
    bytes: [u8; KEYWORD_BYTES_MAX],
    len: usize,
}

impl Keyword {
    /// Reads a word.
    pub(crate) fn of(word: &[u8]) -> Self {
        let mut bytes = [0; KEYWORD_BYTES_MAX];
        let len = match bytes.get_mut(..word.len()) {
            Some(front) => {
                front.copy_from_slice(word);
                front.make_ascii_uppercase();
                word.len()
            }
            None => 0,
        };
        Self { bytes, len }
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The unit of an expiry, and what it counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpiryUnit {
    /// Seconds from now: EX.
    Seconds,
    /// Milliseconds from now: PX.
    Milliseconds,
    /// Unix time in seconds: EXAT.
    UnixSeconds,
    /// Unix time in milliseconds: PXAT.
    UnixMilliseconds,
}

impl ExpiryUnit {
    /// The unit that an option names.
    pub(crate) fn of(keyword: Keyword) -> Option<Self> {
        match keyword.bytes() {
            b"EX" => Some(Self::Seconds),
            b"PX" => Some(Self::Milliseconds),
            b"EXAT" => Some(Self::UnixSeconds),
            b"PXAT" => Some(Self::UnixMilliseconds),
            _ => None,
        }
    }

    /// The Unix time in milliseconds that an amount means. None if it cannot be represented.
    pub(crate) fn resolve(self, amount: i64, now_ms: Milliseconds) -> Option<i64> {
        let amount_ms = match self {
            Self::Seconds | Self::UnixSeconds => amount.checked_mul(1000)?,
            Self::Milliseconds | Self::UnixMilliseconds => amount,
        };
        match self {
            Self::Seconds | Self::Milliseconds => amount_ms.checked_add_unsigned(now_ms),
            Self::UnixSeconds | Self::UnixMilliseconds => Some(amount_ms),
        }
    }

    /// The Unix time in milliseconds that the text of an amount means, where it has to be positive: everywhere but in EXPIRE
    /// and its kin.
    ///
    /// # Errors
    /// [`CommandError::NotAnInteger`], [`CommandError::InvalidExpireTime`].
    pub(crate) fn resolve_positive(
        self,
        amount: &[u8],
        now_ms: Milliseconds,
        command: &'static str,
    ) -> Result<Milliseconds, CommandError> {
        let amount = integer(amount)?;
        let at = if amount > 0 { self.resolve(amount, now_ms) } else { None };
        at.and_then(|at| Milliseconds::try_from(at).ok()).ok_or(CommandError::InvalidExpireTime { command })
    }
}

/// What SET, GETEX and their kin do about the expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lifetime<'a> {
    /// Nothing was said.
    #[default]
    Unsaid,
    /// KEEPTTL.
    Keep,
    /// PERSIST.
    Persist,
    /// EX, PX, EXAT or PXAT with the text of its amount.
    Until(ExpiryUnit, &'a [u8]),
}

impl<'a> Lifetime<'a> {
    /// Takes the option `keyword` with its amount from `cursor`. False if it is no option about the expiry.
    ///
    /// The same option may be repeated, and the last one counts; two different ones contradict each other.
    ///
    /// # Errors
    /// [`CommandError::Syntax`] on a contradiction or a missing amount.
    pub(crate) fn accept(&mut self, keyword: Keyword, cursor: &mut Cursor<'a>) -> Result<bool, CommandError> {
        match keyword.bytes() {
            b"KEEPTTL" => return self.replace(Self::Keep),
            b"PERSIST" => return self.replace(Self::Persist),
            _ => {}
        }
        let Some(unit) = ExpiryUnit::of(keyword) else { return Ok(false) };
        let amount = cursor.word()?;
        self.replace(Self::Until(unit, amount))
    }

    fn replace(&mut self, new: Self) -> Result<bool, CommandError> {
        let compatible = match (*self, new) {
            (Self::Unsaid, _) => true,
            (Self::Until(old, _), Self::Until(new, _)) => old == new,
            (old, new) => old == new,
        };
        *self = new;
        if compatible { Ok(true) } else { Err(CommandError::Syntax) }
    }
}
