//! `cjson`: JSON as lua-cjson reads and writes it, with all of its settings.

mod decode;
mod encode;

use std::sync::{Arc, Mutex, PoisonError};

use mlua::{Lua, MultiValue, Table, Value};

use crate::limits::JSON_DEPTH_MAX;
use crate::natives::{Arguments, function, one};

/// What a script may set. Each run starts from the defaults.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    sparse_convert: bool,
    sparse_ratio: u32,
    sparse_safe: u32,
    encode_depth_max: u32,
    decode_depth_max: u32,
    number_precision: usize,
    encode_invalid_numbers: InvalidNumbers,
    decode_invalid_numbers: bool,
    keep_buffer: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth_max: 1000,
            decode_depth_max: 1000,
            number_precision: 14,
            encode_invalid_numbers: InvalidNumbers::Refused,
            decode_invalid_numbers: true,
            keep_buffer: true,
        }
    }
}

impl Config {
    /// A depth that was set, as far as the stack allows.
    fn bounded(depth: u32) -> usize {
        usize::try_from(depth).unwrap_or(usize::MAX).min(JSON_DEPTH_MAX)
    }
}

/// What becomes of NaN and infinities in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InvalidNumbers {
    Refused,
    Written,
    Null,
}

type Shared = Arc<Mutex<Config>>;

/// The settings of the library that all scripts share.
struct SharedConfig(Shared);

/// The library, with settings that [`reset`] resets.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let shared = Shared::default();
    lua.set_app_data(SharedConfig(Arc::clone(&shared)));
    build(lua, &shared)
}

/// Sets the settings back to the defaults.
pub(crate) fn reset(lua: &Lua) {
    if let Some(default) = lua.app_data_ref::<SharedConfig>() {
        *lock(&default.0) = Config::default();
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Config> {
    // A panic cannot leave half a setting.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn build(lua: &Lua, shared: &Shared) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let add = |name: &'static str, native: fn(&Arguments<'_>, &Shared) -> mlua::Result<MultiValue>| {
        let shared = Arc::clone(shared);
        table.raw_set(name, function(lua, name, move |arguments| native(arguments, &shared))?)
    };
    add("encode", |arguments, shared| {
        if arguments.len() != 1 {
            return Err(arguments.bad(0, "expected 1 argument"));
        }
        let config = lock(shared).clone();
        let text = encode::encode(arguments, &config)?;
        Ok(one(Value::String(arguments.lua.create_string(text)?)))
    })?;
    add("decode", |arguments, shared| {
        if arguments.len() != 1 {
            return Err(arguments.bad(0, "expected 1 argument"));
        }
        let config = lock(shared).clone();
        let text = arguments.string(0)?;
        decode::decode(arguments, &text.as_bytes(), &config).map(one)
    })?;
    add("new", |arguments, _| {
        build(arguments.lua, &Shared::default()).map(|table| one(Value::Table(table)))
    })?;
    add("encode_sparse_array", |arguments, shared| {
        let mut config = lock(shared);
        at_most(arguments, 3)?;
        set_switch(arguments, 0, &mut config.sparse_convert)?;
        set_number(arguments, 1, 0, &mut config.sparse_ratio)?;
        set_number(arguments, 2, 0, &mut config.sparse_safe)?;
        Ok(MultiValue::from_iter([
            Value::Boolean(config.sparse_convert),
            Value::Integer(config.sparse_ratio.into()),
            Value::Integer(config.sparse_safe.into()),
        ]))
    })?;
    add("encode_max_depth", |arguments, shared| depth(arguments, &mut lock(shared).encode_depth_max))?;
    add("decode_max_depth", |arguments, shared| depth(arguments, &mut lock(shared).decode_depth_max))?;
    add("encode_number_precision", |arguments, shared| {
        at_most(arguments, 1)?;
        let mut config = lock(shared);
        if let Some(precision) = arguments.optional_integer(0)? {
            config.number_precision = usize::try_from(precision)
                .ok()
                .filter(|precision| (1..=14).contains(precision))
                .ok_or_else(|| arguments.bad(0, "expected integer between 1 and 14"))?;
        }
        Ok(one(crate::natives::count(config.number_precision)))
    })?;
    add("encode_keep_buffer", |arguments, shared| {
        at_most(arguments, 1)?;
        let mut config = lock(shared);
        set_switch(arguments, 0, &mut config.keep_buffer)?;
        Ok(one(Value::Boolean(config.keep_buffer)))
    })?;
    add("encode_invalid_numbers", invalid_numbers)?;
    add("decode_invalid_numbers", |arguments, shared| {
        at_most(arguments, 1)?;
        let mut config = lock(shared);
        set_switch(arguments, 0, &mut config.decode_invalid_numbers)?;
        Ok(one(Value::Boolean(config.decode_invalid_numbers)))
    })?;
    table.raw_set("null", Value::NULL)?;
    table.raw_set("_NAME", "cjson")?;
    table.raw_set("_VERSION", "2.1.0")?;
    Ok(table)
}

fn invalid_numbers(arguments: &Arguments<'_>, shared: &Shared) -> mlua::Result<MultiValue> {
    at_most(arguments, 1)?;
    let mut config = lock(shared);
    config.encode_invalid_numbers = match arguments.value(0) {
        Value::Nil => config.encode_invalid_numbers,
        Value::Boolean(true) => InvalidNumbers::Written,
        Value::Boolean(false) => InvalidNumbers::Refused,
        _ => match arguments.string(0)?.as_bytes().as_ref() {
            b"on" => InvalidNumbers::Written,
            b"off" => InvalidNumbers::Refused,
            b"null" => InvalidNumbers::Null,
            other => return Err(invalid_option(arguments, other)),
        },
    };
    Ok(one(match config.encode_invalid_numbers {
        InvalidNumbers::Refused => Value::Boolean(false),
        InvalidNumbers::Written => Value::Boolean(true),
        InvalidNumbers::Null => Value::String(arguments.lua.create_string("null")?),
    }))
}

fn invalid_option(arguments: &Arguments<'_>, option: &[u8]) -> mlua::Error {
    arguments.bad(0, &format!("invalid option '{}'", String::from_utf8_lossy(option)))
}

fn depth(arguments: &Arguments<'_>, depth: &mut u32) -> mlua::Result<MultiValue> {
    at_most(arguments, 1)?;
    set_number(arguments, 0, 1, depth)?;
    Ok(one(Value::Integer((*depth).into())))
}

fn at_most(arguments: &Arguments<'_>, count: usize) -> mlua::Result<()> {
    if arguments.len() > count { Err(arguments.bad(count, "found too many arguments")) } else { Ok(()) }
}

fn set_switch(arguments: &Arguments<'_>, index: usize, switch: &mut bool) -> mlua::Result<()> {
    match arguments.value(index) {
        Value::Nil => {}
        Value::Boolean(on) => *switch = *on,
        _ => match arguments.string(index)?.as_bytes().as_ref() {
            b"on" => *switch = true,
            b"off" => *switch = false,
            other => return Err(invalid_option(arguments, other)),
        },
    }
    Ok(())
}

fn set_number(arguments: &Arguments<'_>, index: usize, least: u32, number: &mut u32) -> mlua::Result<()> {
    const LARGEST: u32 = i32::MAX.unsigned_abs();
    if let Some(wanted) = arguments.optional_integer(index)? {
        *number = u32::try_from(wanted).ok().filter(|wanted| (least..=LARGEST).contains(wanted)).ok_or_else(
            || arguments.bad(index, &format!("expected integer between {least} and {LARGEST}")),
        )?;
    }
    Ok(())
}
