//! What documents and their parts are: types, members, and the whole in the types of RESP.

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::json::{
    JSON, PATH, each, is_resp3, length_or_null, missing, null_or, optional_path, wrong_type,
};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Args, Arity, Command, KeyUse, Keys, ReadHandler, Run};
use crate::cx::{Lookup, ReadCx};
use crate::error::{CommandError, DocumentError};
use crate::types::JsonRef;
use crate::types::json::path::Path;
use crate::types::json::{Amount, JsonView, ObjectRef};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "json.objkeys",
        summary: "Returns the names of the members of the objects that a path leads to.",
        run: Run::Read(names),
        ..LOOK
    },
    Command {
        name: "json.objlen",
        summary: "Returns how many members the objects have that a path leads to.",
        run: Run::Read(length),
        ..LOOK
    },
    Command {
        name: "json.resp",
        summary: "Returns what a path leads to in the types of RESP.",
        uses: &[KeyUse::RO.access()],
        run: Run::Read(resp),
        ..LOOK
    },
    Command {
        name: "json.type",
        summary: "Returns the types of the values that a path leads to.",
        run: Run::Read(types),
        ..LOOK
    },
];

const LOOK: Command = Command {
    since: "1.0.0",
    complexity: "O(N), N the values that the path looks at",
    arity: Arity::AtLeast(2),
    keys: Keys::One,
    uses: &[KeyUse::RO],
    args: &[KEY, PATH.optional()],
    ..JSON
};

/// The handlers take a key and perhaps a path; this checks that they do.
const _: [ReadHandler; 4] = [names, length, resp, types];

fn object(value: JsonRef<'_>) -> Option<ObjectRef<'_>> {
    match value.view() {
        JsonView::Object(object) => Some(object),
        _ => None,
    }
}

fn names(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let path = Path::parse(optional_path(args, 2, "json.objkeys")?)?;
    let Some(root) = cx.json(key)? else {
        return null_or(out, &path, DocumentError::NoDocument);
    };
    if !path.is_legacy {
        return each(out, &path, root, &mut |out, value| match object(value) {
            Some(object) => write_names(out, object),
            None => out.null(),
        });
    }
    match path.first(root)? {
        None => out.null(),
        Some(value) => {
            let object = object(value);
            write_names(out, object.ok_or_else(|| DocumentError::path_not(&path.text, "an object"))?);
        }
    }
    Ok(())
}

fn write_names(out: &mut dyn ReplySink, object: ObjectRef<'_>) {
    out.array(object.len());
    object.iter().for_each(|(name, _)| out.bulk(name));
}

fn length(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let path = Path::parse(optional_path(args, 2, "json.objlen")?)?;
    let Some(root) = cx.json(key)? else {
        return null_or(out, &path, DocumentError::path_not(&path.text, "an object"));
    };
    let count = |value: JsonRef<'_>| object(value).map(ObjectRef::len);
    if !path.is_legacy {
        return each(out, &path, root, &mut |out, value| length_or_null(out, count(value)));
    }
    match path.first(root)? {
        None => out.null(),
        Some(value) => {
            length_or_null(out, Some(count(value).ok_or_else(|| wrong_type("object", value))?));
        }
    }
    Ok(())
}

fn types(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let path = Path::parse(optional_path(args, 2, "json.type")?)?;
    let root = cx.json(key)?;
    let write = |out: &mut dyn ReplySink, value: JsonRef<'_>| out.bulk(value.type_name().as_bytes());
    let found = match root {
        Some(root) if !path.is_legacy => Some(path.all(root)?),
        _ => None,
    };
    let first = match root {
        Some(root) if path.is_legacy => path.first(root)?,
        _ => None,
    };
    if is_resp3(out) {
        out.array(1);
    }
    match (found, first) {
        (Some(found), _) => {
            out.array(found.len());
            found.into_iter().for_each(|value| write(out, value));
        }
        (None, Some(value)) => write(out, value),
        (None, None) => out.null(),
    }
    Ok(())
}

fn resp(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let path = Path::parse(optional_path(args, 2, "json.resp")?)?;
    let Some(root) = cx.json(key)? else {
        out.null();
        return Ok(());
    };
    if !path.is_legacy {
        return each(out, &path, root, &mut |out, value| write_resp(out, value));
    }
    write_resp(out, path.first(root)?.ok_or_else(|| missing(&path.text))?);
    Ok(())
}

/// Writes a value: an array or object as an array that begins with its bracket.
fn write_resp(out: &mut dyn ReplySink, value: JsonRef<'_>) {
    match value.view() {
        JsonView::Null => out.null(),
        JsonView::Boolean(value) => out.status(if value { "true" } else { "false" }),
        JsonView::Integer(value) => out.integer(value),
        number @ JsonView::Number(text) => match Amount::of(number) {
            Some(amount) if is_resp3(out) => out.double(amount.to_f64()),
            _ => out.bulk(text),
        },
        JsonView::String(text) => out.bulk(text),
        JsonView::Array(array) => {
            out.array(1 + array.len());
            out.status("[");
            array.iter().for_each(|element| write_resp(out, element));
        }
        JsonView::Object(object) => {
            out.array(1 + 2 * object.len());
            out.status("{");
            for (name, value) in object.iter() {
                out.bulk(name);
                write_resp(out, value);
            }
        }
    }
}
