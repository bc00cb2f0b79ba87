//! Documents and their parts, read as text.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, words};
use crate::commands::json::{JSON, PATH, ROOT, is_resp3, missing};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run};
use crate::cx::{Lookup, ReadCx};
use crate::error::{CommandError, DocumentError};
use crate::types::JsonRef;
use crate::types::json::path::Path;
use crate::types::json::write::{Layout, TooLong, Writer, text_of};
use crate::types::json::{Amount, JsonView};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "json.get",
        since: "1.0.0",
        complexity: "O(N), N the values that the paths look at",
        summary: "Returns what paths lead to as JSON text.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[
            KEY,
            Arg::string("indent").after("INDENT").optional(),
            Arg::string("newline").after("NEWLINE").optional(),
            Arg::string("space").after("SPACE").optional(),
            Arg::token("noescape", "NOESCAPE").optional(),
            Arg::string("format").after("FORMAT").optional(),
            PATH.optional().multiple(),
        ],
        run: Run::Read(get),
        ..JSON
    },
    Command {
        name: "json.mget",
        since: "1.0.0",
        complexity: "O(M*N), M the number of keys, N the values that the path looks at",
        summary: "Returns what a path leads to in several documents, as JSON text.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 1, last: -2, step: 1 },
        uses: &[KeyUse::RO.access()],
        args: &[KEY.multiple(), PATH],
        run: Run::Read(mget),
        ..JSON
    },
];

/// How JSON.GET replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// One text.
    Text,
    /// Values of RESP3, one list for each path.
    Expand,
    /// The same, with what has children as text.
    ExpandOnce,
}

/// What JSON.GET asks for.
struct Request<'a> {
    layout: Layout<'a>,
    format: Format,
    paths: Vec<&'a [u8]>,
}

impl<'a> Request<'a> {
    fn parse(args: Args<'a>, is_resp3: bool) -> Result<Self, CommandError> {
        let arity = CommandError::WrongArity { command: "json.get" };
        let mut request = Self { layout: Layout::default(), format: Format::Text, paths: Vec::new() };
        let mut cursor = Cursor::after(args, 2);
        while let Some(word) = cursor.next() {
            let place = match Keyword::of(word).bytes() {
                b"INDENT" => &mut request.layout.indent,
                b"NEWLINE" => &mut request.layout.newline,
                b"SPACE" => &mut request.layout.space,
                // Text is never escaped more than it must be.
                b"NOESCAPE" => continue,
                b"FORMAT" if !is_resp3 => return Err(DocumentError::FormatNeedsResp3.into()),
                b"FORMAT" => {
                    request.format = match Keyword::of(cursor.next().ok_or(arity.clone())?).bytes() {
                        b"STRING" => Format::Text,
                        b"EXPAND" => Format::Expand,
                        b"EXPAND1" => Format::ExpandOnce,
                        _ => return Err(DocumentError::UnknownFormat.into()),
                    };
                    continue;
                }
                _ => {
                    request.paths.push(word);
                    continue;
                }
            };
            *place = cursor.next().ok_or(arity.clone())?;
        }
        if request.paths.is_empty() {
            request.paths.push(ROOT);
        }
        Ok(request)
    }
}

fn get(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let request = Request::parse(args, is_resp3(out))?;
    let Some(root) = cx.json(key)? else {
        out.null();
        return Ok(());
    };
    let paths: Vec<Path> = request.paths.iter().map(|word| Path::parse(word)).collect::<Result<_, _>>()?;
    if request.format != Format::Text {
        let found: Vec<_> = paths.iter().map(|path| path.all(root)).collect::<Result<_, _>>()?;
        out.array(found.len());
        for values in found {
            let texts = texts(&values, request.format)?;
            out.array(values.len());
            for (value, text) in values.into_iter().zip(texts) {
                match text {
                    Some(text) => out.bulk(&text),
                    None => expanded(value, out),
                }
            }
        }
        return Ok(());
    }
    let mut writer = Writer::new(request.layout);
    match paths.as_slice() {
        [path] if path.is_legacy => {
            let value = path.first(root)?.ok_or_else(|| missing(&path.text))?;
            writer.value(value)?;
        }
        [path] => values(&mut writer, path, root)?,
        _ => named(&mut writer, &request.paths, &paths, root)?,
    }
    out.bulk(&writer.into_text());
    Ok(())
}

/// The texts of the values that are replied with as text.
fn texts(values: &[JsonRef<'_>], format: Format) -> Result<Vec<Option<Vec<u8>>>, TooLong> {
    let text = |value: &JsonRef<'_>| {
        let is_text = format == Format::ExpandOnce
            && matches!(value.view(), JsonView::String(_) | JsonView::Array(_) | JsonView::Object(_));
        is_text.then(|| text_of(*value)).transpose()
    };
    values.iter().map(text).collect()
}

/// Writes what a path leads to as an array.
fn values(writer: &mut Writer<'_>, path: &Path, root: JsonRef<'_>) -> Result<(), CommandError> {
    writer.open(b'[');
    for value in path.all(root)? {
        writer.next()?;
        writer.value(value)?;
    }
    writer.close(b']');
    Ok(())
}

/// Writes an object with what each path leads to: one value each if all are of the older dialect, arrays if not.
fn named(
    writer: &mut Writer<'_>,
    names: &[&[u8]],
    paths: &[Path],
    root: JsonRef<'_>,
) -> Result<(), CommandError> {
    let is_legacy = paths.iter().all(|path| path.is_legacy);
    writer.open(b'{');
    for (number, (name, path)) in names.iter().zip(paths).enumerate() {
        if names.iter().take(number).any(|earlier| earlier == name) {
            continue;
        }
        writer.next()?;
        writer.name(name);
        if is_legacy {
            let value = path.first(root)?.ok_or_else(|| missing(&String::from_utf8_lossy(name)))?;
            writer.value(value)?;
        } else {
            values(writer, path, root)?;
        }
    }
    writer.close(b'}');
    Ok(())
}

/// Replies with a value in the types of RESP3.
fn expanded(value: JsonRef<'_>, out: &mut dyn ReplySink) {
    match value.view() {
        JsonView::Null => out.null(),
        JsonView::Boolean(value) => out.boolean(value),
        JsonView::Integer(value) => out.integer(value),
        number @ JsonView::Number(_) => out.double(Amount::of(number).map_or(f64::NAN, Amount::to_f64)),
        JsonView::String(text) => out.bulk(text),
        JsonView::Array(array) => {
            out.array(array.len());
            array.iter().for_each(|element| expanded(element, out));
        }
        JsonView::Object(object) => {
            out.map(object.len());
            for (name, value) in object.iter() {
                out.bulk(name);
                expanded(value, out);
            }
        }
    }
}

fn mget(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let Some(([path], keys)) =
        args.get(1..).and_then(|words| words.split_last_chunk::<1>()).map(|(keys, path)| (path, keys))
    else {
        return Err(CommandError::WrongArity { command: "json.mget" });
    };
    let path = Path::parse(path)?;
    let mut texts = Vec::with_capacity(keys.len());
    for key in keys {
        // What holds no document counts as absent.
        let text = match cx.json(key).ok().flatten() {
            Some(root) if path.is_legacy => path.first(root)?.map(text_of).transpose()?,
            Some(root) => {
                let mut writer = Writer::new(Layout::default());
                values(&mut writer, &path, root)?;
                Some(writer.into_text())
            }
            None => None,
        };
        texts.push(text);
    }
    out.array(texts.len());
    texts.iter().for_each(|text| reply::bulk_or_null(out, text.as_deref()));
    Ok(())
}
