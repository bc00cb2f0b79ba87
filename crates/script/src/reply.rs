//! Replies to values of Lua and back, as Redis converts them.

use mlua::{Lua, Table, Value as LuaValue};
use selvedge_wire::{Protocol, Value};

use crate::error::ScriptError;
use crate::limits::REPLY_DEPTH_MAX;

/// A reply as a script sees it.
pub(crate) fn to_lua(lua: &Lua, value: &Value, protocol: Protocol) -> mlua::Result<LuaValue> {
    let string = |bytes: &[u8]| lua.create_string(bytes).map(LuaValue::String);
    Ok(match value {
        Value::Integer(value) => LuaValue::Integer(*value),
        Value::Bulk(bytes) => string(bytes)?,
        Value::Null | Value::NullArray => match protocol {
            Protocol::Resp2 => LuaValue::Boolean(false),
            Protocol::Resp3 => LuaValue::Nil,
        },
        Value::Status(text) => single(lua, "ok", string(text.as_bytes())?)?,
        Value::Error(text) => LuaValue::Table(error_table(lua, text)?),
        Value::Array(items) | Value::Push(items) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for (index, item) in items.iter().enumerate() {
                table.raw_set(index + 1, to_lua(lua, item, protocol)?)?;
            }
            LuaValue::Table(table)
        }
        Value::Map(pairs) => {
            let map = lua.create_table_with_capacity(0, pairs.len())?;
            for (key, value) in pairs {
                map.raw_set(to_lua(lua, key, protocol)?, to_lua(lua, value, protocol)?)?;
            }
            single(lua, "map", LuaValue::Table(map))?
        }
        Value::Set(items) => {
            let set = lua.create_table_with_capacity(0, items.len())?;
            for item in items {
                set.raw_set(to_lua(lua, item, protocol)?, true)?;
            }
            single(lua, "set", LuaValue::Table(set))?
        }
        Value::Double(value) => single(lua, "double", LuaValue::Number(*value))?,
        Value::Boolean(value) => LuaValue::Boolean(*value),
        Value::BigNumber(digits) => single(lua, "big_number", string(digits.as_bytes())?)?,
        Value::Verbatim(format, text) => {
            let table = lua.create_table()?;
            table.raw_set("format", string(format)?)?;
            table.raw_set("string", string(text)?)?;
            single(lua, "verbatim_string", LuaValue::Table(table))?
        }
    })
}

fn single(lua: &Lua, field: &str, value: LuaValue) -> mlua::Result<LuaValue> {
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set(field, value)?;
    Ok(LuaValue::Table(table))
}

/// The error of a command as a script sees it.
pub(crate) fn error_table(lua: &Lua, text: &str) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 2)?;
    table.raw_set("err", text)?;
    table.raw_set("ignore_error_stats_update", true)?;
    Ok(table)
}

/// What a script returned, as a reply. `protocol` is what the script chose with `redis.setresp`.
///
/// # Errors
/// [`ScriptError::ReplyTooDeep`].
pub(crate) fn from_lua(value: &LuaValue, protocol: Protocol) -> Result<Value, ScriptError> {
    convert(value, protocol, 0)
}

fn convert(value: &LuaValue, protocol: Protocol, depth: usize) -> Result<Value, ScriptError> {
    if depth >= REPLY_DEPTH_MAX {
        return Err(ScriptError::ReplyTooDeep);
    }
    Ok(match value {
        LuaValue::String(string) => Value::Bulk(string.as_bytes().to_vec()),
        LuaValue::Boolean(value) => match (protocol, value) {
            (Protocol::Resp3, value) => Value::Boolean(*value),
            (Protocol::Resp2, true) => Value::Integer(1),
            (Protocol::Resp2, false) => Value::Null,
        },
        LuaValue::Integer(value) => Value::Integer(*value),
        LuaValue::Number(value) => Value::Integer(truncated(*value)),
        LuaValue::Table(table) => from_table(table, protocol, depth)?,
        _ => Value::Null,
    })
}

/// A number cut towards zero. What has no integer of 64 bits is the smallest of them, as x86 converts.
fn truncated(value: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&value) { crate::natives::integer(value) } else { i64::MIN }
}

fn from_table(table: &Table, protocol: Protocol, depth: usize) -> Result<Value, ScriptError> {
    if let LuaValue::String(text) = table.raw_get("err")? {
        return Ok(Value::Error(text.to_string_lossy()));
    }
    if let LuaValue::String(text) = table.raw_get("ok")? {
        return Ok(Value::Status(text.to_string_lossy()));
    }
    match table.raw_get("double")? {
        LuaValue::Number(value) => return Ok(Value::Double(value)),
        #[expect(clippy::cast_precision_loss, reason = "a number of Lua is a double")]
        LuaValue::Integer(value) => return Ok(Value::Double(value as f64)),
        _ => {}
    }
    if let LuaValue::Table(map) = table.raw_get("map")? {
        let mut pairs = Vec::new();
        for pair in map.pairs::<LuaValue, LuaValue>() {
            let (key, value) = pair?;
            pairs.push((convert(&key, protocol, depth + 1)?, convert(&value, protocol, depth + 1)?));
        }
        return Ok(Value::Map(pairs));
    }
    if let LuaValue::Table(set) = table.raw_get("set")? {
        let mut items = Vec::new();
        for pair in set.pairs::<LuaValue, LuaValue>() {
            items.push(convert(&pair?.0, protocol, depth + 1)?);
        }
        return Ok(Value::Set(items));
    }
    if let LuaValue::String(digits) = table.raw_get("big_number")? {
        return Ok(Value::BigNumber(digits.to_string_lossy().replace(['\r', '\n'], " ")));
    }
    if let LuaValue::Table(verbatim) = table.raw_get("verbatim_string")?
        && let (LuaValue::String(format), LuaValue::String(text)) =
            (verbatim.raw_get("format")?, verbatim.raw_get("string")?)
    {
        // The format has three letters; shorter ones are filled up.
        let mut letters = *b"   ";
        letters.iter_mut().zip(format.as_bytes().iter()).for_each(|(to, from)| *to = *from);
        return Ok(Value::Verbatim(letters, text.as_bytes().to_vec()));
    }
    let mut items = Vec::new();
    loop {
        let item: LuaValue = table.raw_get(items.len() + 1)?;
        if item.is_nil() {
            return Ok(Value::Array(items));
        }
        items.push(convert(&item, protocol, depth + 1)?);
    }
}
