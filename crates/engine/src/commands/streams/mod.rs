//! Streams: entries under rising ids, and the groups of consumers that read them.

pub(crate) mod change;
pub(crate) mod claim;
pub(crate) mod delete;
pub(crate) mod groups;
mod id;
pub(crate) mod info;
pub(crate) mod pending;
pub(crate) mod range;
pub(crate) mod read;
mod trim;

use selvedge_wire::ReplySink;

use crate::args::Keyword;
use crate::commands::table::{Arg, Command, Group};
use crate::cx::{Lookup, WriteCx};
use crate::error::CommandError;
use crate::types::{self, References, StreamEntry, StreamId, StreamRef};

const STREAM: Command = Command::base(Group::Stream);

const GROUP: Arg = Arg::string("group");
const CONSUMER: Arg = Arg::string("consumer");
const ID: Arg = Arg::string("id");
const JUSTID: Arg = Arg::token("justid", "JUSTID").optional();

/// What becomes of entries that are pending when they are taken out.
const REFERENCES: Arg = Arg::one_of(
    "condition",
    &[Arg::token("keepref", "KEEPREF"), Arg::token("delref", "DELREF"), Arg::token("acked", "ACKED")],
)
.optional();

/// `IDS numids id [id ...]`.
const IDS: Arg = Arg::block("ids", &[Arg::integer("numids"), ID.multiple()]).after("IDS");

/// The option that says what becomes of pending entries.
fn references_of(keyword: Keyword) -> Option<References> {
    match keyword.bytes() {
        b"KEEPREF" => Some(References::Kept),
        b"DELREF" => Some(References::Dropped),
        b"ACKED" => Some(References::None),
        _ => None,
    }
}

/// Replies with an id.
fn write_id(id: StreamId, out: &mut dyn ReplySink) {
    let (mut ms, mut number) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (ms, number) = (ms.format(id.ms).as_bytes(), number.format(id.number).as_bytes());
    out.bulk_chunks(ms.len() + 1 + number.len(), &mut [ms, b"-", number].into_iter());
}

/// Replies with an entry: its id, and the names of its fields with their values in turn.
fn write_entry(entry: StreamEntry<'_>, out: &mut dyn ReplySink) {
    out.array(2);
    write_id(entry.id, out);
    out.array(2 * entry.field_count());
    entry.words().for_each(|word| out.bulk(word));
}

/// Replies with entries.
fn write_entries<'a>(entries: impl Iterator<Item = StreamEntry<'a>> + Clone, out: &mut dyn ReplySink) {
    out.array(entries.clone().count());
    entries.for_each(|entry| write_entry(entry, out));
}

/// A stream and its group, where both are there.
fn find_group<'a>(
    cx: &'a WriteCx<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<Option<(StreamRef<'a>, &'a types::Group)>, CommandError> {
    Ok(cx.stream(key)?.and_then(|stream| Some((stream, stream.group(name)?))))
}
