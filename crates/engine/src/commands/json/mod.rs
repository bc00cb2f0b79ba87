//! JSON documents: the commands of RedisJSON.
//!
//! A path that begins with `$` is JSONPath, and gets one reply for each value that it leads to. Any other is of the older
//! dialect, in which one value is wanted: where a command looks, the first; where it changes, all are changed and the last
//! one is replied with.

pub(crate) mod arrays;
pub(crate) mod debug;
pub(crate) mod documents;
pub(crate) mod get;
mod merge;
pub(crate) mod numbers;
mod places;
pub(crate) mod scalars;
pub(crate) mod shape;
mod write;

use selvedge_wire::{Protocol, ReplySink};

use crate::commands::table::{Arg, Args, Command, Group, Traits};
use crate::cx::Lookup;
use crate::error::{CommandError, DocumentError};
use crate::types::JsonRef;
use crate::types::json::path::{Path, PathError, TooCostly};
use crate::types::json::write::TooLong;
use crate::types::json::{JsonText, JsonView};

const JSON: Command = Command::base(Group::Json);

/// What all commands that change documents have in common: one value may come to many places.
const CHANGES: Traits = Traits::DENY_OOM.and(Traits::COPIES_STORED);

const PATH: Arg = Arg::string("path");
const VALUE: Arg = Arg::string("value");

/// The path that is meant where none is given.
const ROOT: &[u8] = b".";

impl From<PathError> for CommandError {
    fn from(error: PathError) -> Self {
        Self::Document(match error {
            PathError::Syntax(at) => DocumentError::PathSyntax { at: u32::try_from(at).unwrap_or(u32::MAX) },
            PathError::TooLong => DocumentError::PathTooLong,
            PathError::TooDeep => DocumentError::PathTooDeep,
        })
    }
}

impl From<TooCostly> for CommandError {
    fn from(_: TooCostly) -> Self {
        Self::Document(DocumentError::PathTooCostly)
    }
}

impl From<TooLong> for CommandError {
    fn from(_: TooLong) -> Self {
        Self::Document(DocumentError::ReplyTooLong)
    }
}

/// The word at `index`, which may be left out and is then the root; `command` takes no word behind it.
fn optional_path<'a>(args: Args<'a>, index: usize, command: &'static str) -> Result<&'a [u8], CommandError> {
    at_most(args, index + 1, command)?;
    Ok(args.get(index).copied().unwrap_or(ROOT))
}

/// Refuses more words than that.
fn at_most(args: Args<'_>, words: usize, command: &'static str) -> Result<(), CommandError> {
    if args.len() > words { Err(CommandError::WrongArity { command }) } else { Ok(()) }
}

/// A value, whose mistakes are named as those of an argument.
fn argument(text: &[u8]) -> Result<JsonText, CommandError> {
    Ok(JsonText::read(text).map_err(DocumentError::Argument)?)
}

/// Values that are to be stored.
fn stored(texts: Args<'_>) -> Result<Vec<JsonText>, CommandError> {
    texts.iter().map(|text| Ok(JsonText::read(text).map_err(DocumentError::Text)?)).collect()
}

/// The document at a key that must be there.
fn document<'a>(cx: &'a impl Lookup, key: &[u8]) -> Result<JsonRef<'a>, CommandError> {
    Ok(cx.json(key)?.ok_or(DocumentError::NoDocument)?)
}

/// The path does not exist, in the words of its text.
fn missing(path: &str) -> CommandError {
    DocumentError::path_missing(path).into()
}

/// A value is of another type than a command works on.
fn wrong_type(expected: &'static str, found: JsonRef<'_>) -> CommandError {
    DocumentError::WrongType { expected, found: found.type_name().into() }.into()
}

/// Replies with what `write` makes of each value that a path leads to: it writes one reply for each.
fn each(
    out: &mut dyn ReplySink,
    path: &Path,
    root: JsonRef<'_>,
    write: &mut dyn FnMut(&mut dyn ReplySink, JsonRef<'_>),
) -> Result<(), CommandError> {
    let found = path.all(root)?;
    out.array(found.len());
    found.into_iter().for_each(|value| write(out, value));
    Ok(())
}

/// Replies with null for a path of the older dialect, and refuses the other.
fn null_or(out: &mut dyn ReplySink, path: &Path, error: DocumentError) -> Result<(), CommandError> {
    if !path.is_legacy {
        return Err(error.into());
    }
    out.null();
    Ok(())
}

/// Replies with a count, or null.
fn length_or_null(out: &mut dyn ReplySink, length: Option<usize>) {
    match length {
        Some(length) => crate::commands::reply::length(out, length),
        None => out.null(),
    }
}

/// Whether numbers and types are replied with as such instead of as text.
fn is_resp3(out: &dyn ReplySink) -> bool {
    out.protocol() == Protocol::Resp3
}

/// The number of elements of an array.
fn array_len(value: JsonRef<'_>) -> Option<usize> {
    match value.view() {
        JsonView::Array(array) => Some(array.len()),
        _ => None,
    }
}
