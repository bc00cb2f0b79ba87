//! Mutations: what changes an entry, absolute and deterministic, as it stands in a batch. Never a command.

mod decode;
mod fields;
mod json;
mod members;
mod positions;
mod scored;
mod stream_body;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use decode::Decoder;
pub use fields::Fields;
pub use json::{JsonChange, JsonPlace, Ranges};
pub use members::Members;
pub use positions::Positions;
pub use scored::ScoredMembers;
pub use stream_body::StreamBody;
pub(crate) use stream_body::StreamBodyBuilder;
pub use streams::{Deliveries, StreamIds, StreamWords};

use crate::cx::End;
use crate::functions::Functions;
use crate::hash::HashSeed;
use crate::time::Milliseconds;
use crate::types::{PackedJson, References, StreamHead, StreamId};
use crate::varint;

/// One change. Its keys and values are borrowed from the request or from a payload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mutation<'a> {
    /// The first mutation of a database: its hash seed.
    Genesis {
        /// The secret under which keys are hashed.
        hash_seed: HashSeed,
    },
    /// The key becomes this string, whatever it was.
    StringSet {
        /// The key.
        key: &'a [u8],
        /// The whole value.
        value: &'a [u8],
        /// The last millisecond at which it is alive.
        expire_at_ms: Option<Milliseconds>,
    },
    /// Bytes of a string are overwritten; what lies between its end and the offset becomes zeros.
    StringWrite {
        /// The key, created if absent.
        key: &'a [u8],
        /// Where the bytes start.
        offset: u64,
        /// The new bytes.
        bytes: &'a [u8],
    },
    /// The entry goes.
    Remove {
        /// The key.
        key: &'a [u8],
    },
    /// The expiry is set or cleared.
    ExpirySet {
        /// The key.
        key: &'a [u8],
        /// The last millisecond at which it is alive.
        expire_at_ms: Option<Milliseconds>,
    },
    /// A field gets a value, and does not expire.
    HashSet {
        /// The key, created if absent.
        key: &'a [u8],
        /// The field.
        field: &'a [u8],
        /// Its value.
        value: &'a [u8],
    },
    /// A field gets a value and an expiry.
    HashSetExpiring {
        /// The key, created if absent.
        key: &'a [u8],
        /// The field.
        field: &'a [u8],
        /// Its value.
        value: &'a [u8],
        /// The last millisecond at which it is alive.
        expire_at_ms: Milliseconds,
    },
    /// The expiry of a field is set or cleared.
    HashExpirySet {
        /// The key.
        key: &'a [u8],
        /// The field.
        field: &'a [u8],
        /// The last millisecond at which it is alive.
        expire_at_ms: Option<Milliseconds>,
    },
    /// A field goes, and the entry with the last one.
    HashRemove {
        /// The key.
        key: &'a [u8],
        /// The field.
        field: &'a [u8],
    },
    /// An element comes to one end.
    ListPush {
        /// The key, created if absent.
        key: &'a [u8],
        /// Where.
        end: End,
        /// The element.
        element: &'a [u8],
    },
    /// Elements leave one end, and the entry goes with the last one.
    ListPop {
        /// The key.
        key: &'a [u8],
        /// Where.
        end: End,
        /// How many.
        count: u64,
    },
    /// Elements leave both ends, and the entry goes with the last one.
    ListTrim {
        /// The key.
        key: &'a [u8],
        /// How many at the head.
        front: u64,
        /// How many at the tail.
        back: u64,
    },
    /// An element takes the place of another.
    ListSet {
        /// The key.
        key: &'a [u8],
        /// Where, from the head.
        index: u64,
        /// The new element.
        element: &'a [u8],
    },
    /// An element comes in front of another.
    ListInsert {
        /// The key.
        key: &'a [u8],
        /// Where it will stand, from the head.
        index: u64,
        /// The element.
        element: &'a [u8],
    },
    /// Elements leave from between others, and the entry goes with the last one.
    ListRemove {
        /// The key.
        key: &'a [u8],
        /// Where they stand before any of them leaves.
        positions: Positions<'a>,
    },
    /// A member comes.
    SetAdd {
        /// The key, created if absent.
        key: &'a [u8],
        /// The member.
        member: &'a [u8],
    },
    /// A member goes, and the entry with the last one.
    SetRemove {
        /// The key.
        key: &'a [u8],
        /// The member.
        member: &'a [u8],
    },
    /// The key becomes a set of these members, whatever it was; without members it goes.
    SetStore {
        /// The key.
        key: &'a [u8],
        /// The members.
        members: Members<'a>,
    },
    /// A member of a sorted set gets a score.
    SortedSetAdd {
        /// The key, created if absent.
        key: &'a [u8],
        /// The member.
        member: &'a [u8],
        /// Its score, not NaN.
        score: f64,
    },
    /// A member of a sorted set goes, and the entry with the last one.
    SortedSetRemove {
        /// The key.
        key: &'a [u8],
        /// The member.
        member: &'a [u8],
    },
    /// Members of a sorted set with neighbouring ranks go, and the entry with the last one.
    SortedSetRemoveRange {
        /// The key.
        key: &'a [u8],
        /// The rank of the first one.
        start: u64,
        /// How many.
        count: u64,
    },
    /// The key becomes a sorted set of these members, whatever it was; without members it goes.
    SortedSetStore {
        /// The key.
        key: &'a [u8],
        /// The members and their scores.
        members: ScoredMembers<'a>,
    },
    /// The entry moves to another key, in place of what was there; its expiry moves along.
    Rename {
        /// The key it had.
        from: &'a [u8],
        /// The key it gets.
        to: &'a [u8],
    },
    /// Every entry goes.
    Clear,
    /// The key becomes a copy of another, value and expiry, in place of what was there.
    Copy {
        /// The key that is copied, as it is at this place of the batch.
        from: &'a [u8],
        /// The key that becomes the copy.
        to: &'a [u8],
    },
    /// The key becomes a list of these elements, whatever it was; without elements it goes.
    ListStore {
        /// The key.
        key: &'a [u8],
        /// The elements from the head.
        elements: Members<'a>,
    },
    /// The key becomes a hash of these fields, whatever it was; without fields it goes.
    HashStore {
        /// The key.
        key: &'a [u8],
        /// The fields with their values and expiries.
        fields: Fields<'a>,
    },
    /// The key becomes this stream, whatever it was.
    StreamStore {
        /// The key.
        key: &'a [u8],
        /// Its entries, its head and its groups.
        body: StreamBody<'a>,
    },
    /// A library of functions comes, in place of the one of its name.
    LibrarySet {
        /// Its name.
        name: &'a [u8],
        /// Its text.
        code: &'a [u8],
        /// The records of its functions.
        functions: Functions<'a>,
    },
    /// A library of functions goes.
    LibraryRemove {
        /// Its name.
        name: &'a [u8],
    },
    /// The key becomes this JSON document, whatever it was.
    JsonSet {
        /// The key.
        key: &'a [u8],
        /// The whole document.
        value: PackedJson<'a>,
        /// The last millisecond at which it is alive.
        expire_at_ms: Option<Milliseconds>,
    },
    /// A JSON document changes at one place.
    JsonChange {
        /// The key.
        key: &'a [u8],
        /// Where.
        place: JsonPlace<'a>,
        /// How.
        change: JsonChange<'a>,
    },
    /// An entry comes to the end of a stream.
    StreamAdd {
        /// The key, created if absent.
        key: &'a [u8],
        /// The id of the entry, above all there were.
        id: StreamId,
        /// Its fields.
        words: StreamWords<'a>,
    },
    /// Entries are taken out of a stream from among others.
    StreamDelete {
        /// The key.
        key: &'a [u8],
        /// Their ids.
        ids: StreamIds<'a>,
        /// What becomes of those that are pending: kept or dropped.
        references: References,
    },
    /// The first entries leave a stream.
    StreamTrim {
        /// The key.
        key: &'a [u8],
        /// How many.
        count: u64,
        /// What becomes of those that are pending.
        references: References,
    },
    /// What a stream knows besides its entries is set.
    StreamHeadSet {
        /// The key, created if absent.
        key: &'a [u8],
        /// What it knows then.
        head: StreamHead,
    },
    /// A group comes to a stream, or is set to another place.
    GroupSet {
        /// The key.
        key: &'a [u8],
        /// The name of the group.
        group: &'a [u8],
        /// The last entry that counts as given out.
        last_id: StreamId,
        /// How many entries count as given out, if that is known.
        entries_read: Option<u64>,
    },
    /// A group leaves a stream.
    GroupRemove {
        /// The key.
        key: &'a [u8],
        /// The name of the group.
        group: &'a [u8],
    },
    /// A consumer comes to a group, or shows that it is there.
    ConsumerSet {
        /// The key.
        key: &'a [u8],
        /// The name of the group.
        group: &'a [u8],
        /// The name of the consumer.
        consumer: &'a [u8],
        /// When it last did anything.
        seen_at_ms: Milliseconds,
        /// When it last got an entry.
        active_at_ms: Option<Milliseconds>,
    },
    /// A consumer leaves a group, and what is pending with it is pending no more.
    ConsumerRemove {
        /// The key.
        key: &'a [u8],
        /// The name of the group.
        group: &'a [u8],
        /// The name of the consumer.
        consumer: &'a [u8],
    },
    /// Entries become pending with a consumer, whoever had them.
    PendingSet {
        /// The key.
        key: &'a [u8],
        /// The name of the group.
        group: &'a [u8],
        /// The name of the consumer, who is there.
        consumer: &'a [u8],
        /// The entries.
        entries: Deliveries<'a>,
    },
    /// Entries are pending no more.
    PendingRemove {
        /// The key.
        key: &'a [u8],
        /// The name of the group.
        group: &'a [u8],
        /// Their ids.
        ids: StreamIds<'a>,
    },
    /// All entries behind the last one that a group was given, up to an id, are given to a consumer, created if absent.
    GroupDeliver {
        /// The key.
        key: &'a [u8],
        /// The name of the group.
        group: &'a [u8],
        /// The name of the consumer.
        consumer: &'a [u8],
        /// The last entry that is given.
        last_id: StreamId,
        /// How many entries the group was given then, if that is known.
        entries_read: Option<u64>,
        /// When.
        now_ms: Milliseconds,
    },
}

/// The byte that starts each mutation. Append-only: a number is never given to anything else.
mod tag {
    pub(super) const GENESIS: u8 = 1;
    pub(super) const STRING_SET: u8 = 2;
    pub(super) const STRING_WRITE: u8 = 3;
    pub(super) const REMOVE: u8 = 4;
    pub(super) const EXPIRY_SET: u8 = 5;
    pub(super) const HASH_SET: u8 = 6;
    pub(super) const HASH_REMOVE: u8 = 7;
    pub(super) const LIST_PUSH: u8 = 8;
    pub(super) const LIST_POP: u8 = 9;
    pub(super) const LIST_TRIM: u8 = 10;
    pub(super) const SET_ADD: u8 = 11;
    pub(super) const SET_REMOVE: u8 = 12;
    pub(super) const RENAME: u8 = 13;
    pub(super) const CLEAR: u8 = 14;
    pub(super) const LIST_SET: u8 = 15;
    pub(super) const LIST_INSERT: u8 = 16;
    pub(super) const LIST_REMOVE: u8 = 17;
    pub(super) const COPY: u8 = 18;
    pub(super) const SET_STORE: u8 = 19;
    pub(super) const HASH_SET_EXPIRING: u8 = 20;
    pub(super) const HASH_EXPIRY_SET: u8 = 21;
    pub(super) const SORTED_SET_ADD: u8 = 25;
    pub(super) const SORTED_SET_REMOVE: u8 = 26;
    pub(super) const SORTED_SET_REMOVE_RANGE: u8 = 27;
    pub(super) const SORTED_SET_STORE: u8 = 28;
    pub(super) const LIBRARY_SET: u8 = 30;
    pub(super) const LIBRARY_REMOVE: u8 = 31;
    pub(super) const STREAM_ADD: u8 = 44;
    pub(super) const STREAM_DELETE: u8 = 45;
    pub(super) const STREAM_TRIM: u8 = 46;
    pub(super) const STREAM_HEAD_SET: u8 = 47;
    pub(super) const GROUP_SET: u8 = 48;
    pub(super) const GROUP_REMOVE: u8 = 49;
    pub(super) const CONSUMER_SET: u8 = 50;
    pub(super) const CONSUMER_REMOVE: u8 = 51;
    pub(super) const PENDING_SET: u8 = 52;
    pub(super) const PENDING_REMOVE: u8 = 53;
    pub(super) const GROUP_DELIVER: u8 = 54;
    pub(super) const JSON_SET: u8 = 64;
    pub(super) const JSON_REPLACE: u8 = 65;
    pub(super) const JSON_INSERT: u8 = 66;
    pub(super) const JSON_PUT: u8 = 67;
    pub(super) const JSON_REMOVE: u8 = 68;
    pub(super) const JSON_APPEND: u8 = 69;
    pub(super) const LIST_STORE: u8 = 80;
    pub(super) const HASH_STORE: u8 = 81;
    pub(super) const STREAM_STORE: u8 = 90;
}

/// The keys of a mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched<'a> {
    /// None.
    Nothing,
    /// This one.
    One(&'a [u8]),
    /// These two.
    Two(&'a [u8], &'a [u8]),
    /// Every key there is.
    Everything,
}

impl<'a> Mutation<'a> {
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

    /// Whose entries it changes.
    #[must_use]
    pub fn touched(&self) -> Touched<'a> {
        match *self {
            Self::Genesis { .. } | Self::LibrarySet { .. } | Self::LibraryRemove { .. } => Touched::Nothing,
            Self::StringSet { key, .. }
            | Self::StringWrite { key, .. }
            | Self::Remove { key }
            | Self::ExpirySet { key, .. }
            | Self::HashSet { key, .. }
            | Self::HashSetExpiring { key, .. }
            | Self::HashExpirySet { key, .. }
            | Self::HashRemove { key, .. }
            | Self::ListPush { key, .. }
            | Self::ListPop { key, .. }
            | Self::ListTrim { key, .. }
            | Self::ListSet { key, .. }
            | Self::ListInsert { key, .. }
            | Self::ListRemove { key, .. }
            | Self::ListStore { key, .. }
            | Self::HashStore { key, .. }
            | Self::StreamStore { key, .. }
            | Self::SetAdd { key, .. }
            | Self::SetRemove { key, .. }
            | Self::SetStore { key, .. }
            | Self::SortedSetAdd { key, .. }
            | Self::SortedSetRemove { key, .. }
            | Self::SortedSetRemoveRange { key, .. }
            | Self::SortedSetStore { key, .. }
            | Self::JsonSet { key, .. }
            | Self::JsonChange { key, .. }
            | Self::StreamAdd { key, .. }
            | Self::StreamDelete { key, .. }
            | Self::StreamTrim { key, .. }
            | Self::StreamHeadSet { key, .. }
            | Self::GroupSet { key, .. }
            | Self::GroupRemove { key, .. }
            | Self::ConsumerSet { key, .. }
            | Self::ConsumerRemove { key, .. }
            | Self::PendingSet { key, .. }
            | Self::PendingRemove { key, .. }
            | Self::GroupDeliver { key, .. } => Touched::One(key),
            Self::Rename { from, to } | Self::Copy { from, to } => Touched::Two(from, to),
            Self::Clear => Touched::Everything,
        }
    }

    /// The keys whose entries it changes: those that it [touches](Self::touched), but for the source of a copy.
    #[must_use]
    pub fn changed(&self) -> Touched<'a> {
        match *self {
            Self::Copy { to, .. } => Touched::One(to),
            _ => self.touched(),
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

fn put_id(out: &mut Vec<u8>, id: StreamId) {
    varint::put(out, id.ms);
    varint::put(out, id.number);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
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
