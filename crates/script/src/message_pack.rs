//! `cmsgpack`: MessagePack as lua-cmsgpack reads and writes it.

use mlua::{Lua, MultiValue, Table, Value};

use crate::budget::Budget;
use crate::limits::{MESSAGE_PACK_DEPTH_MAX, MESSAGE_PACK_NESTING_MAX, STRING_BYTES_MAX};
use crate::natives::{Arguments, Native, count, functions, integer, number, one};

const NATIVES: &[(&str, Native)] =
    &[("pack", pack), ("unpack", unpack), ("unpack_one", unpack_one), ("unpack_limit", unpack_limit)];

/// The library.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let table = functions(lua, NATIVES)?;
    table.raw_set("_NAME", "cmsgpack")?;
    table.raw_set("_VERSION", "lua-cmsgpack 0.4.0")?;
    Ok(table)
}

fn pack(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    if arguments.len() == 0 {
        return Err(arguments.error("bad argument #0 to 'pack' (MessagePack pack needs input.)"));
    }
    let mut packer = Packer { arguments, budget: Budget::new(arguments.lua), out: Vec::new() };
    for value in &arguments.values {
        packer.value(value, 0)?;
    }
    Ok(one(Value::String(arguments.lua.create_string(packer.out)?)))
}

struct Packer<'a, 'b> {
    arguments: &'a Arguments<'b>,
    budget: Budget<'a>,
    out: Vec<u8>,
}

impl Packer<'_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> mlua::Result<()> {
        self.budget.step()?;
        if self.out.len() > STRING_BYTES_MAX {
            return Err(self.arguments.error("resulting string too large"));
        }
        match value {
            Value::Boolean(value) => self.out.push(if *value { 0xc3 } else { 0xc2 }),
            Value::Integer(value) => self.integer(*value),
            Value::Number(value) => self.double(*value),
            Value::String(text) => {
                let text = text.as_bytes();
                match text.len() {
                    short @ 0..=31 => self.out.push(0xa0 | low(short)),
                    len if u8::try_from(len).is_ok() => self.out.extend_from_slice(&[0xd9, low(len)]),
                    len => self.len(len, 0xda, 0xdb),
                }
                self.out.extend_from_slice(&text);
            }
            Value::Table(_) if depth == MESSAGE_PACK_NESTING_MAX => self.out.push(0xc0),
            Value::Table(table) => self.table(table, depth)?,
            _ => self.out.push(0xc0),
        }
        Ok(())
    }

    fn integer(&mut self, value: i64) {
        let bytes = value.to_be_bytes();
        let [.., d2, d1, c, b] = bytes;
        match value {
            -32..=0x7f => self.out.push(b),
            0x80..=0xff => self.out.extend_from_slice(&[0xcc, b]),
            0x100..=0xffff => self.out.extend_from_slice(&[0xcd, c, b]),
            0x1_0000..=0xffff_ffff => self.out.extend_from_slice(&[0xce, d2, d1, c, b]),
            0x1_0000_0000.. => {
                self.out.push(0xcf);
                self.out.extend_from_slice(&bytes);
            }
            -0x80..=-33 => self.out.extend_from_slice(&[0xd0, b]),
            -0x8000..=-0x81 => self.out.extend_from_slice(&[0xd1, c, b]),
            -0x8000_0000..=-0x8001 => self.out.extend_from_slice(&[0xd2, d2, d1, c, b]),
            _ => {
                self.out.push(0xd3);
                self.out.extend_from_slice(&bytes);
            }
        }
    }

    fn double(&mut self, value: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "whether something is lost is looked at next")]
        let short = value as f32;
        if f64::from(short) == value {
            self.out.push(0xca);
            self.out.extend_from_slice(&short.to_be_bytes());
        } else {
            self.out.push(0xcb);
            self.out.extend_from_slice(&value.to_be_bytes());
        }
    }

    /// A length of 16 or 32 bits behind its tag.
    fn len(&mut self, len: usize, short: u8, long: u8) {
        match u16::try_from(len) {
            Ok(len) => {
                self.out.push(short);
                self.out.extend_from_slice(&len.to_be_bytes());
            }
            Err(_) => {
                self.out.push(long);
                self.out.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
    }

    fn table(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        let (mut is_array, mut largest, mut items) = (true, 0, 0_usize);
        for pair in table.pairs::<Value, Value>() {
            self.budget.step()?;
            match pair?.0 {
                Value::Integer(key) if key > 0 => largest = largest.max(key),
                _ => is_array = false,
            }
            items += 1;
        }
        if is_array && usize::try_from(largest).ok() == Some(items) {
            match items {
                short @ 0..=15 => self.out.push(0x90 | low(short)),
                len => self.len(len, 0xdc, 0xdd),
            }
            for index in 1..=items {
                self.value(&table.raw_get(index)?, depth + 1)?;
            }
        } else {
            match items {
                short @ 0..=15 => self.out.push(0x80 | low(short)),
                len => self.len(len, 0xde, 0xdf),
            }
            for pair in table.pairs::<Value, Value>() {
                let (key, value) = pair?;
                self.value(&key, depth + 1)?;
                self.value(&value, depth + 1)?;
            }
        }
        Ok(())
    }
}

/// A length that is known to fit.
fn low(len: usize) -> u8 {
    u8::try_from(len).unwrap_or(u8::MAX)
}

fn unpack(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    unpack_some(arguments, 0, 0, true)
}

fn unpack_one(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let offset = arguments.optional_integer(1)?.unwrap_or(0);
    unpack_some(arguments, 1, offset, false)
}

fn unpack_limit(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let limit = integer(arguments.number(1)?);
    let offset = arguments.optional_integer(2)?.unwrap_or(0);
    unpack_some(arguments, limit, offset, false)
}

/// Values from `offset` on: all, or as many as `limit` says, with the offset of the rest in front, -1 at the end.
fn unpack_some(arguments: &Arguments<'_>, limit: i64, offset: i64, all: bool) -> mlua::Result<MultiValue> {
    let text = arguments.string(0)?;
    let text = text.as_bytes();
    let (Ok(limit), Ok(offset)) = (usize::try_from(limit), usize::try_from(offset)) else {
        let text = format!("Invalid request to unpack with offset of {offset} and limit of {}.", text.len());
        return Err(arguments.error(&text));
    };
    if offset > text.len() {
        let text = format!("Start offset {offset} greater than input length {}.", text.len());
        return Err(arguments.error(&text));
    }
    let limit = if limit == 0 && all { usize::MAX } else { limit };
    let mut unpacker = Unpacker {
        arguments,
        budget: Budget::new(arguments.lua),
        rest: text.get(offset..).unwrap_or_default(),
    };
    let mut values = MultiValue::new();
    while values.len() < limit && !unpacker.rest.is_empty() {
        if values.len() >= crate::limits::UNPACKED_VALUES_MAX {
            return Err(arguments.error("too many results to unpack"));
        }
        values.push_back(unpacker.value(0)?);
    }
    if !all {
        let left = unpacker.rest.len();
        values.push_front(if left == 0 { Value::Integer(-1) } else { count(text.len() - left) });
    }
    Ok(values)
}

struct Unpacker<'a, 'b> {
    arguments: &'a Arguments<'b>,
    budget: Budget<'a>,
    rest: &'a [u8],
}

impl<'a> Unpacker<'a, '_> {
    fn bad(&self) -> mlua::Error {
        self.arguments.error("Bad data format in input.")
    }

    fn bytes<const N: usize>(&mut self) -> mlua::Result<[u8; N]> {
        let missing = || self.arguments.error("Missing bytes in input.");
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or_else(missing)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, len: usize) -> mlua::Result<&'a [u8]> {
        let missing = || self.arguments.error("Missing bytes in input.");
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(missing)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn len16(&mut self) -> mlua::Result<usize> {
        self.bytes().map(|bytes| usize::from(u16::from_be_bytes(bytes)))
    }

    fn len32(&mut self) -> mlua::Result<usize> {
        self.bytes().map(|bytes| usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX))
    }

    fn string(&mut self, len: usize) -> mlua::Result<Value> {
        let bytes = self.take(len)?;
        self.arguments.lua.create_string(bytes).map(Value::String)
    }

    fn value(&mut self, depth: usize) -> mlua::Result<Value> {
        self.budget.step()?;
        if depth > MESSAGE_PACK_DEPTH_MAX {
            return Err(self.bad());
        }
        let [tag] = self.bytes()?;
        Ok(match tag {
            0x00..=0x7f => Value::Integer(i64::from(tag)),
            0xe0..=0xff => Value::Integer(i64::from(tag.cast_signed())),
            0x80..=0x8f => self.map(usize::from(tag & 15), depth)?,
            0x90..=0x9f => self.array(usize::from(tag & 15), depth)?,
            0xa0..=0xbf => self.string(usize::from(tag & 31))?,
            0xc0 => Value::Nil,
            0xc2 => Value::Boolean(false),
            0xc3 => Value::Boolean(true),
            0xca => number(f64::from(f32::from_be_bytes(self.bytes()?))),
            0xcb => number(f64::from_be_bytes(self.bytes()?)),
            0xcc => Value::Integer(i64::from(u8::from_be_bytes(self.bytes()?))),
            0xcd => Value::Integer(i64::from(u16::from_be_bytes(self.bytes()?))),
            0xce => Value::Integer(i64::from(u32::from_be_bytes(self.bytes()?))),
            // Beyond the range of signed integers it wraps, as in the original.
            0xcf => Value::Integer(i64::from_be_bytes(self.bytes()?)),
            0xd0 => Value::Integer(i64::from(i8::from_be_bytes(self.bytes()?))),
            0xd1 => Value::Integer(i64::from(i16::from_be_bytes(self.bytes()?))),
            0xd2 => Value::Integer(i64::from(i32::from_be_bytes(self.bytes()?))),
            0xd3 => Value::Integer(i64::from_be_bytes(self.bytes()?)),
            0xd9 => {
                let [len] = self.bytes()?;
                self.string(usize::from(len))?
            }
            0xda => {
                let len = self.len16()?;
                self.string(len)?
            }
            0xdb => {
                let len = self.len32()?;
                self.string(len)?
            }
            0xdc => {
                let len = self.len16()?;
                self.array(len, depth)?
            }
            0xdd => {
                let len = self.len32()?;
                self.array(len, depth)?
            }
            0xde => {
                let len = self.len16()?;
                self.map(len, depth)?
            }
            0xdf => {
                let len = self.len32()?;
                self.map(len, depth)?
            }
            _ => return Err(self.bad()),
        })
    }

    fn array(&mut self, len: usize, depth: usize) -> mlua::Result<Value> {
        let table = self.arguments.lua.create_table()?;
        for index in 1..=len {
            table.raw_set(index, self.value(depth + 1)?)?;
        }
        Ok(Value::Table(table))
    }

    fn map(&mut self, len: usize, depth: usize) -> mlua::Result<Value> {
        let table = self.arguments.lua.create_table()?;
        for _ in 0..len {
            let key = self.value(depth + 1)?;
            let value = self.value(depth + 1)?;
            if matches!(key, Value::Nil) || key.as_f64().is_some_and(f64::is_nan) {
                return Err(self.bad());
            }
            table.raw_set(key, value)?;
        }
        Ok(Value::Table(table))
    }
}
