//! A whole stream, as a mutation carries it.

use super::encode::{put_bytes, put_id as put_whole_id};
use super::streams::{Deliveries, Reader, put_id};
use crate::limits::STREAM_NAMES_SHARED_BYTES_MAX;
use crate::time::Milliseconds;
use crate::types::packed::Elements;
use crate::types::stream::{Stream, StreamInverses};
use crate::types::{StreamHead, StreamId};
use crate::varint;

/// Entries behind their length, the head, and groups.
///
/// Entries are in order: each is its id as [`StreamIds`](super::StreamIds) has it, then 0 where its fields have the names of the
/// entry before, or their number; and its values, or names and values in turn, each behind its length. Groups, and the consumers
/// of each, are in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamBody<'a>(&'a [u8]);

/// What a stream is made of, in the order in which it is put together.
#[derive(Debug)]
enum Part<'a> {
    /// An entry: names and values of its fields in turn, each behind its length.
    Entry(StreamId, &'a [u8]),
    /// What the stream knows besides its entries.
    Head(StreamHead),
    /// A group.
    Group { name: &'a [u8], last_id: StreamId, entries_read: Option<u64> },
    /// A consumer of the last group, and what is pending with it.
    Consumer {
        group: &'a [u8],
        name: &'a [u8],
        seen_at_ms: Milliseconds,
        active_at_ms: Option<Milliseconds>,
        pending: Deliveries<'a>,
    },
}

impl<'a> StreamBody<'a> {
    /// A stream that [`StreamBodyBuilder`] put together, or that comes from a log. None if the bytes make no sense.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        parts(bytes, &mut |_| {})?;
        Some(Self(bytes))
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The stream.
    pub(crate) fn to_stream(self) -> Stream {
        let (mut stream, none) = (Stream::default(), &mut StreamInverses::default());
        let whole = parts(self.0, &mut |part| match part {
            Part::Entry(id, words) => {
                stream.add(id, words, none);
            }
            Part::Head(head) => stream.set_head(head, none),
            Part::Group { name, last_id, entries_read } => {
                stream.set_group(name, last_id, entries_read, none);
            }
            Part::Consumer { group, name, seen_at_ms, active_at_ms, pending } => {
                stream.set_consumer(group, name, (seen_at_ms, active_at_ms), none);
                stream.set_pending(group, name, pending.iter(), none);
            }
        });
        debug_assert!(whole.is_some(), "it was read before");
        stream
    }
}

fn parts(bytes: &[u8], visit: &mut dyn FnMut(Part<'_>)) -> Option<()> {
    let mut reader = Reader::new(bytes);
    let last_entry = entries(reader.bytes()?, visit)?;
    let (last_id, entries_added) = (reader.whole_id()?, reader.number()?);
    let head = StreamHead { last_id, entries_added, max_deleted_id: reader.whole_id()? };
    if head.last_id < last_entry {
        return None;
    }
    visit(Part::Head(head));
    let mut before = None;
    while !reader.is_empty() {
        let name = reader.bytes()?;
        let (last_id, entries_read) = (reader.whole_id()?, reader.option()?);
        if before.replace(name).is_some_and(|before| before >= name) {
            return None;
        }
        visit(Part::Group { name, last_id, entries_read });
        consumers(name, reader.bytes()?, visit)?;
    }
    Some(())
}

/// Hands out entries. Returns the id of the last one, or the lower bound of all.
fn entries(bytes: &[u8], visit: &mut dyn FnMut(Part<'_>)) -> Option<StreamId> {
    let mut reader = Reader::new(bytes);
    let (mut names, mut words) = (Vec::<&[u8]>::new(), Vec::new());
    let mut last_id = StreamId::MIN;
    while !reader.is_empty() {
        let id = reader.id().filter(|id| *id > StreamId::MIN)?;
        words.clear();
        match reader.number()? {
            0 if names.is_empty() => return None,
            0 => {
                for name in &names {
                    put_bytes(&mut words, name);
                    put_bytes(&mut words, reader.bytes()?);
                }
            }
            fields => {
                names.clear();
                for _ in 0..fields {
                    let name = reader.bytes()?;
                    put_bytes(&mut words, name);
                    put_bytes(&mut words, reader.bytes()?);
                    names.push(name);
                }
            }
        }
        visit(Part::Entry(id, &words));
        last_id = id;
    }
    Some(last_id)
}

fn consumers(group: &[u8], bytes: &[u8], visit: &mut dyn FnMut(Part<'_>)) -> Option<()> {
    let mut reader = Reader::new(bytes);
    let mut before = None;
    while !reader.is_empty() {
        let name = reader.bytes()?;
        let (seen_at_ms, active_at_ms) = (reader.number()?, reader.option()?);
        let pending = Deliveries::new(reader.bytes()?)?;
        if before.replace(name).is_some_and(|before| before >= name) {
            return None;
        }
        visit(Part::Consumer { group, name, seen_at_ms, active_at_ms, pending });
    }
    Some(())
}

/// Puts the bytes of a stream together: entries first, then the head, then each group with all its consumers.
#[derive(Debug, Default)]
pub(crate) struct StreamBodyBuilder {
    entries: Vec<u8>,
    count: u64,
    first_id: Option<StreamId>,
    last_id: Option<StreamId>,
    /// Field names of the last entry, if the next one may share them.
    names: Vec<u8>,
    rest: Vec<u8>,
}

impl StreamBodyBuilder {
    /// Adds an entry: names and values of its fields in turn, each behind its length. False if its id is not above those before,
    /// or it has no fields.
    pub(crate) fn push(&mut self, id: StreamId, words: &[u8]) -> bool {
        let fields = Elements::bare(words).count() as u64 / 2;
        if id <= self.last_id.unwrap_or(StreamId::MIN) || fields == 0 {
            return false;
        }
        let names = || Elements::bare(words).step_by(2);
        put_id(&mut self.entries, self.last_id.replace(id), id);
        if names().eq(Elements::bare(&self.names)) {
            varint::put(&mut self.entries, 0);
            Elements::bare(words).skip(1).step_by(2).for_each(|value| put_bytes(&mut self.entries, value));
        } else {
            varint::put(&mut self.entries, fields);
            self.entries.extend_from_slice(words);
            self.names.clear();
            names().for_each(|name| put_bytes(&mut self.names, name));
            if self.names.len() > STREAM_NAMES_SHARED_BYTES_MAX {
                self.names.clear();
            }
        }
        self.first_id.get_or_insert(id);
        self.count += 1;
        true
    }

    /// The number of entries so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The first entry.
    pub(crate) fn first_id(&self) -> Option<StreamId> {
        self.first_id
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() + self.rest.len()
    }

    /// Sets the head. False if an entry lies behind its last id.
    pub(crate) fn set_head(&mut self, head: StreamHead) -> bool {
        put_whole_id(&mut self.rest, head.last_id);
        varint::put(&mut self.rest, head.entries_added);
        put_whole_id(&mut self.rest, head.max_deleted_id);
        self.last_id.is_none_or(|last_id| last_id <= head.last_id)
    }

    /// Adds a group, whose name is above those before, with what [`StreamBodyBuilder::put_consumer`] made.
    pub(crate) fn push_group(
        &mut self,
        name: &[u8],
        last_id: StreamId,
        entries_read: Option<u64>,
        consumers: &[u8],
    ) {
        put_bytes(&mut self.rest, name);
        put_whole_id(&mut self.rest, last_id);
        varint::put_option(&mut self.rest, entries_read);
        put_bytes(&mut self.rest, consumers);
    }

    /// Appends a consumer, whose name is above those before, to the bytes of the consumers of a group.
    pub(crate) fn put_consumer(
        consumers: &mut Vec<u8>,
        name: &[u8],
        seen_at_ms: Milliseconds,
        active_at_ms: Option<Milliseconds>,
        pending: impl IntoIterator<Item = (StreamId, Milliseconds, u64)>,
    ) {
        put_bytes(consumers, name);
        varint::put(consumers, seen_at_ms);
        varint::put_option(consumers, active_at_ms);
        put_bytes(consumers, &Deliveries::pack(pending));
    }

    /// The bytes of the stream.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len() + varint::BYTES_MAX);
        put_bytes(&mut bytes, &self.entries);
        bytes.extend_from_slice(&self.rest);
        bytes
    }
}
