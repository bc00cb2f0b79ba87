//! Mutations of streams.

use super::{Outcome, WrongType, large, new_head, stamp, swap, usize_of};
use crate::entry::{Head, LargeValue, Record};
use crate::hash::KeyHash;
use crate::keyspace::{Effects, Shard};
use crate::mutation::{Mutation, StreamBody};
use crate::types::DataType;
use crate::types::stream::{Stream, StreamInverses};
use crate::undo::Undo;

impl Shard {
    /// Applies a mutation of a stream.
    pub(super) fn apply_to_stream(
        &mut self,
        hash: KeyHash,
        mutation: &Mutation<'_>,
        effects: &mut Effects<'_>,
    ) -> Result<Outcome, WrongType> {
        match *mutation {
            Mutation::StreamAdd { key, id, words } => {
                self.change_stream(hash, key, true, effects, |stream, inverses| {
                    stream.add(id, words.as_bytes(), inverses)
                })
            }
            Mutation::StreamHeadSet { key, head } => {
                self.change_stream(hash, key, true, effects, |stream, inverses| {
                    stream.set_head(head, inverses);
                    true
                })
            }
            Mutation::StreamDelete { key, ids, references } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.delete(ids.iter(), references, inverses)
                })
            }
            Mutation::StreamTrim { key, count, references } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.trim(usize_of(count), references, inverses)
                })
            }
            Mutation::GroupSet { key, group, last_id, entries_read } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.set_group(group, last_id, entries_read, inverses)
                })
            }
            Mutation::GroupRemove { key, group } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.remove_group(group, inverses)
                })
            }
            Mutation::ConsumerSet { key, group, consumer, seen_at_ms, active_at_ms } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.set_consumer(group, consumer, (seen_at_ms, active_at_ms), inverses)
                })
            }
            Mutation::ConsumerRemove { key, group, consumer } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.remove_consumer(group, consumer, inverses)
                })
            }
            Mutation::PendingSet { key, group, consumer, entries } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.set_pending(group, consumer, entries.iter(), inverses)
                })
            }
            Mutation::PendingRemove { key, group, ids } => {
                self.change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.acknowledge(group, ids.iter(), inverses)
                })
            }
            Mutation::GroupDeliver { key, group, consumer, last_id, entries_read, now_ms } => self
                .change_stream(hash, key, false, effects, |stream, inverses| {
                    stream.deliver(group, consumer, (last_id, entries_read), now_ms, inverses)
                }),
            _ => Ok(Outcome::Unchanged),
        }
    }

    /// Makes the key this stream, whatever it was.
    pub(super) fn store_stream(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        body: StreamBody<'_>,
        effects: &mut Effects<'_>,
    ) -> Outcome {
        let record = record_of(new_head(DataType::Stream, effects), key, body.to_stream());
        self.replace(hash, key, record, effects)
    }

    /// Changes a stream, which is made if `makes` says so. `change` tells whether it did anything.
    fn change_stream(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        makes: bool,
        effects: &mut Effects<'_>,
        change: impl FnOnce(&mut Stream, &mut StreamInverses) -> bool,
    ) -> Result<Outcome, WrongType> {
        let Some(record) = self.get_mut(hash, key) else {
            let mut stream = Stream::default();
            if !makes || !change(&mut stream, &mut StreamInverses::default()) {
                return Ok(Outcome::Unchanged);
            }
            let record = record_of(new_head(DataType::Stream, effects), key, stream);
            return Ok(self.replace(hash, key, record, effects));
        };
        let head = Head { version: effects.sequence, ..record.head() };
        if head.data_type != DataType::Stream {
            return Err(WrongType);
        }
        if let Some(bytes) = record.packed() {
            let mut stream = Stream::unpacked(bytes);
            if !change(&mut stream, &mut StreamInverses::default()) {
                return Ok(Outcome::Unchanged);
            }
            swap(record, record_of(head, key, stream), effects);
            return Ok(Outcome::Changed);
        }
        let Some(entry) = record.large_mut() else { return Ok(Outcome::Unchanged) };
        let LargeValue::Stream(stream) = &mut entry.value else { return Err(WrongType) };
        let mut inverses = StreamInverses::new(effects.records_inverses());
        if !change(stream, &mut inverses) {
            return Ok(Outcome::Unchanged);
        }
        effects.undo_with(|| Undo::Stream { key: key.into(), steps: inverses.into_steps() });
        stamp(entry, effects);
        Ok(Outcome::Changed)
    }
}

/// A record of a stream: packed while it is small.
fn record_of(head: Head, key: &[u8], stream: Stream) -> Record {
    match stream.packed() {
        Some(bytes) => Record::pack(head, key, &[&bytes]),
        None => large(head, key, LargeValue::Stream(Box::new(stream))),
    }
}
