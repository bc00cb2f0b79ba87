//! Documents and their parts: set, merged, deleted, cleared.

use std::collections::BTreeMap;

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, words};
use crate::commands::json::merge;
use crate::commands::json::places::{by_container, check_fit, outermost, places, value_at};
use crate::commands::json::write::{Condition, Plan, plan};
use crate::commands::json::{CHANGES, JSON, PATH, VALUE, missing, optional_path, stored};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::{CommandError, DocumentError};
use crate::events::Event;
use crate::mutation::{JsonChange, Ranges};
use crate::types::json::path::Path;
use crate::types::json::{Amount, JsonText, JsonView, Node};
use crate::types::{JsonRef, PackedJson};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "json.clear",
        since: "2.0.0",
        complexity: "O(N), N the values that the path looks at",
        summary: "Empties the arrays and objects that a path leads to, and sets the numbers to 0.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, PATH.optional()],
        traits: CHANGES,
        run: Run::Write(clear),
        ..JSON
    },
    Command { name: "json.del", summary: "Deletes what a path leads to, or the document.", ..DELETE },
    Command { name: "json.forget", summary: "Deletes what a path leads to, as JSON.DEL does.", ..DELETE },
    Command {
        name: "json.merge",
        since: "2.6.0",
        complexity: "O(M+N), M the size of the value, N the values that the path looks at",
        summary: "Merges a value into what a path leads to: members that are null in it are deleted.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, PATH, VALUE],
        traits: CHANGES,
        run: Run::Write(merge),
        ..JSON
    },
    Command {
        name: "json.mset",
        since: "2.6.0",
        complexity: "O(M+N), M the size of the values, N the values that the paths look at",
        summary: "Writes values to paths of several documents, all or none.",
        arity: Arity::AtLeast(4),
        keys: Keys::Range { first: 1, last: -1, step: 3 },
        uses: &[KeyUse::RW.access().update()],
        args: &[Arg::block("triplet", &[KEY, PATH, VALUE]).multiple()],
        traits: CHANGES,
        run: Run::Write(mset),
        ..JSON
    },
    Command {
        name: "json.set",
        since: "1.0.0",
        complexity: "O(M+N), M the size of the value, N the values that the path looks at",
        summary: "Writes a value to what a path leads to, or as a new member or document.",
        arity: Arity::AtLeast(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[
            KEY,
            PATH,
            VALUE,
            Arg::one_of("condition", &[Arg::token("nx", "NX"), Arg::token("xx", "XX")]).optional(),
            Arg::string("format").after("FORMAT").optional(),
        ],
        traits: CHANGES,
        run: Run::Write(set),
        ..JSON
    },
];

const DELETE: Command = Command {
    since: "1.0.0",
    complexity: "O(N), N the values that the path looks at",
    arity: Arity::AtLeast(2),
    keys: Keys::One,
    uses: &[KeyUse::RW.access().delete()],
    args: &[KEY, PATH.optional()],
    traits: Traits::COPIES_STORED,
    run: Run::Write(delete),
    ..JSON
};

fn set(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, path, value] = words(args);
    let mut condition = None;
    let mut cursor = Cursor::after(args, 4);
    while let Some(word) = cursor.next() {
        condition = match (Keyword::of(word).bytes(), condition) {
            (b"NX", None) => Some(Condition::Absent),
            (b"XX", None) => Some(Condition::Present),
            // There is one format, whatever it is called.
            (b"FORMAT", condition) => {
                cursor.next().ok_or(CommandError::WrongArity { command: "json.set" })?;
                condition
            }
            _ => return Err(CommandError::Syntax),
        };
    }
    let root = cx.json(key)?;
    let value = JsonText::read(value).map_err(DocumentError::Text)?;
    let plan = plan(root, &Path::parse(path)?, value.packed(), condition)?;
    let is_written = plan.carry_out(cx, key, value.packed());
    if is_written {
        cx.notify(Event::JSON_SET, key);
    }
    ok_or_null(out, is_written);
    Ok(())
}

fn ok_or_null(out: &mut dyn ReplySink, is_ok: bool) {
    if is_ok { out.status("OK") } else { out.null() }
}

fn mset(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let (triplets, []) = args.get(1..).unwrap_or_default().as_chunks::<3>() else {
        return Err(CommandError::WrongArity { command: "json.mset" });
    };
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for [key, ..] in triplets {
        cx.json(key)?;
        *counts.entry(key).or_default() += 1;
    }
    let values: Vec<&[u8]> = triplets.iter().map(|[_, _, value]| *value).collect();
    let values = stored(&values)?;
    // A key that comes up again meets what was written to it before: on a copy, until all is known to be good.
    let mut copies: BTreeMap<&[u8], Option<Node>> = BTreeMap::new();
    let mut plans: Vec<Plan> = Vec::with_capacity(triplets.len());
    for ([key, path, _], value) in triplets.iter().zip(&values) {
        let path = Path::parse(path)?;
        let planned = if counts.get(key).is_some_and(|count| *count > 1) {
            let copy = match copies.get_mut(key) {
                Some(copy) => copy,
                None => copies.entry(key).or_insert(copy_of(cx, key)?),
            };
            let planned = plan(copy.as_ref().map(JsonRef::tree), &path, value.packed(), None)?;
            if matches!(planned, Plan::Nothing) {
                return Err(missing(&path.text));
            }
            planned.carry_out_on(copy, value.packed());
            planned
        } else {
            plan(cx.json(key)?, &path, value.packed(), None)?
        };
        plans.push(planned);
    }
    for (([key, ..], value), plan) in triplets.iter().zip(&values).zip(&plans) {
        if plan.carry_out(cx, key, value.packed()) {
            cx.notify(Event::JSON_MSET, key);
        }
    }
    out.status("OK");
    Ok(())
}

fn copy_of(cx: &WriteCx<'_>, key: &[u8]) -> Result<Option<Node>, CommandError> {
    Ok(cx.json(key)?.map(|root| Node::new(JsonText::of(root).packed())))
}

fn merge(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, path, value] = words(args);
    let root = cx.json(key)?;
    let value = JsonText::read(value).map_err(DocumentError::Text)?;
    let path = Path::parse(path)?;
    let planned = plan(root, &path, value.packed(), None)?;
    let places = match (&planned, root) {
        (Plan::Root, Some(_)) => vec![Box::default()],
        (Plan::At(places), _) => places.clone(),
        // Where nothing was there is nothing to merge with.
        _ => {
            let is_written = planned.carry_out(cx, key, value.packed());
            if is_written {
                cx.notify(Event::JSON_MERGE, key);
            }
            ok_or_null(out, is_written);
            return Ok(());
        }
    };
    let mut edits = Vec::new();
    if let Some(root) = root {
        for place in &places {
            let Some(target) = root.at(place) else { continue };
            merge::merge(target, value.packed().get(), &mut place.to_vec(), &mut edits);
        }
    }
    for (place, edit) in &edits {
        edit.carry_out(cx, key, place);
    }
    cx.notify(Event::JSON_MERGE, key);
    out.status("OK");
    Ok(())
}

fn delete(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let path = optional_path(args, 2, if is_forget(args) { "json.forget" } else { "json.del" })?;
    let Some(root) = cx.json(key)? else {
        out.integer(0);
        return Ok(());
    };
    let path = Path::parse(path)?;
    let places = outermost(path.places(root)?);
    if path.is_root() {
        cx.remove(key);
    } else {
        for (container, ranges) in by_container(&places) {
            if let Some(ranges) = Ranges::new(&Ranges::pack(&ranges)) {
                cx.json_change(key, container, JsonChange::Remove(ranges));
            }
        }
    }
    if !places.is_empty() {
        cx.notify(Event::JSON_DEL, key);
    }
    reply::length(out, places.len());
    Ok(())
}

fn is_forget(args: Args<'_>) -> bool {
    args.first().is_some_and(|name| name.eq_ignore_ascii_case(b"json.forget"))
}

fn clear(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let (_, places) = places(cx, key, optional_path(args, 2, "json.clear")?)?;
    let places = outermost(places);
    check_fit(&places, 0, 1, 0)?;
    let mut cleared = 0;
    for place in &places {
        let empty = match value_at(cx, key, place)?.view() {
            JsonView::Array(array) if !array.is_empty() => PackedJson::EMPTY_ARRAY,
            JsonView::Object(object) if !object.is_empty() => PackedJson::EMPTY_OBJECT,
            number if Amount::of(number).is_some_and(|amount| amount.to_f64() != 0.0) => PackedJson::ZERO,
            _ => continue,
        };
        cx.json_change(key, place, JsonChange::Replace(empty));
        cleared += 1;
    }
    if cleared > 0 {
        cx.notify(Event::JSON_CLEAR, key);
    }
    reply::length(out, cleared);
    Ok(())
}
