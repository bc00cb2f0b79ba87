//! A digest of a keyspace's content that does not depend on order or layout.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

use crate::entry::{EntryRef, Record};
use crate::functions::Library;
use crate::keyspace::Sequence;
use crate::types::json::pack;
use crate::types::{Bounds, Field, StreamId, StreamRef};

/// Sums of hashes over all entries: equal content gives equal digests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// Over keys, types, values and expiry times.
    pub content: u128,
    /// Over keys and versions.
    pub versions: u128,
    /// How many entries.
    pub entries: u64,
    /// The largest version.
    pub highest_version: Sequence,
}

impl Digest {
    pub(super) fn add(&mut self, record: &Record) {
        let entry = EntryRef::new(record);
        let value = value_digest(entry);
        let expiry = entry.expire_at_ms().map_or([0; 9], |at| {
            let [a, b, c, d, e, f, g, h] = at.to_le_bytes();
            [1, a, b, c, d, e, f, g, h]
        });
        let parts: [&[u8]; 4] =
            [entry.key(), entry.data_type().name().as_bytes(), &expiry, &value.to_le_bytes()];
        self.content = self.content.wrapping_add(digest(parts));
        self.versions =
            self.versions.wrapping_add(digest([entry.key(), entry.version().to_le_bytes().as_slice()]));
        self.entries += 1;
        self.highest_version = self.highest_version.max(entry.version());
    }
}

impl Digest {
    /// A library of functions counts as content.
    pub(super) fn add_library(&mut self, library: &Library) {
        self.content = self.content.wrapping_add(digest([
            library.name.as_bytes(),
            b"library",
            &library.code,
            &library.encoded_functions(),
        ]));
    }
}

fn value_digest(entry: EntryRef<'_>) -> u128 {
    if let Ok(string) = entry.string() {
        let mut hasher = SipHasher13::new();
        string.chunks().for_each(|chunk| hasher.write(chunk));
        hasher.finish128().as_u128()
    } else if let Ok(list) = entry.list() {
        digest(list.iter())
    } else if let Ok(hash) = entry.hash() {
        hash.fields().fold(0, |sum, field| sum.wrapping_add(field_digest(field)))
    } else if let Ok(set) = entry.set() {
        set.iter().fold(0, |sum, member| sum.wrapping_add(digest([member])))
    } else if let Ok(set) = entry.sorted_set() {
        // The order follows from members and scores.
        set.iter().fold(0, |sum, (member, score)| sum.wrapping_add(digest([member, &score.to_le_bytes()])))
    } else if let Ok(json) = entry.json() {
        let mut packed = Vec::new();
        pack(json, &mut packed);
        digest([packed.as_slice()])
    } else if let Ok(stream) = entry.stream() {
        stream_digest(stream)
    } else {
        0
    }
}

fn stream_digest(stream: StreamRef<'_>) -> u128 {
    let bytes = |id: StreamId| [id.ms.to_le_bytes(), id.number.to_le_bytes()].concat();
    let option =
        |number: Option<u64>| number.map(u64::to_le_bytes).into_iter().flatten().collect::<Vec<u8>>();
    let head = stream.head();
    let mut sum = digest([
        bytes(head.last_id).as_slice(),
        &head.entries_added.to_le_bytes(),
        &bytes(head.max_deleted_id),
    ]);
    for entry in stream.range(Bounds::ALL) {
        let id = bytes(entry.id);
        sum = sum.wrapping_add(digest(std::iter::once(id.as_slice()).chain(entry.words())));
    }
    for (name, group) in stream.groups() {
        let read = option(group.entries_read);
        sum = sum.wrapping_add(digest([name, bytes(group.last_id).as_slice(), &read]));
        for (consumer, state) in group.consumers() {
            let active = option(state.active_at_ms);
            sum = sum.wrapping_add(digest([name, consumer, &state.seen_at_ms.to_le_bytes(), &active]));
        }
        for (id, pending) in group.pending_range(StreamId::MIN, StreamId::MAX) {
            let (at, count) = (pending.delivered_at_ms.to_le_bytes(), pending.deliveries.to_le_bytes());
            sum = sum.wrapping_add(digest([name, &bytes(id), pending.consumer(), &at, &count]));
        }
    }
    sum
}

fn field_digest(field: Field<'_>) -> u128 {
    match field.expire_at_ms {
        None => digest([field.name, field.value]),
        Some(at) => digest([field.name, field.value, &at.to_le_bytes()]),
    }
}

/// Hashes parts with their lengths, so that no two lists of parts run together.
fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u128 {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write(&(part.len() as u64).to_le_bytes());
        hasher.write(part);
    }
    hasher.finish128().as_u128()
}
