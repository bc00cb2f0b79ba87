//! The packed form of a JSON value: what lies in a record, at the leaves of a large document, and in a mutation.
//!
//! A value is a head and, for all but words and integers, as many bytes as its head says. The low three bits of a head are
//! the kind, the other five a number below 31, or 31 when the number less 31 follows as LEB128. Every value has exactly one
//! packed form.
//!
//! | kind | number of the head | behind it |
//! |---|---|---|
//! | 0 word | 0 null, 1 false, 2 true | |
//! | 1 integer | the integer, zigzag | |
//! | 2 number | bytes | its text, where that is no integer of 64 bits in its shortest form |
//! | 3 string | bytes | UTF-8 |
//! | 4 array | bytes | the elements |
//! | 5 object | bytes | for each member the name (LEB128 length, UTF-8) and the value; no name twice |

use crate::limits::JSON_DEPTH_MAX;
use crate::types::json::number;
use crate::types::json::view::{ArrayRef, JsonRef, JsonView, ObjectRef};
use crate::varint;

/// Numbers of a head from which on they stand behind it.
const SHORT_MAX: u64 = 31;

/// What a packed value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Word => 0,
            Self::Integer => 1,
            Self::Number => 2,
            Self::String => 3,
            Self::Array => 4,
            Self::Object => 5,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Word,
            1 => Self::Integer,
            2 => Self::Number,
            3 => Self::String,
            4 => Self::Array,
            5 => Self::Object,
            _ => return None,
        })
    }
}

/// A word: null, false or true.
pub(super) const NULL: u64 = 0;
pub(super) const FALSE: u64 = 1;
pub(super) const TRUE: u64 = 2;

/// Appends a head.
pub(super) fn put_head(out: &mut Vec<u8>, kind: Kind, number: u64) {
    match number.checked_sub(SHORT_MAX) {
        None => out.push(kind.code() | low_five(number)),
        Some(rest) => {
            out.push(kind.code() | low_five(SHORT_MAX));
            varint::put(out, rest);
        }
    }
}

fn low_five(number: u64) -> u8 {
    ((number & SHORT_MAX) as u8) << 3
}

/// Makes the head at `start`, one byte so far, that of a container of everything behind it.
pub(super) fn close(out: &mut Vec<u8>, start: usize, kind: Kind) {
    let mut head = Vec::new();
    put_head(&mut head, kind, (out.len() - start - 1) as u64);
    out.splice(start..=start, head);
}

/// Appends an integer.
pub(super) fn put_integer(out: &mut Vec<u8>, value: i64) {
    put_head(out, Kind::Integer, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// Appends bytes of a kind that has as many as its head says.
pub(super) fn put_bytes(out: &mut Vec<u8>, kind: Kind, bytes: &[u8]) {
    put_head(out, kind, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends the name of a member.
pub(super) fn put_name(out: &mut Vec<u8>, name: &[u8]) {
    varint::put(out, name.len() as u64);
    out.extend_from_slice(name);
}

/// The kind, number and length of the head in front.
fn read_head(bytes: &[u8]) -> Option<(Kind, u64, usize)> {
    let first = *bytes.first()?;
    let kind = Kind::from_code(first & 7)?;
    match u64::from(first >> 3) {
        SHORT_MAX => {
            let (rest, len) = varint::read(bytes.get(1..)?)?;
            Some((kind, rest.checked_add(SHORT_MAX)?, len + 1))
        }
        number => Some((kind, number, 1)),
    }
}

/// The value in front, whole, and what follows it.
pub(super) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (kind, number, head) = read_head(bytes)?;
    let content = match kind {
        Kind::Word | Kind::Integer => 0,
        Kind::Number | Kind::String | Kind::Array | Kind::Object => usize::try_from(number).ok()?,
    };
    bytes.split_at_checked(head.checked_add(content)?)
}

/// The name in front of a member, and what follows it.
pub(super) fn split_name(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, at) = varint::read(bytes)?;
    bytes.get(at..)?.split_at_checked(usize::try_from(len).ok()?)
}

/// What a packed value is. Bytes that make no sense, which no door lets in, read as null.
pub(super) fn view(bytes: &[u8]) -> JsonView<'_> {
    let Some((kind, number, head)) = read_head(bytes) else { return JsonView::Null };
    let content = bytes.get(head..).unwrap_or_default();
    match kind {
        Kind::Word => match number {
            FALSE => JsonView::Boolean(false),
            TRUE => JsonView::Boolean(true),
            _ => JsonView::Null,
        },
        Kind::Integer => JsonView::Integer((number >> 1).cast_signed() ^ -((number & 1).cast_signed())),
        Kind::Number => JsonView::Number(content),
        Kind::String => JsonView::String(content),
        Kind::Array => JsonView::Array(ArrayRef::packed(content)),
        Kind::Object => JsonView::Object(ObjectRef::packed(content)),
    }
}

/// What lies behind the head.
pub(super) fn content(bytes: &[u8]) -> &[u8] {
    read_head(bytes).and_then(|(_, _, head)| bytes.get(head..)).unwrap_or_default()
}

/// The elements of a packed array.
#[derive(Debug, Clone)]
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (element, rest) = split(self.0)?;
        self.0 = rest;
        Some(element)
    }
}

/// The members of a packed object: names and values.
#[derive(Debug, Clone)]
pub(super) struct Members<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let (name, rest) = split_name(self.0)?;
        let (value, rest) = split(rest)?;
        self.0 = rest;
        Some((name, value))
    }
}

/// One packed value that has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedJson<'a>(&'a [u8]);

impl<'a> PackedJson<'a> {
    /// Null.
    pub(crate) const NULL: Self = Self(&[0]);
    /// `[]`.
    pub(crate) const EMPTY_ARRAY: Self = Self(&[4]);
    /// `{}`.
    pub(crate) const EMPTY_OBJECT: Self = Self(&[5]);
    /// The number 0.
    pub(crate) const ZERO: Self = Self(&[1]);

    /// A value that this room packed.
    pub(super) fn trusted(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// A value that comes from a log. None if the bytes are not exactly one packed value, or nest too deep.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        check(bytes, JSON_DEPTH_MAX)?.is_empty().then_some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The value.
    pub(crate) fn get(self) -> JsonRef<'a> {
        JsonRef::packed(self.0)
    }
}

/// Several packed values, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedValues<'a>(&'a [u8]);

impl<'a> PackedValues<'a> {
    /// Values that this room packed.
    pub(crate) fn trusted(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Values that come from a log.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = check(rest, JSON_DEPTH_MAX)?;
        }
        Some(Self(bytes))
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn iter(self) -> Elements<'a> {
        Elements(self.0)
    }
}

/// Checks the value in front and returns what follows it.
fn check(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let (kind, number, head) = read_head(bytes)?;
    let (whole, rest) = split(bytes)?;
    let content = whole.get(head..)?;
    let is_good = match kind {
        Kind::Word => number <= TRUE,
        Kind::Integer => true,
        Kind::Number => number::is_packed_text(content),
        Kind::String => std::str::from_utf8(content).is_ok(),
        Kind::Array => {
            let depth = depth.checked_sub(1)?;
            let mut content = content;
            while !content.is_empty() {
                content = check(content, depth)?;
            }
            true
        }
        Kind::Object => {
            let depth = depth.checked_sub(1)?;
            let mut content = content;
            let mut names = Vec::new();
            while !content.is_empty() {
                let (name, value) = split_name(content)?;
                std::str::from_utf8(name).ok()?;
                names.push(name);
                content = check(value, depth)?;
            }
            names.sort_unstable();
            names.windows(2).all(|pair| matches!(pair, [a, b] if a != b))
        }
    };
    is_good.then_some(rest)
}
