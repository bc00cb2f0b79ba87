//! `bit`: operations on 32-bit integers, as LuaJIT's BitOp defines them.

use mlua::{Lua, MultiValue, Table, Value};

use crate::natives::{Arguments, Native, functions, integer, one};

const NATIVES: &[(&str, Native)] = &[
    ("tobit", |arguments| Ok(signed(bits(arguments, 0)?))),
    ("bnot", |arguments| Ok(signed(!bits(arguments, 0)?))),
    ("bswap", |arguments| Ok(signed(bits(arguments, 0)?.swap_bytes()))),
    ("band", |arguments| fold(arguments, |a, b| a & b)),
    ("bor", |arguments| fold(arguments, |a, b| a | b)),
    ("bxor", |arguments| fold(arguments, |a, b| a ^ b)),
    ("lshift", |arguments| shift(arguments, |value, by| value << by)),
    ("rshift", |arguments| shift(arguments, |value, by| value >> by)),
    ("arshift", |arguments| shift(arguments, |value, by| (value.cast_signed() >> by).cast_unsigned())),
    ("rol", |arguments| shift(arguments, u32::rotate_left)),
    ("ror", |arguments| shift(arguments, u32::rotate_right)),
    ("tohex", tohex),
];

/// The library.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    functions(lua, NATIVES)
}

/// The low 32 bits of a number, rounded to the nearest integer, halves to even.
fn bits(arguments: &Arguments<'_>, index: usize) -> mlua::Result<u32> {
    const RANGE: f64 = 4_294_967_296.0;
    let number = arguments.number(index)?.round_ties_even();
    let low = if number.is_finite() { number.rem_euclid(RANGE) } else { 0.0 };
    Ok(u32::try_from(integer(low)).unwrap_or(0))
}

fn signed(value: u32) -> MultiValue {
    one(Value::Integer(i64::from(value.cast_signed())))
}

fn fold(arguments: &Arguments<'_>, operation: fn(u32, u32) -> u32) -> mlua::Result<MultiValue> {
    let mut sum = bits(arguments, 0)?;
    for index in 1..arguments.len() {
        sum = operation(sum, bits(arguments, index)?);
    }
    Ok(signed(sum))
}

fn shift(arguments: &Arguments<'_>, operation: fn(u32, u32) -> u32) -> mlua::Result<MultiValue> {
    Ok(signed(operation(bits(arguments, 0)?, bits(arguments, 1)? & 31)))
}

/// The last hexadecimal digits of a number: eight, or as many as asked for; in upper case for a negative count.
fn tohex(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let value = bits(arguments, 0)?;
    let count = if arguments.len() > 1 { bits(arguments, 1)?.cast_signed() } else { 8 };
    let digits = usize::try_from(count.unsigned_abs()).unwrap_or(8).min(8);
    let text = if count < 0 { format!("{value:08X}") } else { format!("{value:08x}") };
    let text = text.get(8 - digits..).unwrap_or_default();
    Ok(one(Value::String(arguments.lua.create_string(text)?)))
}
