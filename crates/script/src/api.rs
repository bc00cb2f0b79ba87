//! `redis`: what a script calls its server by.

use mlua::{Function, Lua, MultiValue, Table, Value};
use selvedge_engine::CommandError;
use selvedge_engine::scripting::{LogLevel, ScriptHost};
use selvedge_wire::{Protocol, ValueSink, double_text};

use crate::error::Raised;
use crate::natives::{Arguments, Native, functions, integer, one};
use crate::{reply, sha1_hex};

/// The version of Redis whose behaviour this is.
const REDIS_VERSION: &str = selvedge_engine::REDIS_VERSION;

const NATIVES: &[(&str, Native)] = &[
    ("call", call),
    ("pcall", pcall),
    ("log", log),
    ("acl_check_cmd", acl_check_cmd),
    ("error_reply", error_reply),
    ("status_reply", status_reply),
    ("sha1hex", sha1hex),
    ("setresp", setresp),
    ("replicate_commands", replicate_commands),
    ("set_repl", set_repl),
    ("breakpoint", breakpoint),
    ("debug", debug),
];

/// The function that leads to the host of the script that runs.
pub(crate) struct HostFunction(pub(crate) Function);

/// The version of RESP that the running script chose.
#[derive(Clone, Copy)]
pub(crate) struct RespVersion(pub(crate) Protocol);

/// The contents of `redis`.
pub(crate) fn redis(lua: &Lua) -> mlua::Result<Table> {
    let table = functions(lua, NATIVES)?;
    constants(&table)?;
    for (name, value) in
        [("REPL_NONE", 0), ("REPL_AOF", 1), ("REPL_SLAVE", 2), ("REPL_REPLICA", 2), ("REPL_ALL", 3)]
    {
        table.raw_set(name, value)?;
    }
    Ok(table)
}

/// The constants of the API.
pub(crate) fn constants(table: &Table) -> mlua::Result<()> {
    for (level, name) in ["LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"].iter().enumerate() {
        table.raw_set(*name, level)?;
    }
    table.raw_set("REDIS_VERSION", REDIS_VERSION)?;
    let number =
        REDIS_VERSION.split('.').fold(0, |sum: i64, part| (sum << 8) | part.parse::<i64>().unwrap_or(0));
    table.raw_set("REDIS_VERSION_NUM", number)
}

/// What is asked of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Call = 0,
    PCall = 1,
    Log = 2,
    May = 3,
}

fn ask_host(arguments: &Arguments<'_>, ask: Ask) -> mlua::Result<MultiValue> {
    let host = arguments.lua.app_data_ref::<HostFunction>().map(|host| host.0.clone());
    let host = host.ok_or_else(|| arguments.error("no commands outside a script"))?;
    // Not as arguments: as many as a function of C may be given would not fit a second time.
    arguments.lua.set_app_data(Asked(arguments.values.clone()));
    host.call(ask as i64)
}

/// What the host is asked about.
struct Asked(MultiValue);

/// Serves what the natives ask: the one function that knows the host.
pub(crate) fn serve(host: &mut dyn ScriptHost, lua: &Lua, ask: i64) -> mlua::Result<MultiValue> {
    let mut values = lua.remove_app_data::<Asked>().map(|asked| asked.0).unwrap_or_default();
    match ask {
        0 => match command(host, lua, &values)? {
            Ok(value) => Ok(one(value)),
            Err(text) => Err(Raised::Reply(text).into()),
        },
        1 => match command(host, lua, &values)? {
            Ok(value) => Ok(one(value)),
            Err(text) => Ok(one(Value::Table(reply::error_table(lua, &text)?))),
        },
        2 => {
            let level = match values.pop_front() {
                Some(Value::Integer(0)) => LogLevel::Debug,
                Some(Value::Integer(1)) => LogLevel::Verbose,
                Some(Value::Integer(2)) => LogLevel::Notice,
                _ => LogLevel::Warning,
            };
            let mut words = Vec::new();
            for value in values {
                words.push(lua.coerce_string(value)?.map(|word| word.to_string_lossy()).unwrap_or_default());
            }
            host.log(level, &words.join(" "));
            Ok(MultiValue::new())
        }
        _ => {
            let words = words(&values).map_err(|text| Raised::Reply(text.to_owned()))?.texts;
            let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            match host.may(&args) {
                Ok(may) => Ok(one(Value::Boolean(may))),
                Err(_) => {
                    Err(Raised::Reply("ERR Invalid command passed to redis.acl_check_cmd()".to_owned())
                        .into())
                }
            }
        }
    }
}

/// A command line that a script made.
struct Words {
    texts: Vec<Vec<u8>>,
    /// The places of numbers that are no integers.
    fractions: Vec<(usize, f64)>,
}

fn words(values: &MultiValue) -> Result<Words, &'static str> {
    if values.is_empty() {
        return Err("ERR Please specify at least one argument for this redis lib call");
    }
    let mut words = Words { texts: Vec::with_capacity(values.len()), fractions: Vec::new() };
    for (index, value) in values.iter().enumerate() {
        let text = match value {
            Value::String(string) => string.as_bytes().to_vec(),
            Value::Integer(number) => number.to_string().into_bytes(),
            Value::Number(number) => {
                if number.fract() != 0.0 {
                    words.fractions.push((index, *number));
                }
                double_text(*number).to_vec()
            }
            _ => return Err("ERR Lua redis lib command arguments must be strings or integers"),
        };
        words.texts.push(text);
    }
    Ok(words)
}

/// Runs a command; its reply, or the text of its error.
///
/// A number with a fraction where the command takes an integer is cut to one, as Upstash does; where it takes any number it
/// keeps its fraction, as in Redis.
fn command(host: &mut dyn ScriptHost, lua: &Lua, values: &MultiValue) -> mlua::Result<Result<Value, String>> {
    let mut words = match words(values) {
        Ok(words) => words,
        Err(text) => return Ok(Err(text.to_owned())),
    };
    let protocol = lua.app_data_ref::<RespVersion>().map_or(Protocol::Resp2, |version| version.0);
    let mut run = |texts: &[Vec<u8>]| {
        let args: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let mut sink = ValueSink::new(protocol);
        host.call(&args, &mut sink).map(|()| sink)
    };
    let mut outcome = run(&words.texts);
    if matches!(outcome, Err(CommandError::NotAnInteger)) && !words.fractions.is_empty() {
        for (index, number) in &words.fractions {
            if let Some(text) = words.texts.get_mut(*index) {
                *text = integer(*number).to_string().into_bytes();
            }
        }
        outcome = run(&words.texts);
    }
    match outcome {
        Err(error) => Ok(Err(error.to_string())),
        Ok(sink) => match sink.into_values().first() {
            Some(selvedge_wire::Value::Error(text)) => Ok(Err(text.clone())),
            Some(value) => reply::to_lua(lua, value, protocol).map(Ok),
            None => Ok(Ok(Value::Nil)),
        },
    }
}

fn call(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    ask_host(arguments, Ask::Call)
}

fn pcall(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    ask_host(arguments, Ask::PCall)
}

/// An error in the words of Redis' API, which names no line.
pub(crate) fn refuse(text: &str) -> mlua::Error {
    Raised::Reply(format!("ERR {text}")).into()
}

pub(crate) fn log(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    if arguments.len() < 2 {
        return Err(refuse("redis.log() requires two arguments or more."));
    }
    let level = match arguments.value(0) {
        Value::Integer(level) => *level,
        Value::Number(level) => integer(*level),
        _ => return Err(refuse("First argument must be a number (log level).")),
    };
    if !(0..=3).contains(&level) {
        return Err(refuse("Invalid log level."));
    }
    // While a library is loaded nobody listens.
    if arguments.lua.app_data_ref::<HostFunction>().is_none() {
        return Ok(MultiValue::new());
    }
    ask_host(arguments, Ask::Log)
}

fn acl_check_cmd(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    ask_host(arguments, Ask::May)
}

fn reply_table(arguments: &Arguments<'_>, field: &str, text: &[u8]) -> mlua::Result<MultiValue> {
    let table = arguments.lua.create_table()?;
    table.raw_set(field, arguments.lua.create_string(text)?)?;
    Ok(one(Value::Table(table)))
}

/// The only argument, or the table that says that it is wrong.
fn only_string<'a>(arguments: &'a Arguments<'_>) -> Result<&'a mlua::LuaString, mlua::Result<MultiValue>> {
    match (arguments.len(), arguments.value(0)) {
        (1, Value::String(text)) => Ok(text),
        _ => Err(reply_table(arguments, "err", b"ERR wrong number or type of arguments")),
    }
}

pub(crate) fn error_reply(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let text = match only_string(arguments) {
        Ok(text) => text.as_bytes(),
        Err(wrong) => return wrong,
    };
    let text = text.strip_prefix(b"-").unwrap_or(&text);
    // A single word is no code.
    let text = if text.contains(&b' ') { text.to_vec() } else { [b"ERR ", text].concat() };
    reply_table(arguments, "err", &text)
}

pub(crate) fn status_reply(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    match only_string(arguments) {
        Ok(text) => reply_table(arguments, "ok", &text.as_bytes()),
        Err(wrong) => wrong,
    }
}

pub(crate) fn sha1hex(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    if arguments.len() != 1 {
        return Err(refuse("wrong number of arguments"));
    }
    let hex = match arguments.lua.coerce_string(arguments.value(0).clone())? {
        Some(text) => sha1_hex(&text.as_bytes()),
        None => sha1_hex(b""),
    };
    Ok(one(Value::String(arguments.lua.create_string(hex)?)))
}

pub(crate) fn setresp(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    if arguments.len() != 1 {
        return Err(refuse("redis.setresp() requires one argument."));
    }
    let protocol = match arguments.value(0) {
        Value::Integer(2) => Protocol::Resp2,
        Value::Integer(3) => Protocol::Resp3,
        _ => return Err(refuse("RESP version must be 2 or 3.")),
    };
    arguments.lua.set_app_data(RespVersion(protocol));
    Ok(MultiValue::new())
}

/// Scripts are always logged by what they changed.
fn replicate_commands(_: &Arguments<'_>) -> mlua::Result<MultiValue> {
    Ok(one(Value::Boolean(true)))
}

/// What is logged is not a script's to choose.
fn set_repl(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    if arguments.len() != 1 {
        return Err(refuse("redis.set_repl() requires one argument."));
    }
    match arguments.number(0).map(integer) {
        Ok(0..=3) => Ok(MultiValue::new()),
        _ => Err(refuse("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")),
    }
}

/// There is no debugger to stop in.
fn breakpoint(_: &Arguments<'_>) -> mlua::Result<MultiValue> {
    Ok(one(Value::Boolean(false)))
}

fn debug(_: &Arguments<'_>) -> mlua::Result<MultiValue> {
    Ok(MultiValue::new())
}
