//! `redis` while a library of functions is loaded: it registers them.

use mlua::{Function, Lua, MultiValue, Table, Value};
use selvedge_engine::scripting::ScriptFlags;

use crate::api::{constants, error_reply, log, refuse, sha1hex, status_reply};
use crate::error::{Raised, Registered};
use crate::natives::{Arguments, Native, functions};
use crate::shebang;

/// What a library may call while it is loaded.
const REGISTRATION: &[(&str, Native)] = &[
    ("register_function", register_function),
    ("log", log),
    ("error_reply", error_reply),
    ("status_reply", status_reply),
    ("sha1hex", sha1hex),
];

/// The functions that the library being loaded registered so far.
#[derive(Default)]
pub(crate) struct Registering(pub(crate) Vec<Registered>);

/// The contents of `redis` while a library is loaded.
pub(crate) fn registration(lua: &Lua) -> mlua::Result<Table> {
    let table = functions(lua, REGISTRATION)?;
    constants(&table)?;
    Ok(table)
}

fn register_function(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let registered = match arguments.len() {
        1 => named_arguments(arguments.value(0))?,
        2 => Registered {
            name: name(arguments.value(0), "first argument to redis.register_function must be a string")?,
            description: None,
            flags: ScriptFlags::default(),
            callback: callback(
                arguments.value(1),
                "second argument to redis.register_function must be a function",
            )?,
        },
        _ => return Err(refuse("wrong number of arguments to redis.register_function")),
    };
    let registering = arguments.lua.app_data_mut::<Registering>();
    let mut registering = registering
        .ok_or_else(|| refuse("redis.register_function can only be called on FUNCTION LOAD command"))?;
    if registering.0.iter().any(|known| known.name == registered.name) {
        return Err(refuse("Function already exists in the library"));
    }
    registering.0.push(registered);
    Ok(MultiValue::new())
}

fn named_arguments(value: &Value) -> mlua::Result<Registered> {
    let Value::Table(table) = value else {
        return Err(refuse(
            "calling redis.register_function with a single argument is only applicable to Lua table (representing \
             named arguments).",
        ));
    };
    let (mut found_name, mut found_callback, mut description) = (None, None, None);
    let mut flags = ScriptFlags::default();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        let key = match key {
            Value::String(key) => key.as_bytes().to_vec(),
            Value::Integer(_) | Value::Number(_) => Vec::new(),
            _ => return Err(refuse("named argument key given to redis.register_function is not a string")),
        };
        match key.as_slice() {
            b"function_name" => {
                let wrong = "function_name argument given to redis.register_function must be a string";
                found_name = Some(name(&value, wrong)?);
            }
            b"description" => {
                let Value::String(text) = value else {
                    return Err(refuse(
                        "description argument given to redis.register_function must be a string",
                    ));
                };
                description = Some(text.to_string_lossy());
            }
            b"callback" => {
                let wrong = "callback argument given to redis.register_function must be a function";
                found_callback = Some(callback(&value, wrong)?);
            }
            b"flags" => {
                let Value::Table(names) = value else {
                    return Err(refuse(
                        "flags argument to redis.register_function must be a table representing function flags",
                    ));
                };
                flags = read_flags(&names)?;
            }
            _ => return Err(refuse("unknown argument given to redis.register_function")),
        }
    }
    let name =
        found_name.ok_or_else(|| refuse("redis.register_function must get a function name argument"))?;
    let callback =
        found_callback.ok_or_else(|| refuse("redis.register_function must get a callback argument"))?;
    Ok(Registered { name, description, flags, callback })
}

fn read_flags(names: &Table) -> mlua::Result<ScriptFlags> {
    let mut flags = ScriptFlags::default();
    for name in names.sequence_values::<Value>() {
        let flag = match name? {
            Value::String(name) => ScriptFlags::named(&name.as_bytes()),
            _ => None,
        };
        flags = flags.and(flag.ok_or_else(|| refuse("unknown flag given"))?);
    }
    Ok(flags)
}

fn name(value: &Value, wrong: &str) -> mlua::Result<String> {
    let text = match value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Integer(number) => number.to_string().into_bytes(),
        _ => return Err(refuse(wrong)),
    };
    match shebang::checked_name(&text) {
        Ok(name) => Ok(name.to_owned()),
        Err(error) => Err(Raised::Reply(error.to_string()).into()),
    }
}

fn callback(value: &Value, wrong: &str) -> mlua::Result<Function> {
    match value {
        Value::Function(function) => Ok(function.clone()),
        _ => Err(refuse(wrong)),
    }
}
