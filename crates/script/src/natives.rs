//! What functions written in Rust share: their arguments, their errors, their place in the script.

use mlua::{Function, Lua, LuaString, MultiValue, Table, Value};

use crate::error::Raised;

/// The name of the sandbox's own code, whose lines no error names.
pub(crate) const SANDBOX: &str = "=sandbox";

/// A function in Rust: its name in errors, and its code.
pub(crate) type Native = fn(&Arguments<'_>) -> mlua::Result<MultiValue>;

/// Makes functions of Lua out of natives.
pub(crate) fn functions(lua: &Lua, natives: &[(&'static str, Native)]) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    for (name, native) in natives {
        table.raw_set(*name, function(lua, name, *native)?)?;
    }
    Ok(table)
}

/// Makes a function of Lua out of a native.
pub(crate) fn function(
    lua: &Lua,
    name: &'static str,
    native: impl Fn(&Arguments<'_>) -> mlua::Result<MultiValue> + Send + 'static,
) -> mlua::Result<Function> {
    lua.create_function(move |lua, values: MultiValue| native(&Arguments { lua, name, values }))
}

/// The arguments of one call.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    pub(crate) lua: &'a Lua,
    name: &'static str,
    pub(crate) values: MultiValue,
}

impl Arguments<'_> {
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The argument at `index`, counted from 0; nil if there is none.
    pub(crate) fn value(&self, index: usize) -> &Value {
        self.values.get(index).unwrap_or(&Value::Nil)
    }

    /// A string, or a number as one.
    pub(crate) fn string(&self, index: usize) -> mlua::Result<LuaString> {
        match self.value(index) {
            Value::String(string) => Ok(string.clone()),
            number @ (Value::Integer(_) | Value::Number(_)) => {
                self.lua.coerce_string(number.clone())?.ok_or_else(|| self.wrong_type(index, "string"))
            }
            _ => Err(self.wrong_type(index, "string")),
        }
    }

    /// A number, or a string that reads as one.
    pub(crate) fn number(&self, index: usize) -> mlua::Result<f64> {
        self.optional_number(index)?.ok_or_else(|| self.wrong_type(index, "number"))
    }

    /// A number, if the argument is there.
    pub(crate) fn optional_number(&self, index: usize) -> mlua::Result<Option<f64>> {
        match self.value(index) {
            Value::Nil => Ok(None),
            value => {
                let number = self.lua.coerce_number(value.clone())?;
                number.map(Some).ok_or_else(|| self.wrong_type(index, "number"))
            }
        }
    }

    /// A number cut to an integer, if the argument is there.
    pub(crate) fn optional_integer(&self, index: usize) -> mlua::Result<Option<i64>> {
        Ok(self.optional_number(index)?.map(integer))
    }

    /// A table.
    pub(crate) fn table(&self, index: usize) -> mlua::Result<Table> {
        match self.value(index) {
            Value::Table(table) => Ok(table.clone()),
            _ => Err(self.wrong_type(index, "table")),
        }
    }

    /// The error for an argument of another type than `expected`.
    pub(crate) fn wrong_type(&self, index: usize, expected: &str) -> mlua::Error {
        let got = if index < self.len() { type_name(self.value(index)) } else { "no value" };
        self.bad(index, &format!("{expected} expected, got {got}"))
    }

    /// The error for an argument that does not fit.
    pub(crate) fn bad(&self, index: usize, why: &str) -> mlua::Error {
        self.error(&format!("bad argument #{} to '{}' ({why})", index + 1, self.name))
    }

    /// An error that names the line of the script that called.
    pub(crate) fn error(&self, text: &str) -> mlua::Error {
        error_at(self.lua, text)
    }
}

/// An error that names the line of the script that called the running function.
pub(crate) fn error_at(lua: &Lua, text: &str) -> mlua::Error {
    Raised::Text(format!("{}{text}", position(lua))).into()
}

/// A number cut towards zero, saturating.
pub(crate) fn integer(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "cut to an integer, as C does where that is defined")]
    let integer = number as i64;
    integer
}

/// The name of a value's type, as Lua gives it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Error(_) => "userdata",
        Value::LightUserData(_) => "userdata",
        Value::Integer(_) => "number",
        other => other.type_name(),
    }
}

/// One value as the result of a call.
pub(crate) fn one(value: Value) -> MultiValue {
    MultiValue::from_iter([value])
}

/// A number as a value of Lua.
pub(crate) fn number(value: f64) -> Value {
    Value::Number(value)
}

/// An index or a count as a value of Lua.
pub(crate) fn count(value: usize) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// `chunk:line: ` of the script's code that called the running function; empty if a function in C did.
pub(crate) fn position(lua: &Lua) -> String {
    for level in 1..LEVELS_MAX {
        match frame(lua, level) {
            Some(Frame::Code { chunk, line }) => return format!("{chunk}:{line}: "),
            Some(Frame::Sandbox) => {}
            Some(Frame::Other) | None => break,
        }
    }
    String::new()
}

/// Where the script is: the innermost of its own lines.
pub(crate) fn place(lua: &Lua) -> Option<(String, usize)> {
    (1..LEVELS_MAX).map_while(|level| frame(lua, level)).find_map(|frame| match frame {
        Frame::Code { chunk, line } => Some((chunk, line)),
        Frame::Sandbox | Frame::Other => None,
    })
}

/// Levels of the stack that are looked through for a line of the script.
const LEVELS_MAX: usize = 32;

enum Frame {
    /// A line of the script.
    Code { chunk: String, line: usize },
    /// Code of the sandbox.
    Sandbox,
    /// C, or nothing that is left of a tail call.
    Other,
}

fn frame(lua: &Lua, level: usize) -> Option<Frame> {
    lua.inspect_stack(level, |debug| {
        let source = debug.source();
        match (source.short_src, debug.current_line()) {
            (Some(chunk), Some(line)) if line > 0 => {
                if Some(chunk.as_ref()) == SANDBOX.strip_prefix('=') {
                    Frame::Sandbox
                } else {
                    Frame::Code { chunk: chunk.into_owned(), line }
                }
            }
            // What is left of a caller that returned what the sandbox does.
            (Some(chunk), None) if chunk == "(tail call)" => Frame::Sandbox,
            _ => Frame::Other,
        }
    })
}
