//! The functions of `string` that need a bound.

use mlua::{MultiValue, Table, Value};

use crate::budget::Budget;
use crate::limits::STRING_BYTES_MAX;
use crate::natives::{Arguments, Native, count, integer, one, type_name};
use crate::pattern::{self, Capture, Failure, Match};

/// What the sandbox needs of them.
pub(crate) const NATIVES: &[(&str, Native)] = &[
    ("find", find),
    ("match", matched),
    ("match_at", match_at),
    ("gsub", gsub),
    ("replacement", replacement),
    ("rep", rep),
    ("strings", strings),
];

fn find(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    search(arguments, true)
}

fn matched(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    search(arguments, false)
}

fn search(arguments: &Arguments<'_>, finds: bool) -> mlua::Result<MultiValue> {
    let (subject, pattern) = (arguments.string(0)?, arguments.string(1)?);
    let (subject, pattern) = (subject.as_bytes(), pattern.as_bytes());
    let init = start(arguments.optional_integer(2)?.unwrap_or(1), subject.len());
    let is_plain = finds && (arguments.value(3).as_boolean() == Some(true) || pattern::is_plain(&pattern));
    if is_plain || (finds && !matches!(arguments.value(3), Value::Nil | Value::Boolean(false))) {
        let mut budget = Budget::new(arguments.lua);
        return Ok(match find_plain(&mut budget, subject.get(init..).unwrap_or_default(), &pattern)? {
            Some(at) => MultiValue::from_iter([count(init + at + 1), count(init + at + pattern.len())]),
            None => one(Value::Nil),
        });
    }
    let Some(found) = run(arguments, &subject, &pattern, init, true)? else { return Ok(one(Value::Nil)) };
    let mut results = MultiValue::new();
    if finds {
        results.extend([count(found.start + 1), count(found.end)]);
    }
    push_captures(arguments, &subject, &found, !finds, &mut results)?;
    Ok(results)
}

/// `match_at(subject, pattern, position, anchors)`: start, end and captures of a match from there on; the whole if it has no
/// captures.
fn match_at(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let (subject, pattern) = (arguments.string(0)?, arguments.string(1)?);
    let (subject, pattern) = (subject.as_bytes(), pattern.as_bytes());
    let position = arguments.optional_integer(2)?.unwrap_or(1);
    let init = usize::try_from(position - 1).unwrap_or(0);
    let anchors = arguments.value(3).as_boolean() == Some(true);
    let Some(found) = run(arguments, &subject, &pattern, init, anchors)? else {
        return Ok(one(Value::Nil));
    };
    let mut results = MultiValue::from_iter([count(found.start + 1), count(found.end)]);
    push_captures(arguments, &subject, &found, true, &mut results)?;
    Ok(results)
}

fn run(
    arguments: &Arguments<'_>,
    subject: &[u8],
    pattern: &[u8],
    init: usize,
    anchors: bool,
) -> mlua::Result<Option<Match>> {
    let mut budget = Budget::new(arguments.lua);
    pattern::find(&mut budget, subject, pattern, init, anchors).map_err(|failure| raised(arguments, failure))
}

fn raised(arguments: &Arguments<'_>, failure: Failure) -> mlua::Error {
    match failure {
        Failure::Pattern(text) => arguments.error(text),
        Failure::Stopped(error) => error,
    }
}

fn push_captures(
    arguments: &Arguments<'_>,
    subject: &[u8],
    found: &Match,
    whole_if_none: bool,
    results: &mut MultiValue,
) -> mlua::Result<()> {
    if found.captures.is_empty() && whole_if_none {
        let whole = Capture::Span { start: found.start, end: found.end };
        results.push_back(capture_value(arguments, subject, whole)?);
    }
    for capture in &found.captures {
        results.push_back(capture_value(arguments, subject, *capture)?);
    }
    Ok(())
}

fn capture_value(arguments: &Arguments<'_>, subject: &[u8], capture: Capture) -> mlua::Result<Value> {
    match capture {
        Capture::Position(at) | Capture::Open { start: at } => Ok(count(at + 1)),
        Capture::Span { start, end } => {
            arguments.lua.create_string(subject.get(start..end).unwrap_or_default()).map(Value::String)
        }
    }
}

/// Where a position counted from 1, or from the end if negative, lies.
fn start(position: i64, len: usize) -> usize {
    let at = if position < 0 {
        let back = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
        len.saturating_sub(back)
    } else {
        usize::try_from(position - 1).unwrap_or(0)
    };
    at.min(len)
}

fn find_plain(budget: &mut Budget<'_>, subject: &[u8], wanted: &[u8]) -> mlua::Result<Option<usize>> {
    let Some((first, _)) = wanted.split_first() else { return Ok(Some(0)) };
    let mut at = 0;
    while let Some(rest) = subject.get(at..).filter(|rest| rest.len() >= wanted.len()) {
        budget.step()?;
        let Some(offset) = rest.iter().position(|byte| byte == first) else { break };
        at += offset;
        if subject.get(at..).is_some_and(|rest| rest.starts_with(wanted)) {
            return Ok(Some(at));
        }
        at += 1;
    }
    Ok(None)
}

/// `gsub` with a string as replacement.
fn gsub(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let (subject, pattern) = (arguments.string(0)?, arguments.string(1)?);
    let replacement = arguments.string(2).map_err(|_| arguments.bad(2, "string/function/table expected"))?;
    let (subject, pattern, replacement) = (subject.as_bytes(), pattern.as_bytes(), replacement.as_bytes());
    let count_max = match arguments.optional_number(3)? {
        Some(limit) => usize::try_from(integer(limit)).unwrap_or(0),
        None => subject.len() + 1,
    };
    let anchored = pattern.first() == Some(&b'^');
    let mut budget = Budget::new(arguments.lua);
    let mut out: Vec<u8> = Vec::new();
    let (mut copied, mut position, mut replaced) = (0, 0, 0);
    while replaced < count_max && position <= subject.len() {
        let found = pattern::find(&mut budget, &subject, &pattern, position, true)
            .map_err(|failure| raised(arguments, failure))?;
        let Some(found) = found else { break };
        replaced += 1;
        out.extend_from_slice(subject.get(copied..found.start).unwrap_or_default());
        expand(arguments, &mut out, &subject, &found, &replacement)?;
        if out.len() > STRING_BYTES_MAX {
            return Err(arguments.error("resulting string too large"));
        }
        copied = found.end;
        position = if found.end == found.start { found.start + 1 } else { found.end };
        if anchored {
            break;
        }
    }
    out.extend_from_slice(subject.get(copied..).unwrap_or_default());
    Ok(MultiValue::from_iter([Value::String(arguments.lua.create_string(&out)?), count(replaced)]))
}

fn expand(
    arguments: &Arguments<'_>,
    out: &mut Vec<u8>,
    subject: &[u8],
    found: &Match,
    replacement: &[u8],
) -> mlua::Result<()> {
    let mut rest = replacement;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let Some((escaped, after)) = after.split_first() else {
            // Lua copies the zero that ends its strings.
            out.push(0);
            break;
        };
        rest = after;
        let capture = match escaped {
            b'0' => Capture::Span { start: found.start, end: found.end },
            b'1' if found.captures.is_empty() => Capture::Span { start: found.start, end: found.end },
            b'1'..=b'9' => *found
                .captures
                .get(usize::from(escaped - b'1'))
                .ok_or_else(|| arguments.error("invalid capture index"))?,
            _ => {
                out.push(*escaped);
                continue;
            }
        };
        match capture {
            Capture::Position(at) | Capture::Open { start: at } => {
                out.extend_from_slice((at + 1).to_string().as_bytes());
            }
            Capture::Span { start, end } => {
                out.extend_from_slice(subject.get(start..end).unwrap_or_default());
            }
        }
    }
    Ok(())
}

/// `replacement(value, subject, first, last)`: what a table or function gave, or the match itself for nil and false.
fn replacement(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    match arguments.value(0) {
        Value::Nil | Value::Boolean(false) => {
            let subject = arguments.string(1)?;
            let first = usize::try_from(arguments.optional_integer(2)?.unwrap_or(1) - 1).unwrap_or(0);
            let last = usize::try_from(arguments.optional_integer(3)?.unwrap_or(0)).unwrap_or(0);
            let subject = subject.as_bytes();
            let kept = subject.get(first..last).unwrap_or_default();
            Ok(one(Value::String(arguments.lua.create_string(kept)?)))
        }
        value @ (Value::String(_) | Value::Integer(_) | Value::Number(_)) => Ok(one(value.clone())),
        other => Err(arguments.error(&format!("invalid replacement value (a {})", type_name(other)))),
    }
}

fn rep(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let string = arguments.string(0)?;
    let bytes = string.as_bytes();
    let times = usize::try_from(integer(arguments.number(1)?)).unwrap_or(0);
    if bytes.len().saturating_mul(times) > STRING_BYTES_MAX {
        return Err(arguments.error("resulting string too large"));
    }
    let times = if bytes.is_empty() { 0 } else { times };
    Ok(one(Value::String(arguments.lua.create_string(bytes.repeat(times))?)))
}

/// Subject and pattern as strings: the check of the arguments of `gmatch` and `gsub`.
fn strings(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    Ok(MultiValue::from_iter([Value::String(arguments.string(0)?), Value::String(arguments.string(1)?)]))
}

/// Sorts what is all numbers or all strings. Lua's own sort takes long on lists that were made to be hard for it, and does
/// not look at the clock where it calls no function of the script.
pub(crate) fn sort(table: &Table) -> mlua::Result<bool> {
    let len = table.raw_len();
    let mut numbers = Vec::new();
    let mut texts = Vec::new();
    for index in 1..=len {
        match table.raw_get(index)? {
            Value::Integer(value) => numbers.push(Value::Integer(value)),
            Value::Number(value) if !value.is_nan() => numbers.push(Value::Number(value)),
            Value::String(value) => texts.push(value),
            _ => return Ok(false),
        }
        if !numbers.is_empty() && !texts.is_empty() {
            return Ok(false);
        }
    }
    let as_double =
        |value: &Value| value.as_f64().or(value.as_i64().map(|value| value as f64)).unwrap_or(0.0);
    numbers.sort_by(|a, b| as_double(a).total_cmp(&as_double(b)));
    texts.sort_by(|a, b| a.as_bytes().as_ref().cmp(b.as_bytes().as_ref()));
    for (index, value) in numbers.into_iter().chain(texts.into_iter().map(Value::String)).enumerate() {
        table.raw_set(index + 1, value)?;
    }
    Ok(true)
}
