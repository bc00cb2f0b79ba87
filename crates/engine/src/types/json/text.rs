//! JSON text, read into the packed form in one pass.

mod string;

use crate::limits::JSON_DEPTH_MAX;
use crate::types::json::node::{pack, pack_without_nulls};
use crate::types::json::number;
use crate::types::json::number::Amount;
use crate::types::json::packed::{self, Kind, Members, PackedJson};
use crate::types::json::view::JsonRef;

/// A value that was read from text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonText(Vec<u8>);

impl JsonText {
    /// Reads a text that holds one value, with white space around it.
    ///
    /// A name that stands twice in an object has the place of its first member and the value of its last.
    ///
    /// # Errors
    /// [`JsonError`] at the first byte that makes no sense.
    pub(crate) fn read(text: &[u8]) -> Result<Self, JsonError> {
        if std::str::from_utf8(text).is_err() {
            return Err(JsonError { reason: Reason::NotUtf8, line: 0, column: 0 });
        }
        let mut reader =
            Reader { text, at: 0, out: Vec::with_capacity(text.len()), open: Vec::new(), ends: Vec::new() };
        match reader.document() {
            Ok(()) => Ok(Self(reader.out)),
            Err(Fault { reason, at }) => Err(JsonError::at(text, reason, at)),
        }
    }

    /// Null.
    pub(crate) fn null() -> Self {
        Self(PackedJson::NULL.as_bytes().to_vec())
    }

    /// True or false.
    pub(crate) fn of_boolean(value: bool) -> Self {
        let mut out = Vec::new();
        packed::put_head(&mut out, Kind::Word, if value { packed::TRUE } else { packed::FALSE });
        Self(out)
    }

    /// A number.
    pub(crate) fn of_amount(amount: Amount) -> Self {
        let mut out = Vec::new();
        match amount {
            Amount::Integer(value) => packed::put_integer(&mut out, value),
            Amount::Float(value) => {
                packed::put_bytes(&mut out, Kind::Number, number::float_text(value).as_bytes());
            }
        }
        Self(out)
    }

    /// Any value.
    pub(crate) fn of(value: JsonRef<'_>) -> Self {
        let mut out = Vec::new();
        pack(value, &mut out);
        Self(out)
    }

    /// A value without the members, of it and of the objects in it, that are null.
    pub(crate) fn without_nulls(value: JsonRef<'_>) -> Self {
        let mut out = Vec::new();
        pack_without_nulls(value, &mut out);
        Self(out)
    }

    /// A string.
    pub(crate) fn of_string(text: &str) -> Self {
        let mut out = Vec::new();
        packed::put_bytes(&mut out, Kind::String, text.as_bytes());
        Self(out)
    }

    /// The value.
    pub(crate) fn packed(&self) -> PackedJson<'_> {
        PackedJson::trusted(&self.0)
    }
}

/// Why a text is no JSON, and where: the words are those of RedisJSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", Place { line: *.line, column: *.column })]
pub struct JsonError {
    reason: Reason,
    line: u32,
    column: u32,
}

impl JsonError {
    fn at(text: &[u8], reason: Reason, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let start = memchr::memrchr(b'\n', before).map_or(0, |line| line + 1);
        let cut = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        Self { reason, line: cut(line), column: cut(before.len() - start) }
    }
}

/// Where: nothing is said where there is no line.
struct Place {
    line: u32,
    column: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 { Ok(()) } else { write!(f, " at line {} column {}", self.line, self.column) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("Couldn't parse as UTF-8 string")]
    NotUtf8,
    #[error("EOF while parsing a value")]
    EndOfValue,
    #[error("EOF while parsing an object")]
    EndOfObject,
    #[error("EOF while parsing a list")]
    EndOfList,
    #[error("EOF while parsing a string")]
    EndOfString,
    #[error("expected value")]
    NoValue,
    #[error("expected ident")]
    NoWord,
    #[error("invalid number")]
    Number,
    #[error("number out of range")]
    NumberOutOfRange,
    #[error("trailing comma")]
    TrailingComma,
    #[error("key must be a string")]
    KeyNotString,
    #[error("expected `:`")]
    NoColon,
    #[error("expected `,` or `}}`")]
    NoMemberEnd,
    #[error("expected `,` or `]`")]
    NoElementEnd,
    #[error("control character (\\u0000-\\u001F) found while parsing a string")]
    ControlCharacter,
    #[error("invalid escape")]
    Escape,
    #[error("lone leading surrogate in hex escape")]
    LoneSurrogate,
    #[error("unexpected end of hex escape")]
    EndOfEscape,
    #[error("recursion limit exceeded")]
    TooDeep,
    #[error("trailing characters")]
    Trailing,
}

/// A reason, and how many bytes in front of it and with it were looked at.
struct Fault {
    reason: Reason,
    at: usize,
}

/// A container that is not closed yet.
struct Open {
    /// Where its head is.
    start: usize,
    is_object: bool,
    /// How many ends of members stood in the list when it was opened.
    members: usize,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    out: Vec<u8>,
    open: Vec<Open>,
    /// The starts of the members of all open objects.
    ends: Vec<usize>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        self.value()?;
        while let Some(container) = self.open.last() {
            if container.is_object { self.next_member()? } else { self.next_element()? }
        }
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.peeked(Reason::Trailing)),
        }
    }

    /// The next byte behind white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count();
        self.at += blanks;
        rest.get(blanks).copied()
    }

    /// A fault of the next byte, or of the end.
    fn peeked(&self, reason: Reason) -> Fault {
        Fault { reason, at: self.text.len().min(self.at + 1) }
    }

    /// A fault of what was read last.
    fn read(&self, reason: Reason) -> Fault {
        Fault { reason, at: self.at }
    }

    /// Reads a value, or the head of a container.
    fn value(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Err(self.peeked(Reason::EndOfValue)),
            Some(b'n') => self.word(b"null", packed::NULL),
            Some(b'f') => self.word(b"false", packed::FALSE),
            Some(b't') => self.word(b"true", packed::TRUE),
            Some(b'"') => {
                let text = self.string()?;
                packed::put_bytes(&mut self.out, Kind::String, &text);
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(byte @ (b'[' | b'{')) => {
                if self.open.len() == JSON_DEPTH_MAX {
                    return Err(self.peeked(Reason::TooDeep));
                }
                self.at += 1;
                let is_object = byte == b'{';
                self.open.push(Open { start: self.out.len(), is_object, members: self.ends.len() });
                packed::put_head(&mut self.out, kind_of(is_object), 0);
                Ok(())
            }
            Some(_) => Err(self.peeked(Reason::NoValue)),
        }
    }

    fn word(&mut self, word: &[u8], number: u64) -> Result<(), Fault> {
        for expected in word {
            let Some(byte) = self.text.get(self.at) else { return Err(self.read(Reason::EndOfValue)) };
            self.at += 1;
            if byte != expected {
                return Err(self.read(Reason::NoWord));
            }
        }
        packed::put_head(&mut self.out, Kind::Word, number);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match scan_number(rest) {
            Ok(len) => {
                self.at += len;
                let text = rest.get(..len).unwrap_or_default();
                if number::to_f64(text).is_infinite() {
                    return Err(self.read(Reason::NumberOutOfRange));
                }
                number::put_text(&mut self.out, text);
                Ok(())
            }
            Err(looked_at) => {
                let reason = if looked_at > rest.len() { Reason::EndOfValue } else { Reason::Number };
                Err(Fault { reason, at: self.at + looked_at.min(rest.len()) })
            }
        }
    }

    fn next_element(&mut self) -> Result<(), Fault> {
        let is_first = self.is_empty();
        match self.peek() {
            Some(b']') => {
                self.close();
                Ok(())
            }
            Some(_) if is_first => self.value(),
            Some(b',') => {
                self.at += 1;
                match self.peek() {
                    Some(b']') => Err(self.peeked(Reason::TrailingComma)),
                    _ => self.value(),
                }
            }
            Some(_) => Err(self.peeked(Reason::NoElementEnd)),
            None => Err(self.peeked(Reason::EndOfList)),
        }
    }

    fn next_member(&mut self) -> Result<(), Fault> {
        let is_first = self.is_empty();
        match self.peek() {
            Some(b'}') => {
                self.close();
                Ok(())
            }
            Some(b'"') if is_first => self.member(),
            Some(_) if is_first => Err(self.peeked(Reason::KeyNotString)),
            Some(b',') => {
                self.at += 1;
                match self.peek() {
                    Some(b'"') => self.member(),
                    Some(b'}') => Err(self.peeked(Reason::TrailingComma)),
                    Some(_) => Err(self.peeked(Reason::KeyNotString)),
                    None => Err(self.peeked(Reason::EndOfValue)),
                }
            }
            Some(_) => Err(self.peeked(Reason::NoMemberEnd)),
            None => Err(self.peeked(Reason::EndOfObject)),
        }
    }

    fn member(&mut self) -> Result<(), Fault> {
        self.ends.push(self.out.len());
        let name = self.string()?;
        packed::put_name(&mut self.out, &name);
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                self.value()
            }
            Some(_) => Err(self.peeked(Reason::NoColon)),
            None => Err(self.peeked(Reason::EndOfObject)),
        }
    }

    /// Whether nothing was read yet of the innermost container.
    fn is_empty(&self) -> bool {
        self.open.last().is_some_and(|container| container.start + 1 == self.out.len())
    }

    fn close(&mut self) {
        self.at += 1;
        let Some(Open { start, is_object, members }) = self.open.pop() else { return };
        if is_object {
            self.unite_members(start + 1, members);
            self.ends.truncate(members);
        }
        packed::close(&mut self.out, start, kind_of(is_object));
    }

    /// Makes one member of those that have the same name.
    fn unite_members(&mut self, content: usize, members: usize) {
        let starts = self.ends.get(members..).unwrap_or_default();
        let name = |start: usize| {
            self.out.get(start..).and_then(packed::split_name).map_or(&[][..], |(name, _)| name)
        };
        let mut order: Vec<usize> = starts.to_vec();
        order.sort_unstable_by_key(|start| (name(*start), *start));
        let is_repeated = |pair: &[usize]| matches!(pair, [a, b] if name(*a) == name(*b));
        if !order.windows(2).any(is_repeated) {
            return;
        }
        // For the first member of each name, where the last one is.
        let mut united: Vec<(usize, usize)> = Vec::new();
        for start in order {
            match united.last_mut() {
                Some((first, last)) if name(*first) == name(start) => *last = start,
                _ => united.push((start, start)),
            }
        }
        united.sort_unstable();
        let mut out = Vec::new();
        for (_, last) in united {
            if let Some((name, value)) = self.out.get(last..).and_then(|rest| Members(rest).next()) {
                packed::put_name(&mut out, name);
                out.extend_from_slice(value);
            }
        }
        self.out.truncate(content);
        self.out.extend_from_slice(&out);
    }
}

fn kind_of(is_object: bool) -> Kind {
    if is_object { Kind::Object } else { Kind::Array }
}

/// The length of the number in front, if it is one.
pub(super) fn number_len(text: &[u8]) -> Option<usize> {
    scan_number(text).ok()
}

/// The length of the number in front, or how many bytes were looked at until it was none: more than there are at the end.
fn scan_number(text: &[u8]) -> Result<usize, usize> {
    let digits = |from: usize| {
        text.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match (text.get(at), digits(at)) {
        (Some(b'0'), count) if count > 1 => return Err(at + 2),
        (_, 0) => return Err(at + 1),
        (_, count) => count,
    };
    if text.get(at) == Some(&b'.') {
        match digits(at + 1) {
            0 => return Err(at + 2),
            count => at += 1 + count,
        }
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        match digits(at + 1 + sign) {
            0 => return Err(at + sign + 2),
            count => at += 1 + sign + count,
        }
    }
    Ok(at)
}
