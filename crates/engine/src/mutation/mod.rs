//! Mutations: what changes an entry, absolute and deterministic, as it stands in a batch. Never a command.

mod decode;
mod encode;
mod fields;
mod json;
mod members;
mod positions;
mod scored;
mod stream_body;
mod streams;
mod tag;
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
