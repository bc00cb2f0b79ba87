//! Writing mutations down, as [`Decoder`](super::Decoder) reads them back.

use super::{JsonChange, Mutation, tag};
use crate::cx::End;
use crate::types::{References, StreamId};
use crate::varint;

impl Mutation<'_> {
    /// Appends its bytes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Genesis { hash_seed } => {
                out.push(tag::GENESIS);
                out.extend_from_slice(&hash_seed);
            }
            Self::StringSet { key, value, expire_at_ms } => {
                put(out, tag::STRING_SET, &[key]);
                varint::put_option(out, expire_at_ms);
                put_bytes(out, value);
            }
            Self::StringWrite { key, offset, bytes } => {
                put(out, tag::STRING_WRITE, &[key]);
                varint::put(out, offset);
                put_bytes(out, bytes);
            }
            Self::Remove { key } => put(out, tag::REMOVE, &[key]),
            Self::ExpirySet { key, expire_at_ms } => {
                put(out, tag::EXPIRY_SET, &[key]);
                varint::put_option(out, expire_at_ms);
            }
            Self::HashSet { key, field, value } => put(out, tag::HASH_SET, &[key, field, value]),
            Self::HashSetExpiring { key, field, value, expire_at_ms } => {
                put(out, tag::HASH_SET_EXPIRING, &[key, field, value]);
                varint::put(out, expire_at_ms);
            }
            Self::HashExpirySet { key, field, expire_at_ms } => {
                put(out, tag::HASH_EXPIRY_SET, &[key, field]);
                varint::put_option(out, expire_at_ms);
            }
            Self::HashRemove { key, field } => put(out, tag::HASH_REMOVE, &[key, field]),
            Self::ListPush { key, end, element } => {
                put(out, tag::LIST_PUSH, &[key]);
                out.push(end_byte(end));
                put_bytes(out, element);
            }
            Self::ListPop { key, end, count } => {
                put(out, tag::LIST_POP, &[key]);
                out.push(end_byte(end));
                varint::put(out, count);
            }
            Self::ListTrim { key, front, back } => {
                put(out, tag::LIST_TRIM, &[key]);
                varint::put(out, front);
                varint::put(out, back);
            }
            Self::ListSet { key, index, element } => put_element(out, tag::LIST_SET, key, index, element),
            Self::ListInsert { key, index, element } => {
                put_element(out, tag::LIST_INSERT, key, index, element);
            }
            Self::ListRemove { key, positions } => put(out, tag::LIST_REMOVE, &[key, positions.as_bytes()]),
            Self::SetAdd { key, member } => put(out, tag::SET_ADD, &[key, member]),
            Self::SetRemove { key, member } => put(out, tag::SET_REMOVE, &[key, member]),
            Self::SetStore { key, members } => put(out, tag::SET_STORE, &[key, members.as_bytes()]),
            Self::SortedSetAdd { key, member, score } => {
                put(out, tag::SORTED_SET_ADD, &[key, member]);
                out.extend_from_slice(&score.to_bits().to_le_bytes());
            }
            Self::SortedSetRemove { key, member } => put(out, tag::SORTED_SET_REMOVE, &[key, member]),
            Self::SortedSetRemoveRange { key, start, count } => {
                put(out, tag::SORTED_SET_REMOVE_RANGE, &[key]);
                varint::put(out, start);
                varint::put(out, count);
            }
            Self::SortedSetStore { key, members } => {
                put(out, tag::SORTED_SET_STORE, &[key, members.as_bytes()]);
            }
            Self::ListStore { key, elements } => put(out, tag::LIST_STORE, &[key, elements.as_bytes()]),
            Self::HashStore { key, fields } => put(out, tag::HASH_STORE, &[key, fields.as_bytes()]),
            Self::StreamStore { key, body } => put(out, tag::STREAM_STORE, &[key, body.as_bytes()]),
            Self::Rename { from, to } => put(out, tag::RENAME, &[from, to]),
            Self::Clear => out.push(tag::CLEAR),
            Self::Copy { from, to } => put(out, tag::COPY, &[from, to]),
            Self::LibrarySet { name, code, functions } => {
                put(out, tag::LIBRARY_SET, &[name, code, functions.as_bytes()]);
            }
            Self::LibraryRemove { name } => put(out, tag::LIBRARY_REMOVE, &[name]),
            Self::JsonSet { key, value, expire_at_ms } => {
                put(out, tag::JSON_SET, &[key]);
                varint::put_option(out, expire_at_ms);
                put_bytes(out, value.as_bytes());
            }
            Self::JsonChange { key, place, change } => put_json_change(out, &[key, place.as_bytes()], change),
            Self::StreamAdd { key, id, words } => {
                put(out, tag::STREAM_ADD, &[key]);
                put_id(out, id);
                put_bytes(out, words.as_bytes());
            }
            Self::StreamDelete { key, ids, references } => {
                put(out, tag::STREAM_DELETE, &[key, ids.as_bytes()]);
                out.push(references_byte(references));
            }
            Self::StreamTrim { key, count, references } => {
                put(out, tag::STREAM_TRIM, &[key]);
                varint::put(out, count);
                out.push(references_byte(references));
            }
            Self::StreamHeadSet { key, head } => {
                put(out, tag::STREAM_HEAD_SET, &[key]);
                put_id(out, head.last_id);
                varint::put(out, head.entries_added);
                put_id(out, head.max_deleted_id);
            }
            Self::GroupSet { key, group, last_id, entries_read } => {
                put(out, tag::GROUP_SET, &[key, group]);
                put_id(out, last_id);
                varint::put_option(out, entries_read);
            }
            Self::GroupRemove { key, group } => put(out, tag::GROUP_REMOVE, &[key, group]),
            Self::ConsumerSet { key, group, consumer, seen_at_ms, active_at_ms } => {
                put(out, tag::CONSUMER_SET, &[key, group, consumer]);
                varint::put(out, seen_at_ms);
                varint::put_option(out, active_at_ms);
            }
            Self::ConsumerRemove { key, group, consumer } => {
                put(out, tag::CONSUMER_REMOVE, &[key, group, consumer]);
            }
            Self::PendingSet { key, group, consumer, entries } => {
                put(out, tag::PENDING_SET, &[key, group, consumer, entries.as_bytes()]);
            }
            Self::PendingRemove { key, group, ids } => {
                put(out, tag::PENDING_REMOVE, &[key, group, ids.as_bytes()]);
            }
            Self::GroupDeliver { key, group, consumer, last_id, entries_read, now_ms } => {
                put(out, tag::GROUP_DELIVER, &[key, group, consumer]);
                put_id(out, last_id);
                varint::put_option(out, entries_read);
                varint::put(out, now_ms);
            }
        }
    }
}

fn put(out: &mut Vec<u8>, tag: u8, parts: &[&[u8]]) {
    out.push(tag);
    parts.iter().for_each(|part| put_bytes(out, part));
}

fn put_element(out: &mut Vec<u8>, tag: u8, key: &[u8], index: u64, element: &[u8]) {
    put(out, tag, &[key]);
    varint::put(out, index);
    put_bytes(out, element);
}

fn put_json_change(out: &mut Vec<u8>, key_and_place: &[&[u8]], change: JsonChange<'_>) {
    match change {
        JsonChange::Replace(value) => {
            put(out, tag::JSON_REPLACE, key_and_place);
            put_bytes(out, value.as_bytes());
        }
        JsonChange::Insert { index, values } => {
            put(out, tag::JSON_INSERT, key_and_place);
            varint::put(out, index);
            put_bytes(out, values.as_bytes());
        }
        JsonChange::Put { name, value } => {
            put(out, tag::JSON_PUT, key_and_place);
            put_bytes(out, name.as_bytes());
            put_bytes(out, value.as_bytes());
        }
        JsonChange::Remove(ranges) => {
            put(out, tag::JSON_REMOVE, key_and_place);
            put_bytes(out, ranges.as_bytes());
        }
        JsonChange::Append(text) => {
            put(out, tag::JSON_APPEND, key_and_place);
            put_bytes(out, text.as_bytes());
        }
    }
}

pub(super) fn put_id(out: &mut Vec<u8>, id: StreamId) {
    varint::put(out, id.ms);
    varint::put(out, id.number);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    varint::put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn references_byte(references: References) -> u8 {
    match references {
        References::Kept => 0,
        References::Dropped => 1,
        References::None => 2,
    }
}

fn end_byte(end: End) -> u8 {
    match end {
        End::Front => 0,
        End::Back => 1,
    }
}
