//! Numbers in documents.

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::json::places::{places, value_at};
use crate::commands::json::{CHANGES, JSON, PATH, argument, document, is_resp3};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run};
use crate::cx::WriteCx;
use crate::error::{CommandError, DocumentError};
use crate::events::Event;
use crate::mutation::JsonChange;
use crate::types::json::write::{Layout, Writer};
use crate::types::json::{Amount, JsonText};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "json.numincrby",
        summary: "Adds a number to the numbers that a path leads to.",
        run: Run::Write(increment),
        ..ARITHMETIC
    },
    Command {
        name: "json.nummultby",
        summary: "Multiplies the numbers that a path leads to.",
        run: Run::Write(multiply),
        ..ARITHMETIC
    },
    Command {
        name: "json.numpowby",
        summary: "Raises the numbers that a path leads to to a power.",
        run: Run::Write(power),
        ..ARITHMETIC
    },
];

const ARITHMETIC: Command = Command {
    since: "1.0.0",
    complexity: "O(N), N the values that the path looks at",
    arity: Arity::Exactly(4),
    keys: Keys::One,
    uses: &[KeyUse::RW.access().update()],
    args: &[KEY, PATH, Arg::double("value")],
    traits: CHANGES,
    ..JSON
};

/// Makes one number of two; None if it has 64 bits no more.
type Operation = fn(Amount, Amount) -> Option<Amount>;

fn increment(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    calculate(cx, args, out, Event::JSON_NUMINCRBY, |a, b| match (a, b) {
        (Amount::Integer(a), Amount::Integer(b)) => a.checked_add(b).map(Amount::Integer),
        _ => Some(Amount::Float(a.to_f64() + b.to_f64())),
    })
}

fn multiply(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    calculate(cx, args, out, Event::JSON_NUMMULTBY, |a, b| match (a, b) {
        (Amount::Integer(a), Amount::Integer(b)) => a.checked_mul(b).map(Amount::Integer),
        _ => Some(Amount::Float(a.to_f64() * b.to_f64())),
    })
}

fn power(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    calculate(cx, args, out, Event::JSON_NUMPOWBY, |a, b| match (a, b) {
        (Amount::Integer(a), Amount::Integer(b)) if b >= 0 => {
            // Powers of these alone stay small, whatever the exponent.
            let exponent = if matches!(a, -1..=1) { b % 2 + 2 * i64::from(b > 1) } else { b };
            a.checked_pow(u32::try_from(exponent).ok()?).map(Amount::Integer)
        }
        _ => Some(Amount::Float(a.to_f64().powf(b.to_f64()))),
    })
}

fn calculate(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
    event: Event,
    operation: Operation,
) -> Result<(), CommandError> {
    let [key, path, operand] = words(args);
    document(cx, key)?;
    let operand = argument(operand)?;
    let operand = Amount::of(operand.packed().get().view()).ok_or(DocumentError::NotANumber)?;
    let (path, places) = places(cx, key, path)?;
    let mut results = Vec::with_capacity(places.len());
    for place in &places {
        let number = Amount::of(value_at(cx, key, place)?.view());
        let result = number.map(|number| operation(number, operand).ok_or(CommandError::IncrementOverflow));
        let result = result.transpose()?;
        if result.is_some_and(|result| !result.to_f64().is_finite()) {
            return Err(DocumentError::ResultNotANumber.into());
        }
        results.push(result);
    }
    let last = results.iter().rev().find_map(|result| *result);
    if path.is_legacy && last.is_none() && !is_resp3(out) {
        return Err(DocumentError::path_not_a_number(&path.text).into());
    }
    for (place, result) in places.iter().zip(&results) {
        if let Some(result) = result {
            cx.json_change(key, place, JsonChange::Replace(JsonText::of_amount(*result).packed()));
        }
    }
    if last.is_some() {
        cx.notify(event, key);
    }
    if is_resp3(out) {
        out.array(results.len());
        results.into_iter().for_each(|result| number(out, result));
    } else if path.is_legacy {
        let text = last.map(JsonText::of_amount);
        let mut writer = Writer::new(Layout::default());
        text.iter().try_for_each(|text| writer.value(text.packed().get()))?;
        out.bulk(&writer.into_text());
    } else {
        let mut writer = Writer::new(Layout::default());
        writer.open(b'[');
        for result in results {
            writer.next()?;
            let result = result.map_or_else(JsonText::null, JsonText::of_amount);
            writer.value(result.packed().get())?;
        }
        writer.close(b']');
        out.bulk(&writer.into_text());
    }
    Ok(())
}

fn number(out: &mut dyn ReplySink, number: Option<Amount>) {
    match number {
        Some(Amount::Integer(value)) => out.integer(value),
        Some(Amount::Float(value)) => out.double(value),
        None => out.null(),
    }
}
