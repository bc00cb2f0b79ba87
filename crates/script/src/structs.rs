//! `struct`: binary records by format, as Roberto Ierusalimschy's library reads and writes them.

use mlua::{Lua, MultiValue, Table, Value};

use crate::limits::{STRING_BYTES_MAX, UNPACKED_VALUES_MAX};
use crate::natives::{Arguments, Native, count, functions, integer, number, one};

const NATIVES: &[(&str, Native)] = &[("pack", pack), ("unpack", unpack), ("size", size)];

/// The alignment that `!` without a number asks for, in bytes.
const ALIGNMENT_BYTES: usize = 8;

/// Bytes of an integer at most.
const INTEGER_BYTES_MAX: usize = 32;

/// The library.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    functions(lua, NATIVES)
}

/// One item of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Integer {
        size: usize,
        signed: bool,
    },
    Float,
    Double,
    Padding,
    /// `s`: up to a zero.
    Text,
    /// `c`: as many bytes as it says; 0 as many as there are, or as the number before says.
    Bytes(usize),
}

impl Item {
    fn size(self) -> usize {
        match self {
            Self::Integer { size, .. } => size,
            Self::Float => 4,
            Self::Double => 8,
            Self::Padding => 1,
            Self::Text => 0,
            Self::Bytes(size) => size,
        }
    }

    /// Whether it is put at a multiple of its size.
    fn is_aligned(self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Float | Self::Double)
    }
}

/// Walks a format.
struct Format<'a> {
    arguments: &'a Arguments<'a>,
    rest: &'a [u8],
    is_little: bool,
    align_bytes: usize,
}

impl<'a> Format<'a> {
    fn new(arguments: &'a Arguments<'a>, text: &'a [u8]) -> Self {
        Self { arguments, rest: text, is_little: true, align_bytes: 1 }
    }

    fn number(&mut self) -> mlua::Result<Option<usize>> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        if number.is_empty() {
            return Ok(None);
        }
        let number = std::str::from_utf8(number).ok().and_then(|text| text.parse::<i32>().ok());
        let number = number.and_then(|number| usize::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.arguments.error("integral size overflow"))
    }

    fn integer(&mut self, default: usize, signed: bool) -> mlua::Result<Item> {
        let size = self.number()?.unwrap_or(default);
        if size > INTEGER_BYTES_MAX {
            let text = format!("integral size {size} is larger than limit of {INTEGER_BYTES_MAX}");
            return Err(self.arguments.error(&text));
        }
        Ok(Item::Integer { size, signed })
    }

    /// The next item with the padding in front of it.
    fn next(&mut self, offset: usize) -> mlua::Result<Option<(Item, usize)>> {
        while let Some((letter, rest)) = self.rest.split_first() {
            self.rest = rest;
            let item = match letter {
                b'b' | b'B' => Item::Integer { size: 1, signed: *letter == b'b' },
                b'h' | b'H' => Item::Integer { size: 2, signed: *letter == b'h' },
                b'l' | b'L' => Item::Integer { size: 8, signed: *letter == b'l' },
                b'T' => Item::Integer { size: 8, signed: false },
                b'i' | b'I' => self.integer(4, *letter == b'i')?,
                b'f' => Item::Float,
                b'd' | b'n' => Item::Double,
                b'x' => Item::Padding,
                b's' => Item::Text,
                b'c' => Item::Bytes(self.number()?.unwrap_or(1)),
                b' ' => continue,
                b'>' => {
                    self.is_little = false;
                    continue;
                }
                b'<' => {
                    self.is_little = true;
                    continue;
                }
                b'!' => {
                    let bytes = self.number()?.unwrap_or(ALIGNMENT_BYTES);
                    if !bytes.is_power_of_two() {
                        let text = format!("alignment {bytes} is not a power of 2");
                        return Err(self.arguments.error(&text));
                    }
                    self.align_bytes = bytes;
                    continue;
                }
                other => {
                    let text = format!("invalid format option '{}'", char::from(*other));
                    return Err(self.arguments.bad(0, &text));
                }
            };
            return Ok(Some((item, self.padding(item, offset))));
        }
        Ok(None)
    }

    fn padding(&self, item: Item, offset: usize) -> usize {
        let bytes = item.size().min(self.align_bytes);
        if !item.is_aligned() || bytes <= 1 {
            return 0;
        }
        // Sizes that are no power of two align as Redis' mask does.
        (bytes - (offset & (bytes - 1))) & (bytes - 1)
    }

    fn ordered(&self, bytes: &mut [u8]) {
        if !self.is_little {
            bytes.reverse();
        }
    }
}

fn pack(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let format = arguments.string(0)?;
    let format = format.as_bytes();
    let mut format = Format::new(arguments, &format);
    let mut out: Vec<u8> = Vec::new();
    let mut argument = 1;
    while let Some((item, padding)) = format.next(out.len())? {
        if out.len() + padding + item.size() > STRING_BYTES_MAX {
            return Err(arguments.error("resulting string too large"));
        }
        out.resize(out.len() + padding, 0);
        match item {
            Item::Padding => out.push(0),
            Item::Integer { size, .. } => {
                let mut bytes = [0; INTEGER_BYTES_MAX];
                let value = to_bits(arguments.number(argument)?).to_le_bytes();
                bytes.iter_mut().zip(value).for_each(|(to, from)| *to = from);
                let bytes = bytes.get_mut(..size).unwrap_or_default();
                format.ordered(bytes);
                out.extend_from_slice(bytes);
                argument += 1;
            }
            Item::Float => {
                #[expect(clippy::cast_possible_truncation, reason = "what the format asks for")]
                let mut bytes = (arguments.number(argument)? as f32).to_le_bytes();
                format.ordered(&mut bytes);
                out.extend_from_slice(&bytes);
                argument += 1;
            }
            Item::Double => {
                let mut bytes = arguments.number(argument)?.to_le_bytes();
                format.ordered(&mut bytes);
                out.extend_from_slice(&bytes);
                argument += 1;
            }
            Item::Text | Item::Bytes(_) => {
                let text = arguments.string(argument)?;
                let text = text.as_bytes();
                match item {
                    Item::Bytes(size) if size > 0 => {
                        let taken = text.get(..size);
                        out.extend_from_slice(
                            taken.ok_or_else(|| arguments.bad(argument + 1, "string too short"))?,
                        );
                    }
                    _ => out.extend_from_slice(&text),
                }
                if item == Item::Text {
                    out.push(0);
                }
                argument += 1;
            }
        }
    }
    Ok(one(Value::String(arguments.lua.create_string(out)?)))
}

/// A number as the integer that C makes of it: negative ones wrap.
fn to_bits(value: f64) -> u64 {
    if value < 0.0 {
        integer(value).cast_unsigned()
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "cut to an integer, as in C")]
        #[expect(clippy::cast_sign_loss, reason = "not negative")]
        let bits = value as u64;
        bits
    }
}

fn unpack(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let (format, data) = (arguments.string(0)?, arguments.string(1)?);
    let (format, data) = (format.as_bytes(), data.as_bytes());
    let position = arguments.optional_integer(2)?.unwrap_or(1);
    let start = usize::try_from(position - 1).map_err(|_| arguments.bad(2, "offset must be 1 or greater"))?;
    let mut format = Format::new(arguments, &format);
    let mut at = start;
    let mut values: Vec<Value> = Vec::new();
    while let Some((item, padding)) = format.next(at)? {
        if values.len() >= UNPACKED_VALUES_MAX {
            return Err(arguments.error("too many results to unpack"));
        }
        at = at.saturating_add(padding);
        let short = || arguments.bad(1, "data string too short");
        let take = |size: usize| data.get(at..at.saturating_add(size)).ok_or_else(short);
        match item {
            Item::Padding => {
                take(1)?;
                at += 1;
            }
            Item::Integer { size, signed } => {
                let mut bytes = take(size)?.to_vec();
                format.ordered(&mut bytes);
                values.push(from_bits(&bytes, signed));
                at += size;
            }
            Item::Float => {
                let mut bytes = *take(4)?.first_chunk().ok_or_else(short)?;
                format.ordered(&mut bytes);
                values.push(number(f64::from(f32::from_le_bytes(bytes))));
                at += 4;
            }
            Item::Double => {
                let mut bytes = *take(8)?.first_chunk().ok_or_else(short)?;
                format.ordered(&mut bytes);
                values.push(number(f64::from_le_bytes(bytes)));
                at += 8;
            }
            Item::Bytes(size) => {
                let size = if size == 0 {
                    let previous =
                        values.pop().and_then(|value| value.as_f64().or(value.as_i64().map(|n| n as f64)));
                    let previous =
                        previous.ok_or_else(|| arguments.error("format 'c0' needs a previous size"))?;
                    usize::try_from(integer(previous)).unwrap_or(usize::MAX)
                } else {
                    size
                };
                let bytes = data.get(at..at.saturating_add(size)).ok_or_else(short)?;
                values.push(Value::String(arguments.lua.create_string(bytes)?));
                at += size;
            }
            Item::Text => {
                let rest = data.get(at..).unwrap_or_default();
                let len = rest.iter().position(|byte| *byte == 0);
                let len = len.ok_or_else(|| arguments.error("unfinished string in data"))?;
                let text = rest.get(..len).unwrap_or_default();
                values.push(Value::String(arguments.lua.create_string(text)?));
                at += len + 1;
            }
        }
    }
    values.push(count(at + 1));
    Ok(MultiValue::from_vec(values))
}

/// An integer of up to eight bytes; of longer ones the low eight.
fn from_bits(bytes: &[u8], signed: bool) -> Value {
    let mut low = [0; 8];
    low.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let bits = u64::from_le_bytes(low);
    if !signed {
        #[expect(clippy::cast_precision_loss, reason = "a number of Lua is a double")]
        return number(bits as f64);
    }
    let unused = 64_u32.saturating_sub(u32::try_from(bytes.len().min(8) * 8).unwrap_or(64));
    let value = bits.checked_shl(unused).unwrap_or(0).cast_signed();
    Value::Integer(value.checked_shr(unused).unwrap_or(0))
}

fn size(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let format = arguments.string(0)?;
    let format = format.as_bytes();
    let mut format = Format::new(arguments, &format);
    let mut total: usize = 0;
    while let Some((item, padding)) = format.next(total)? {
        match item {
            Item::Text => return Err(arguments.bad(0, "option 's' has no fixed size")),
            Item::Bytes(0) => return Err(arguments.bad(0, "option 'c0' has no fixed size")),
            item => total = total.saturating_add(padding).saturating_add(item.size()),
        }
    }
    Ok(one(count(total)))
}
