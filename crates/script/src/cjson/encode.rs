//! Values of Lua as JSON.

use std::fmt::Write as _;

use mlua::{Table, Value};

use super::{Config, InvalidNumbers};
use crate::budget::Budget;
use crate::limits::STRING_BYTES_MAX;
use crate::natives::{Arguments, type_name};
use crate::printf;

/// The only argument as JSON.
pub(super) fn encode(arguments: &Arguments<'_>, config: &Config) -> mlua::Result<Vec<u8>> {
    let mut encoder = Encoder { arguments, config, budget: Budget::new(arguments.lua), out: Vec::new() };
    encoder.encode(arguments.value(0))?;
    Ok(encoder.out)
}

struct Encoder<'a, 'b> {
    arguments: &'a Arguments<'b>,
    config: &'a Config,
    budget: Budget<'a>,
    out: Vec<u8>,
}

/// A table that is being written.
struct Open {
    items: Items,
    is_first: bool,
}

enum Items {
    Array { table: Table, next: u64, len: u64 },
    Object(std::vec::IntoIter<(Value, Value)>),
}

impl Open {
    fn is_array(&self) -> bool {
        matches!(self.items, Items::Array { .. })
    }

    /// The next item, with its key in an object.
    fn next(&mut self) -> mlua::Result<Option<(Option<Value>, Value)>> {
        match &mut self.items {
            Items::Array { table, next, len } if *next <= *len => {
                let item = table.raw_get(*next)?;
                *next += 1;
                Ok(Some((None, item)))
            }
            Items::Array { .. } => Ok(None),
            Items::Object(pairs) => Ok(pairs.next().map(|(key, item)| (Some(key), item))),
        }
    }
}

impl Encoder<'_, '_> {
    fn refuse(&self, value: &Value, why: &str) -> mlua::Error {
        self.arguments.error(&format!("Cannot serialise {}: {why}", type_name(value)))
    }

    /// Writes a value. Tables that are not written to their end stand in a list of their own, not on the thread's stack.
    fn encode(&mut self, value: &Value) -> mlua::Result<()> {
        let mut open: Vec<Open> = Vec::new();
        self.value(value, &mut open)?;
        while let Some(innermost) = open.last_mut() {
            let Some((key, item)) = innermost.next()? else {
                self.out.push(if innermost.is_array() { b']' } else { b'}' });
                open.pop();
                continue;
            };
            if !std::mem::take(&mut innermost.is_first) {
                self.out.push(b',');
            }
            if let Some(key) = key {
                self.key(&key)?;
                self.out.push(b':');
            }
            self.value(&item, &mut open)?;
        }
        Ok(())
    }

    /// Writes a value that is no table, or the beginning of one.
    fn value(&mut self, value: &Value, open: &mut Vec<Open>) -> mlua::Result<()> {
        self.budget.step()?;
        if self.out.len() > STRING_BYTES_MAX {
            return Err(self.arguments.error("resulting string too large"));
        }
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::LightUserData(pointer) if pointer.0.is_null() => self.out.extend_from_slice(b"null"),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::String(text) => self.string(&text.as_bytes()),
            #[expect(clippy::cast_precision_loss, reason = "a number of Lua is a double")]
            Value::Integer(number) => self.number(value, *number as f64)?,
            Value::Number(number) => self.number(value, *number)?,
            Value::Table(table) => {
                let depth = open.len() + 1;
                if depth > Config::bounded(self.config.encode_depth_max) {
                    let text = format!("Cannot serialise, excessive nesting ({depth})");
                    return Err(self.arguments.error(&text));
                }
                open.push(self.begin(value, table)?);
            }
            other => return Err(self.refuse(other, "type not supported")),
        }
        Ok(())
    }

    fn begin(&mut self, value: &Value, table: &Table) -> mlua::Result<Open> {
        let items = match self.array_len(value, table)? {
            Some(len) if len > 0 => {
                self.out.push(b'[');
                Items::Array { table: table.clone(), next: 1, len }
            }
            _ => {
                self.out.push(b'{');
                let pairs: mlua::Result<Vec<(Value, Value)>> = table.pairs().collect();
                Items::Object(pairs?.into_iter())
            }
        };
        Ok(Open { items, is_first: true })
    }

    fn number(&mut self, value: &Value, number: f64) -> mlua::Result<()> {
        let text = if number.is_finite() {
            printf::general(number, self.config.number_precision)
        } else {
            match self.config.encode_invalid_numbers {
                InvalidNumbers::Refused => return Err(self.refuse(value, "must not be NaN or Inf")),
                InvalidNumbers::Null => "null".to_owned(),
                InvalidNumbers::Written if number.is_nan() => "nan".to_owned(),
                InvalidNumbers::Written => printf::general(number, self.config.number_precision),
            }
        };
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn string(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        for byte in bytes {
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b'/' => self.out.extend_from_slice(b"\\/"),
                8 => self.out.extend_from_slice(b"\\b"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                12 => self.out.extend_from_slice(b"\\f"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                0..=31 | 127 => {
                    let mut escaped = String::with_capacity(6);
                    let _ = write!(escaped, "\\u{byte:04x}");
                    self.out.extend_from_slice(escaped.as_bytes());
                }
                other => self.out.push(*other),
            }
        }
        self.out.push(b'"');
    }

    fn key(&mut self, key: &Value) -> mlua::Result<()> {
        match key {
            Value::String(text) => self.string(&text.as_bytes()),
            Value::Integer(_) | Value::Number(_) => {
                self.out.push(b'"');
                #[expect(clippy::cast_precision_loss, reason = "a number of Lua is a double")]
                let number = key.as_f64().or(key.as_i64().map(|key| key as f64)).unwrap_or(0.0);
                self.number(key, number)?;
                self.out.push(b'"');
            }
            _ => return Err(self.refuse(key, "table key must be a number or string")),
        }
        Ok(())
    }

    /// The length of a table whose keys are all positive integers and dense enough. None: it is an object.
    fn array_len(&mut self, value: &Value, table: &Table) -> mlua::Result<Option<u64>> {
        let (mut largest, mut items) = (0_u64, 0_u64);
        for pair in table.pairs::<Value, Value>() {
            self.budget.step()?;
            match pair?.0 {
                Value::Integer(key) if key > 0 => largest = largest.max(key.unsigned_abs()),
                _ => return Ok(None),
            }
            items += 1;
        }
        let (ratio, safe) = (u64::from(self.config.sparse_ratio), u64::from(self.config.sparse_safe));
        if ratio > 0 && largest > items.saturating_mul(ratio) && largest > safe {
            if !self.config.sparse_convert {
                return Err(self.refuse(value, "excessively sparse array"));
            }
            return Ok(None);
        }
        Ok(Some(largest))
    }
}
