//! Arrays in documents.

use std::ops::Range;

use selvedge_wire::ReplySink;

use crate::args::{Cursor, words};
use crate::commands::json::places::{Places, check_fit, places, value_at};
use crate::commands::json::{
    CHANGES, JSON, PATH, ROOT, VALUE, argument, array_len, at_most, each, length_or_null, missing, null_or,
    optional_path, stored, wrong_type,
};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::{CommandError, DocumentError};
use crate::events::Event;
use crate::mutation::{JsonChange, Ranges};
use crate::numbers::parse_integer;
use crate::types::json::path::Path;
use crate::types::json::write::text_of;
use crate::types::json::{JsonText, JsonView, Node};
use crate::types::{JsonRef, PackedValues};

/// What the commands that change arrays start from.
const CHANGE: Command = Command {
    since: "1.0.0",
    complexity: "O(N), N the values that the path looks at",
    keys: Keys::One,
    uses: &[KeyUse::RW.access().update()],
    traits: CHANGES,
    ..JSON
};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "json.arrappend",
        summary: "Appends values to the arrays that a path leads to.",
        arity: Arity::AtLeast(4),
        args: &[KEY, PATH, VALUE.multiple()],
        run: Run::Write(append),
        ..CHANGE
    },
    Command {
        name: "json.arrindex",
        summary: "Finds the first place of a value in the arrays that a path leads to.",
        arity: Arity::AtLeast(4),
        uses: &[KeyUse::RO.access()],
        args: &[KEY, PATH, VALUE, Arg::block("range", &[Arg::integer("start"), STOP]).optional()],
        traits: Traits::NONE,
        run: Run::Read(index),
        ..CHANGE
    },
    Command {
        name: "json.arrinsert",
        summary: "Inserts values into the arrays that a path leads to.",
        arity: Arity::AtLeast(5),
        args: &[KEY, PATH, Arg::integer("index"), VALUE.multiple()],
        run: Run::Write(insert),
        ..CHANGE
    },
    Command {
        name: "json.arrlen",
        summary: "Returns the lengths of the arrays that a path leads to.",
        arity: Arity::AtLeast(2),
        uses: &[KeyUse::RO],
        args: &[KEY, PATH.optional()],
        traits: Traits::NONE,
        run: Run::Read(length),
        ..CHANGE
    },
    Command {
        name: "json.arrpop",
        summary: "Takes an element out of the arrays that a path leads to, and returns it.",
        arity: Arity::AtLeast(2),
        uses: &[KeyUse::RW.access().delete()],
        args: &[KEY, Arg::block("place", &[PATH, Arg::integer("index").optional()]).optional()],
        traits: Traits::COPIES_STORED,
        run: Run::Write(pop),
        ..CHANGE
    },
    Command {
        name: "json.arrtrim",
        summary: "Keeps the elements between two positions of the arrays that a path leads to.",
        arity: Arity::Exactly(5),
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, PATH, Arg::integer("start"), Arg::integer("stop")],
        traits: Traits::COPIES_STORED,
        run: Run::Write(trim),
        ..CHANGE
    },
];

const STOP: Arg = Arg::integer("stop").optional();

fn integer(word: &[u8]) -> Result<i64, CommandError> {
    Ok(parse_integer(word).ok_or(DocumentError::NotAnInteger)?)
}

/// The position that an index means, which may count from the end: 0 if it lies before the first element.
fn position(index: i64, length: usize) -> usize {
    let magnitude = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    if index < 0 { length.saturating_sub(magnitude) } else { magnitude }
}

/// The arrays that a path leads to, and their lengths; `name` is how an error calls the path.
fn arrays(
    cx: &WriteCx<'_>,
    key: &[u8],
    word: &[u8],
    name: fn(&Path, &[u8]) -> String,
) -> Result<(Path, Places, Vec<Option<usize>>), CommandError> {
    let (path, places) = places(cx, key, word)?;
    let mut lengths = Vec::with_capacity(places.len());
    for place in &places {
        lengths.push(array_len(value_at(cx, key, place)?));
    }
    if path.is_legacy && lengths.iter().all(Option::is_none) {
        return Err(DocumentError::path_not(&name(&path, word), "an array").into());
    }
    Ok((path, places, lengths))
}

fn as_jsonpath(path: &Path, _word: &[u8]) -> String {
    path.text.clone()
}

fn as_given(_path: &Path, word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

/// Tells of the change if there was any, and replies with the new lengths: all, or in the older dialect the last one.
fn lengths_after(
    cx: &WriteCx<'_>,
    key: &[u8],
    path: &Path,
    places: &Places,
    event: Event,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let mut lengths = Vec::with_capacity(places.len());
    for place in places {
        lengths.push(array_len(value_at(cx, key, place)?));
    }
    if lengths.iter().any(Option::is_some) {
        cx.notify(event, key);
    }
    if path.is_legacy {
        length_or_null(out, lengths.into_iter().rev().flatten().next());
    } else {
        out.array(lengths.len());
        lengths.into_iter().for_each(|length| length_or_null(out, length));
    }
    Ok(())
}

/// Checks that values fit into arrays at all places, and packs them one behind the other.
fn packed(values: &[JsonText], places: &Places) -> Result<Vec<u8>, CommandError> {
    let packed = values.iter().map(|value| value.packed().as_bytes()).collect::<Vec<_>>().concat();
    let depth = values.iter().map(|value| value.packed().get().depth()).max().unwrap_or(0);
    check_fit(places, 1, depth, packed.len())?;
    Ok(packed)
}

fn append(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, path] = words(args);
    let values = stored(Cursor::after(args, 3).rest())?;
    let (path, places, lengths) = arrays(cx, key, path, as_given)?;
    let packed = packed(&values, &places)?;
    for (place, length) in places.iter().zip(lengths) {
        if let Some(length) = length {
            let values = PackedValues::trusted(&packed);
            cx.json_change(key, place, JsonChange::Insert { index: length as u64, values });
        }
    }
    lengths_after(cx, key, &path, &places, Event::JSON_ARRAPPEND, out)
}

fn insert(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, path, index] = words(args);
    let index = integer(index)?;
    let values = stored(Cursor::after(args, 4).rest())?;
    let (path, places, lengths) = arrays(cx, key, path, as_jsonpath)?;
    let packed = packed(&values, &places)?;
    let mut positions = Vec::with_capacity(places.len());
    for length in lengths {
        let is_inside = |length: usize| {
            let least = i64::try_from(length).map_or(i64::MIN, |length| -length);
            index >= least && position(index, length) <= length
        };
        positions.push(match length {
            Some(length) if is_inside(length) => Some(position(index, length)),
            Some(_) => return Err(DocumentError::IndexOutOfBounds.into()),
            None => None,
        });
    }
    for (place, position) in places.iter().zip(positions) {
        if let Some(position) = position {
            let values = PackedValues::trusted(&packed);
            cx.json_change(key, place, JsonChange::Insert { index: position as u64, values });
        }
    }
    lengths_after(cx, key, &path, &places, Event::JSON_ARRINSERT, out)
}

fn length(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let word = optional_path(args, 2, "json.arrlen")?;
    let path = Path::parse(word)?;
    let Some(root) = cx.json(key)? else {
        return null_or(out, &path, DocumentError::NoDocument);
    };
    if !path.is_legacy {
        return each(out, &path, root, &mut |out, value| length_or_null(out, array_len(value)));
    }
    let name = as_given(&path, word);
    let value = path.first(root)?.ok_or_else(|| missing(&name))?;
    let length = array_len(value).ok_or_else(|| DocumentError::path_not(&name, "an array"))?;
    reply::length(out, length);
    Ok(())
}

fn index(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    at_most(args, 6, "json.arrindex")?;
    let [key, word, wanted] = words(args);
    let bounds: Vec<i64> = Cursor::after(args, 4).map(integer).collect::<Result<_, _>>()?;
    let (start, stop) = (bounds.first().copied().unwrap_or(0), bounds.get(1).copied().unwrap_or(0));
    // As a tree, so that the members of a large one are found as quickly as those of the elements.
    let wanted = Node::new(argument(wanted)?.packed());
    let Some(root) = cx.json(key)? else { return Err(missing(&String::from_utf8_lossy(word))) };
    let path = Path::parse(word)?;
    let find = |value: JsonRef<'_>| {
        let JsonView::Array(array) = value.view() else { return None };
        let range = searched(start, stop, array.len());
        let mut elements = array.iter().enumerate().take(range.end).skip(range.start);
        let found = elements.find(|(_, element)| *element == JsonRef::tree(&wanted));
        Some(found.and_then(|(position, _)| i64::try_from(position).ok()).unwrap_or(-1))
    };
    if !path.is_legacy {
        return each(out, &path, root, &mut |out, value| match find(value) {
            Some(position) => out.integer(position),
            None => out.null(),
        });
    }
    let value = path.first(root)?.ok_or_else(|| missing(&path.text))?;
    out.integer(find(value).ok_or_else(|| wrong_type("array", value))?);
    Ok(())
}

/// Where JSON.ARRINDEX looks: from `start`, at the latest the last element, to before `stop`, of which 0 is the end.
fn searched(start: i64, stop: i64, length: usize) -> Range<usize> {
    let start = position(start, length).min(length.saturating_sub(1));
    let stop = if stop == 0 { length } else { position(stop, length).min(length) };
    start..stop
}

fn pop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    at_most(args, 4, "json.arrpop")?;
    let [key] = words(args);
    let word = args.get(2).copied().unwrap_or(ROOT);
    // What is no integer means the last element, as in RedisJSON.
    let index = args.get(3).and_then(|index| parse_integer(index)).unwrap_or(-1);
    let (path, places, lengths) = arrays(cx, key, word, as_jsonpath)?;
    let mut popped = Vec::with_capacity(places.len());
    let mut last = None;
    for (place, length) in places.iter().zip(lengths) {
        let Some(length) = length.filter(|length| *length > 0) else {
            last = length.map(|_| popped.len()).or(last);
            popped.push(None);
            continue;
        };
        last = Some(popped.len());
        let position = position(index, length).min(length - 1);
        let array = value_at(cx, key, place)?;
        let element = u32::try_from(position).ok().and_then(|position| array.at(&[position]));
        popped.push(element.map(text_of).transpose()?);
        take_out(cx, key, place, [position..position + 1, 0..0]);
    }
    if popped.iter().any(Option::is_some) {
        cx.notify(Event::JSON_ARRPOP, key);
    }
    if path.is_legacy {
        let last = last.and_then(|last| popped.get(last)?.as_deref());
        reply::bulk_or_null(out, last);
    } else {
        out.array(popped.len());
        popped.iter().for_each(|text| reply::bulk_or_null(out, text.as_deref()));
    }
    Ok(())
}

/// Takes elements out: ranges that ascend and do not touch, of which some may be empty.
fn take_out(cx: &mut WriteCx<'_>, key: &[u8], place: &[u32], ranges: [Range<usize>; 2]) {
    let ranges: Vec<Range<usize>> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
    if let Some(ranges) = Ranges::new(&Ranges::pack(&ranges)) {
        cx.json_change(key, place, JsonChange::Remove(ranges));
    }
}

fn trim(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, word, start, stop] = words(args);
    let (start, stop) = (integer(start)?, integer(stop)?);
    let (path, places, lengths) = arrays(cx, key, word, as_jsonpath)?;
    for (place, length) in places.iter().zip(lengths) {
        let Some(length) = length else { continue };
        let start = position(start, length).min(length);
        let end = position(stop, length).saturating_add(1).clamp(start, length);
        let gone = if start == end { [0..length, 0..0] } else { [0..start, end..length] };
        take_out(cx, key, place, gone);
    }
    lengths_after(cx, key, &path, &places, Event::JSON_ARRTRIM, out)
}
