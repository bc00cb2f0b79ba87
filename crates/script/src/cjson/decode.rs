//! JSON as values of Lua.

use mlua::{LuaString, Table, Value};

use super::Config;
use crate::budget::Budget;
use crate::natives::{Arguments, number};

/// A piece of JSON. Its name is the one that errors give it.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    String(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Wrong(&'static str),
}

impl Token {
    fn name(&self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::String(_) => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Boolean(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::End => "T_END",
            Self::Wrong(what) => what,
        }
    }
}

/// The value of a JSON text.
pub(super) fn decode(arguments: &Arguments<'_>, text: &[u8], config: &Config) -> mlua::Result<Value> {
    if matches!(text, [0, ..] | [_, 0, ..]) && text.len() >= 2 {
        return Err(arguments.error("JSON parser does not support UTF-16 or UTF-32"));
    }
    let mut decoder =
        Decoder { arguments, text, config, at: 0, begin: 0, budget: Budget::new(arguments.lua) };
    let value = decoder.value()?;
    match decoder.next() {
        Token::End => Ok(value),
        token => Err(decoder.expected("the end", &token)),
    }
}

/// An array or object that is not whole yet.
struct Open {
    table: Table,
    place: Place,
}

/// Where its next value goes.
enum Place {
    Index(usize),
    Field(LuaString),
}

struct Decoder<'a, 'b> {
    arguments: &'a Arguments<'b>,
    text: &'a [u8],
    config: &'a Config,
    at: usize,
    /// Where the last token began.
    begin: usize,
    budget: Budget<'a>,
}

impl Decoder<'_, '_> {
    fn expected(&self, what: &str, found: &Token) -> mlua::Error {
        self.arguments.error(&format!(
            "Expected {what} but found {} at character {}",
            found.name(),
            self.begin + 1
        ))
    }

    /// The value that begins with the next token. What is open stands in a list of its own, not on the thread's stack.
    fn value(&mut self) -> mlua::Result<Value> {
        let mut open: Vec<Open> = Vec::new();
        let mut token = self.next();
        loop {
            self.budget.step()?;
            let mut value = match token {
                Token::String(bytes) => Value::String(self.arguments.lua.create_string(bytes)?),
                Token::Number(value) => number(value),
                Token::Boolean(value) => Value::Boolean(value),
                Token::Null => Value::NULL,
                Token::ObjectBegin | Token::ArrayBegin => {
                    self.descend(open.len() + 1)?;
                    let table = self.arguments.lua.create_table()?;
                    let is_object = token == Token::ObjectBegin;
                    match self.next() {
                        Token::ObjectEnd if is_object => Value::Table(table),
                        Token::ArrayEnd if !is_object => Value::Table(table),
                        first if is_object => {
                            open.push(Open { table, place: self.field(first)? });
                            token = self.next();
                            continue;
                        }
                        first => {
                            open.push(Open { table, place: Place::Index(1) });
                            token = first;
                            continue;
                        }
                    }
                }
                other => return Err(self.expected("value", &other)),
            };
            token = loop {
                let Some(innermost) = open.last_mut() else { return Ok(value) };
                let (end, what) = match &mut innermost.place {
                    Place::Index(index) => {
                        innermost.table.raw_set(*index, value)?;
                        *index += 1;
                        (Token::ArrayEnd, "comma or array end")
                    }
                    Place::Field(field) => {
                        innermost.table.raw_set(&*field, value)?;
                        (Token::ObjectEnd, "comma or object end")
                    }
                };
                match self.next() {
                    Token::Comma => {
                        let next = self.next();
                        match innermost.place {
                            Place::Index(_) => break next,
                            Place::Field(_) => {
                                innermost.place = self.field(next)?;
                                break self.next();
                            }
                        }
                    }
                    token if token == end => {}
                    other => return Err(self.expected(what, &other)),
                }
                match open.pop() {
                    Some(closed) => value = Value::Table(closed.table),
                    None => return Err(self.expected(what, &end)),
                }
            };
        }
    }

    fn descend(&self, depth: usize) -> mlua::Result<()> {
        if depth > Config::bounded(self.config.decode_depth_max) {
            let text =
                format!("Found too many nested data structures ({depth}) at character {}", self.begin + 1);
            return Err(self.arguments.error(&text));
        }
        Ok(())
    }

    /// The name of a field and the colon behind it.
    fn field(&mut self, token: Token) -> mlua::Result<Place> {
        let Token::String(name) = token else {
            return Err(self.expected("object key string", &token));
        };
        match self.next() {
            Token::Colon => self.arguments.lua.create_string(name).map(Place::Field),
            other => Err(self.expected("colon", &other)),
        }
    }

    fn next(&mut self) -> Token {
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(blank).count();
        self.begin = self.at;
        let Some(byte) = self.rest().first().copied() else { return Token::End };
        let single = match byte {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' => return self.number(),
            _ => return self.word(),
        };
        self.at += 1;
        single
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn word(&mut self) -> Token {
        for (word, token) in
            [("true", Token::Boolean(true)), ("false", Token::Boolean(false)), ("null", Token::Null)]
        {
            if self.rest().starts_with(word.as_bytes()) {
                self.at += word.len();
                return token;
            }
        }
        let begins =
            |word: &[u8]| self.rest().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let is_number = begins(b"+") || begins(b"inf") || begins(b"nan");
        if self.config.decode_invalid_numbers && is_number {
            self.number()
        } else {
            Token::Wrong("invalid token")
        }
    }

    /// A number: JSON's own, and where the settings allow it what C reads as one.
    fn number(&mut self) -> Token {
        let rest = self.rest();
        if !self.config.decode_invalid_numbers && is_no_json_number(rest) {
            return Token::Wrong("invalid number");
        }
        let Some((value, len)) = parse_double(rest) else { return Token::Wrong("invalid number") };
        self.at += len;
        Token::Number(value)
    }

    fn string(&mut self) -> Token {
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let Some(byte) = self.rest().first().copied() else {
                self.begin = self.at;
                return Token::Wrong("unexpected end of string");
            };
            match byte {
                b'"' => {
                    self.at += 1;
                    return Token::String(bytes);
                }
                b'\\' => {
                    if let Err(what) = self.escape(&mut bytes) {
                        self.begin = self.at;
                        return Token::Wrong(what);
                    }
                }
                byte => {
                    bytes.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), &'static str> {
        let escaped = match self.rest().get(1) {
            Some(b'u') => return self.unicode(bytes),
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'b') => 8,
            Some(b't') => b'\t',
            Some(b'n') => b'\n',
            Some(b'f') => 12,
            Some(b'r') => b'\r',
            _ => return Err("invalid escape code"),
        };
        bytes.push(escaped);
        self.at += 2;
        Ok(())
    }

    fn unicode(&mut self, bytes: &mut Vec<u8>) -> Result<(), &'static str> {
        const WRONG: &str = "invalid unicode escape code";
        let first = hex(self.rest().get(2..6)).ok_or(WRONG)?;
        let (code, len) = match first {
            0xDC00..=0xDFFF => return Err(WRONG),
            0xD800..=0xDBFF => {
                let rest = self.rest();
                let second = rest.get(6..8).filter(|mark| *mark == b"\\u").and_then(|_| hex(rest.get(8..12)));
                let second = second.filter(|code| (0xDC00..=0xDFFF).contains(code)).ok_or(WRONG)?;
                (0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12)
            }
            code => (code, 6),
        };
        let mut buffer = [0; 4];
        let letter = char::from_u32(code).ok_or(WRONG)?;
        bytes.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
        self.at += len;
        Ok(())
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// What C reads as a number and JSON does not: a sign in front, leading zeros, hexadecimal, infinities.
fn is_no_json_number(text: &[u8]) -> bool {
    let unsigned = match text.split_first() {
        Some((b'+', _)) => return true,
        Some((b'-', rest)) => rest,
        _ => text,
    };
    match unsigned {
        [b'0', second, ..] => second.eq_ignore_ascii_case(&b'x') || second.is_ascii_digit(),
        [b'0'..=b'9', ..] | [] => false,
        _ => true,
    }
}

/// The number at the beginning of a text as C's strtod reads it, and how many bytes it takes.
pub(super) fn parse_double(text: &[u8]) -> Option<(f64, usize)> {
    let sign_len = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let negative = text.first() == Some(&b'-');
    let unsigned = text.get(sign_len..)?;
    let signed = |value: f64| if negative { -value } else { value };
    let begins = |word: &str| {
        unsigned.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    for (word, value) in [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        if begins(word) {
            return Some((signed(value), sign_len + word.len()));
        }
    }
    if begins("0x") && unsigned.get(2).is_some_and(u8::is_ascii_hexdigit) {
        let digits = unsigned.get(2..)?.iter().take_while(|byte| byte.is_ascii_hexdigit());
        let value = digits
            .clone()
            .fold(0.0, |sum, digit| sum * 16.0 + f64::from(char::from(*digit).to_digit(16).unwrap_or(0)));
        return Some((signed(value), sign_len + 2 + digits.count()));
    }
    let digits = |from: usize| {
        unsigned.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut len = whole;
    let mut fraction = 0;
    if unsigned.get(len) == Some(&b'.') {
        fraction = digits(len + 1);
        len += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(unsigned.get(len), Some(b'e' | b'E')) {
        let exponent_sign = usize::from(matches!(unsigned.get(len + 1), Some(b'-' | b'+')));
        let exponent = digits(len + 1 + exponent_sign);
        if exponent > 0 {
            len += 1 + exponent_sign + exponent;
        }
    }
    let value: f64 = std::str::from_utf8(unsigned.get(..len)?).ok()?.parse().ok()?;
    Some((signed(value), sign_len + len))
}
