//! Writing a stream in the form of Redis 7.0.

use super::{SAME_FIELDS, UNKNOWN, element_count};
use crate::limits::{STREAM_BLOCK_BYTES, STREAM_BLOCK_ENTRIES};
use crate::rdb::listpack::ListpackWriter;
use crate::rdb::writer::{put_length, put_string};
use crate::time::Milliseconds;
use crate::types::{Bounds, Group, StreamEntry, StreamId, StreamRef};

/// Appends a stream.
pub(in crate::rdb) fn dump(out: &mut Vec<u8>, stream: StreamRef<'_>) {
    let (mut nodes, mut count) = (Vec::new(), 0);
    let mut entries = stream.range(Bounds::ALL).peekable();
    while let Some(first) = entries.peek().copied() {
        let mut node = Node::new(first);
        while let Some(entry) = entries.next_if(|_| node.has_room()) {
            node.push(entry);
        }
        put_length(&mut nodes, 16);
        put_raw_id(&mut nodes, first.id);
        put_bytes(&mut nodes, &node.finish());
        count += 1;
    }
    put_length(out, count);
    out.extend_from_slice(&nodes);
    put_length(out, stream.len() as u64);
    let head = stream.head();
    put_id(out, head.last_id);
    put_id(out, stream.first().map_or(StreamId::MIN, |entry| entry.id));
    put_id(out, head.max_deleted_id);
    put_length(out, head.entries_added);
    put_length(out, stream.group_count() as u64);
    for (name, group) in stream.groups() {
        put_string(out, name);
        put_group(out, group);
    }
}

/// Entries of one listpack, all behind the first one.
struct Node<'a> {
    first: StreamEntry<'a>,
    count: usize,
    entries: ListpackWriter,
}

impl<'a> Node<'a> {
    fn new(first: StreamEntry<'a>) -> Self {
        Self { first, count: 0, entries: ListpackWriter::default() }
    }

    fn has_room(&self) -> bool {
        self.count < STREAM_BLOCK_ENTRIES && self.entries.len() < STREAM_BLOCK_BYTES
    }

    fn push(&mut self, entry: StreamEntry<'_>) {
        self.count += 1;
        let has_same_fields = entry.words().step_by(2).eq(self.first.words().step_by(2));
        let out = &mut self.entries;
        out.push_integer(if has_same_fields { SAME_FIELDS } else { 0 });
        // Distances of 64 bits wrap around.
        out.push_integer(entry.id.ms.wrapping_sub(self.first.id.ms).cast_signed());
        out.push_integer(entry.id.number.wrapping_sub(self.first.id.number).cast_signed());
        if has_same_fields {
            entry.words().skip(1).step_by(2).for_each(|value| out.push(value));
        } else {
            out.push_count(entry.field_count());
            entry.words().for_each(|word| out.push(word));
        }
        out.push_count(element_count(entry.field_count(), has_same_fields));
    }

    /// The listpack: the master entry has the field names of the first one.
    fn finish(self) -> Vec<u8> {
        let mut listpack = ListpackWriter::default();
        listpack.push_count(self.count);
        listpack.push_count(0);
        listpack.push_count(self.first.field_count());
        self.first.words().step_by(2).for_each(|name| listpack.push(name));
        listpack.push_count(0);
        listpack.append(&self.entries);
        listpack.finish()
    }
}

fn put_group(out: &mut Vec<u8>, group: &Group) {
    put_id(out, group.last_id);
    put_length(out, group.entries_read.unwrap_or(UNKNOWN));
    put_length(out, group.pending_count() as u64);
    for (id, pending) in group.pending_range(StreamId::MIN, StreamId::MAX) {
        put_raw_id(out, id);
        put_time(out, pending.delivered_at_ms);
        put_length(out, pending.deliveries);
    }
    put_length(out, group.consumer_count() as u64);
    for (name, consumer) in group.consumers() {
        put_string(out, name);
        put_time(out, consumer.seen_at_ms);
        put_length(out, consumer.pending_count() as u64);
        consumer.pending_from(StreamId::MIN).for_each(|id| put_raw_id(out, id));
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_id(out: &mut Vec<u8>, id: StreamId) {
    put_length(out, id.ms);
    put_length(out, id.number);
}

fn put_raw_id(out: &mut Vec<u8>, id: StreamId) {
    out.extend_from_slice(&id.ms.to_be_bytes());
    out.extend_from_slice(&id.number.to_be_bytes());
}

fn put_time(out: &mut Vec<u8>, at_ms: Milliseconds) {
    out.extend_from_slice(&at_ms.to_le_bytes());
}
