//! Strings and booleans in documents.

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::json::places::{check_fit, places, value_at};
use crate::commands::json::{
    CHANGES, JSON, PATH, ROOT, VALUE, argument, at_most, document, each, length_or_null, missing, null_or,
    optional_path, wrong_type,
};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Args, Arity, Command, KeyUse, Keys, Run};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::{CommandError, DocumentError};
use crate::events::Event;
use crate::limits::STRING_BYTES_MAX;
use crate::mutation::JsonChange;
use crate::types::JsonRef;
use crate::types::json::path::Path;
use crate::types::json::{JsonText, JsonView};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "json.strappend",
        since: "1.0.0",
        complexity: "O(N), N the values that the path looks at",
        summary: "Appends to the strings that a path leads to.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, PATH.optional(), VALUE],
        traits: CHANGES,
        run: Run::Write(append),
        ..JSON
    },
    Command {
        name: "json.strlen",
        since: "1.0.0",
        complexity: "O(N), N the values that the path looks at",
        summary: "Returns the lengths of the strings that a path leads to, in bytes.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY, PATH.optional()],
        run: Run::Read(length),
        ..JSON
    },
    Command {
        name: "json.toggle",
        since: "2.0.0",
        complexity: "O(N), N the values that the path looks at",
        summary: "Turns true into false and false into true.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, PATH],
        traits: CHANGES,
        run: Run::Write(toggle),
        ..JSON
    },
];

fn append(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    at_most(args, 4, "json.strappend")?;
    let [key, first, second] = words(args);
    let (path, value) = if args.len() == 3 { (ROOT, first) } else { (first, second) };
    document(cx, key)?;
    let value_text = value;
    let value = argument(value_text)?;
    let JsonView::String(text) = value.packed().get().view() else {
        return Err(DocumentError::wrong_argument("string", value_text).into());
    };
    let text = String::from_utf8_lossy(text);
    let (path, places) = places(cx, key, path)?;
    check_fit(&places, 0, 0, text.len())?;
    let mut lengths = Vec::with_capacity(places.len());
    for place in &places {
        let length = string_len(value_at(cx, key, place)?).map(|length| length + text.len());
        if length.is_some_and(|length| length > STRING_BYTES_MAX) {
            return Err(CommandError::StringTooLong);
        }
        lengths.push(length);
    }
    let last = lengths.iter().rev().find_map(|length| *length);
    if path.is_legacy && last.is_none() {
        return Err(DocumentError::path_not(&path.text, "a string").into());
    }
    for (place, _) in places.iter().zip(&lengths).filter(|(_, length)| length.is_some()) {
        cx.json_change(key, place, JsonChange::Append(&text));
    }
    if last.is_some() {
        cx.notify(Event::JSON_STRAPPEND, key);
    }
    if path.is_legacy {
        length_or_null(out, last);
    } else {
        out.array(lengths.len());
        lengths.into_iter().for_each(|length| length_or_null(out, length));
    }
    Ok(())
}

fn length(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let path = Path::parse(optional_path(args, 2, "json.strlen")?)?;
    let Some(root) = cx.json(key)? else {
        return null_or(out, &path, DocumentError::NoDocument);
    };
    if !path.is_legacy {
        return each(out, &path, root, &mut |out, value| length_or_null(out, string_len(value)));
    }
    let value = path.first(root)?.ok_or_else(|| missing(&path.text))?;
    length_or_null(out, Some(string_len(value).ok_or_else(|| wrong_type("string", value))?));
    Ok(())
}

fn string_len(value: JsonRef<'_>) -> Option<usize> {
    match value.view() {
        JsonView::String(text) => Some(text.len()),
        _ => None,
    }
}

fn toggle(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, path] = words(args);
    let (path, places) = places(cx, key, path)?;
    let mut toggled = Vec::with_capacity(places.len());
    for place in &places {
        toggled.push(match value_at(cx, key, place)?.view() {
            JsonView::Boolean(value) => Some(!value),
            _ => None,
        });
    }
    let last = toggled.iter().rev().find_map(|value| *value);
    if path.is_legacy && last.is_none() {
        return Err(DocumentError::path_not(&path.text, "a bool").into());
    }
    for (place, value) in places.iter().zip(&toggled) {
        if let Some(value) = value {
            cx.json_change(key, place, JsonChange::Replace(JsonText::of_boolean(*value).packed()));
        }
    }
    if last.is_some() {
        cx.notify(Event::JSON_TOGGLE, key);
    }
    if path.is_legacy {
        out.bulk(if last == Some(true) { b"true" } else { b"false" });
    } else {
        out.array(toggled.len());
        for value in toggled {
            match value {
                Some(value) => out.integer(i64::from(value)),
                None => out.null(),
            }
        }
    }
    Ok(())
}
