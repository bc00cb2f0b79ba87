//! The natives of the sandbox that belong to no library of their own.

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, MultiValue, Table, Value};

use crate::error::Raised;
use crate::limits::{COROUTINE_DEPTH_MAX, SCRIPT_BYTES_MAX, UNPACKED_VALUES_MAX};
use crate::natives::{Arguments, Native, count, functions, number, one};
use crate::{natives, random, strings};

const NATIVES: &[(&str, Native)] = &[
    ("caught", caught),
    ("plain", plain),
    ("is_final", is_final),
    ("position", position),
    ("sort", sort),
    ("load", load),
    ("memory_kb", memory_kb),
    ("clock", clock),
    ("random", random::random),
    ("randomseed", random::randomseed),
];

/// The environment of scripts, for `load`.
pub(crate) struct Environment(pub(crate) Table);

/// The table that the sandbox is built from.
pub(crate) fn table(lua: &Lua) -> mlua::Result<Table> {
    let natives = functions(lua, NATIVES)?;
    for pair in functions(lua, strings::NATIVES)?.pairs::<Value, Value>() {
        let (name, function) = pair?;
        natives.raw_set(name, function)?;
    }
    natives.raw_set("unpacked_values_max", UNPACKED_VALUES_MAX)?;
    natives.raw_set("coroutine_depth_max", COROUTINE_DEPTH_MAX)?;
    Ok(natives)
}

/// What functions in Rust raised, out of the error that it travelled in.
pub(crate) fn raised(value: &Value) -> Option<&Raised> {
    match value {
        Value::Error(error) => error.downcast_ref::<Raised>(),
        _ => None,
    }
}

/// The value that a script sees of an error.
///
/// # Errors
/// What no script may catch.
fn seen(lua: &Lua, value: &Value) -> mlua::Result<Value> {
    let text = |text: &str| lua.create_string(text).map(Value::String);
    match (value, raised(value)) {
        (_, Some(Raised::Text(message))) => text(message),
        (_, Some(Raised::Reply(message))) => crate::reply::error_table(lua, message).map(Value::Table),
        (Value::Error(error), _) if is_end(value) => Err((**error).clone()),
        (Value::Error(error), _) => text(error.to_string().lines().next().unwrap_or_default()),
        _ => Ok(value.clone()),
    }
}

/// Whether no script may catch it: its time or its memory is over.
fn is_end(value: &Value) -> bool {
    matches!(raised(value), Some(Raised::Stopped(_)))
}

/// `pcall` sees the text of a command's error, where others see a table.
fn caught(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let value = seen(arguments.lua, arguments.value(0))?;
    if let Value::Table(table) = &value
        && let text @ Value::String(_) = table.raw_get("err")?
    {
        return Ok(one(text));
    }
    Ok(one(value))
}

fn plain(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    seen(arguments.lua, arguments.value(0)).map(one)
}

fn is_final(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    Ok(one(Value::Boolean(is_end(arguments.value(0)))))
}

/// The line of the script that called, as errors begin with it.
fn position(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let position = natives::position(arguments.lua);
    arguments.lua.create_string(position).map(Value::String).map(one)
}

fn sort(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    strings::sort(&arguments.table(0)?).map(|sorted| one(Value::Boolean(sorted)))
}

fn memory_kb(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    Ok(one(count(arguments.lua.used_memory() / 1024)))
}

/// `os.clock`: the seconds since the interpreter was made, which is as much as a script can measure with it.
fn clock(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let seconds =
        arguments.lua.app_data_ref::<std::time::Instant>().map(|start| start.elapsed().as_secs_f64());
    Ok(one(number(seconds.unwrap_or(0.0))))
}

/// `load(text, name)`: a function of the script's world, or nil and what is wrong.
fn load(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let text = arguments.string(0)?;
    let name = match arguments.value(1) {
        Value::Nil => text.to_string_lossy(),
        _ => arguments.string(1)?.to_string_lossy(),
    };
    let environment = arguments.lua.app_data_ref::<Environment>().map(|environment| environment.0.clone());
    let environment = environment.ok_or_else(|| arguments.error("no scripts outside the sandbox"))?;
    match compile(arguments.lua, &text.as_bytes(), &name, environment) {
        Ok(function) => Ok(one(Value::Function(function))),
        Err(message) => {
            Ok(MultiValue::from_iter([Value::Nil, Value::String(arguments.lua.create_string(message)?)]))
        }
    }
}

/// Compiles text, never bytecode.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn compile(lua: &Lua, text: &[u8], name: &str, environment: Table) -> Result<Function, String> {
    if text.len() > SCRIPT_BYTES_MAX {
        return Err(format!("longer than script_bytes_max ({SCRIPT_BYTES_MAX} bytes)"));
    }
    // Lua 5.1 frees the chunk's name under its parser's feet if it collects garbage while it parses (CVE-2025-49844).
    lua.gc_stop();
    let chunk = lua.load(text).set_name(name).set_mode(ChunkMode::Text).set_environment(environment);
    let function = chunk.into_function();
    lua.gc_restart();
    function.map_err(|error| match error {
        mlua::Error::SyntaxError { message, .. } => message,
        other => other.to_string().lines().next().unwrap_or_default().to_owned(),
    })
}
