use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::mutation::Members;
use crate::types::stream::large::StreamInverses;

type Words = Vec<Vec<u8>>;

/// A stream as plain collections.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    head: StreamHead,
    entries: BTreeMap<StreamId, Words>,
    groups: BTreeMap<Vec<u8>, GroupModel>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct GroupModel {
    last_id: StreamId,
    entries_read: Option<u64>,
    consumers: BTreeMap<Vec<u8>, (u64, Option<u64>)>,
    pending: BTreeMap<StreamId, (Vec<u8>, u64, u64)>,
}

impl Model {
    fn of(stream: &Stream) -> Self {
        stream.check();
        let view = StreamRef::large(stream);
        let entries = view.range(Bounds::ALL).map(|entry| (entry.id, words_of(entry)));
        let groups = view.groups().map(|(name, group)| (name.to_vec(), GroupModel::of(group)));
        Self { head: view.head(), entries: entries.collect(), groups: groups.collect() }
    }

    /// Whether no group needs an entry.
    fn is_done(&self, id: StreamId) -> bool {
        self.groups.values().all(|group| id <= group.last_id && !group.pending.contains_key(&id))
    }

    fn drop_references(&mut self, ids: &[StreamId]) {
        for group in self.groups.values_mut() {
            group.pending.retain(|id, _| !ids.contains(id));
        }
    }
}

impl GroupModel {
    fn of(group: &Group) -> Self {
        let consumers = group
            .consumers()
            .map(|(name, consumer)| (name.to_vec(), (consumer.seen_at_ms, consumer.active_at_ms)));
        let pending = group.pending_range(StreamId::MIN, StreamId::MAX).map(|(id, pending)| {
            (id, (pending.consumer().to_vec(), pending.delivered_at_ms, pending.deliveries))
        });
        Self {
            last_id: group.last_id,
            entries_read: group.entries_read,
            consumers: consumers.collect(),
            pending: pending.collect(),
        }
    }
}

fn words_of(entry: StreamEntry<'_>) -> Words {
    let words: Words = entry.words().map(<[u8]>::to_vec).collect();
    assert_eq!(words.len(), 2 * entry.field_count());
    words
}

/// A step in the life of a stream. Ids are chosen among those near the last one.
#[derive(Debug, Clone)]
enum Step {
    Add { ms: u64, number: u64, words: Words },
    Delete(Vec<u64>, bool),
    Trim(usize, References),
    SetGroup(u8, u64),
    RemoveGroup(u8),
    SetConsumer(u8, u8, u64),
    RemoveConsumer(u8, u8),
    Deliver(u8, u8, u64),
    SetPending(u8, u8, Vec<u64>),
    Acknowledge(u8, Vec<u64>),
}

fn words() -> impl Strategy<Value = Words> {
    let same_names = proptest::collection::vec(any::<u8>(), 0..20)
        .prop_map(|value| vec![b"name".to_vec(), value.clone(), b"other".to_vec(), value]);
    let any_names =
        proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..200), b'a'..b'd'), 1..4)
            .prop_map(|pairs| pairs.into_iter().flat_map(|(value, name)| [vec![name], value]).collect());
    let long = (1usize..3).prop_map(|count| vec![b"long".to_vec(), vec![b'x'; count * 3000]]);
    prop_oneof![8 => same_names, 2 => any_names, 1 => long]
}

fn step() -> impl Strategy<Value = Step> {
    let ids = || proptest::collection::vec(0u64..60, 1..6);
    let references = prop_oneof![Just(References::Kept), Just(References::Dropped), Just(References::None)];
    prop_oneof![
        12 => (prop_oneof![Just(0u64), 0u64..3, Just(1u64 << 33)], 0u64..3, words())
            .prop_map(|(ms, number, words)| Step::Add { ms, number, words }),
        3 => (ids(), any::<bool>()).prop_map(|(ids, drops)| Step::Delete(ids, drops)),
        2 => (0usize..6, references).prop_map(|(count, references)| Step::Trim(count, references)),
        2 => (0u8..3, 0u64..60).prop_map(|(group, id)| Step::SetGroup(group, id)),
        1 => (0u8..3).prop_map(Step::RemoveGroup),
        2 => (0u8..3, 0u8..3, 0u64..9).prop_map(|(group, name, at)| Step::SetConsumer(group, name, at)),
        1 => (0u8..3, 0u8..3).prop_map(|(group, name)| Step::RemoveConsumer(group, name)),
        4 => (0u8..3, 0u8..3, 0u64..60).prop_map(|(group, name, id)| Step::Deliver(group, name, id)),
        3 => (0u8..3, 0u8..3, ids()).prop_map(|(group, name, ids)| Step::SetPending(group, name, ids)),
        3 => (0u8..3, ids()).prop_map(|(group, ids)| Step::Acknowledge(group, ids)),
    ]
}

/// The id of the entry that is the `back`-th from the end, or one that is none.
fn id_at(model: &Model, back: u64) -> StreamId {
    let back = usize::try_from(back).unwrap();
    let id = model.entries.keys().rev().nth(back).copied();
    id.unwrap_or(StreamId::new(model.head.last_id.ms / 2, back as u64))
}

fn ids_at(model: &Model, backs: &[u64]) -> Vec<StreamId> {
    let mut ids: Vec<_> = backs.iter().map(|back| id_at(model, *back)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Takes a step with both. What the stream says of it, and what the model does.
fn take(stream: &mut Stream, model: &mut Model, step: &Step, inverses: &mut StreamInverses) -> (bool, bool) {
    let before = model.clone();
    let said = match step {
        Step::Add { ms, number, words } => {
            let last = model.head.last_id;
            let id = if *ms == 0 {
                StreamId::new(last.ms, last.number + number)
            } else {
                StreamId::new(last.ms + ms, *number)
            };
            if id > last {
                model.entries.insert(id, words.clone());
                model.head.last_id = id;
                model.head.entries_added += 1;
            }
            let parts: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            stream.add(id, &Members::pack(&parts), inverses)
        }
        Step::Delete(backs, drops) => {
            let ids = ids_at(model, backs);
            for id in &ids {
                if model.entries.remove(id).is_some() {
                    model.head.max_deleted_id = model.head.max_deleted_id.max(*id);
                }
            }
            if *drops {
                model.drop_references(&ids);
            }
            let references = if *drops { References::Dropped } else { References::Kept };
            stream.delete(ids.into_iter(), references, inverses)
        }
        Step::Trim(count, references) => {
            let all = model.entries.keys().copied();
            let ids: Vec<_> = match references {
                References::None => all.filter(|id| model.is_done(*id)).take(*count).collect(),
                _ => all.take(*count).collect(),
            };
            model.entries.retain(|id, _| !ids.contains(id));
            if *references == References::Dropped {
                model.drop_references(&ids);
            }
            stream.trim(*count, *references, inverses)
        }
        Step::SetGroup(name, back) => {
            let (last_id, entries_read) = (id_at(model, *back), (*back > 30).then_some(*back));
            let group = model.groups.entry(vec![*name]).or_default();
            (group.last_id, group.entries_read) = (last_id, entries_read);
            stream.set_group(&[*name], last_id, entries_read, inverses)
        }
        Step::RemoveGroup(name) => {
            model.groups.remove(&vec![*name]);
            stream.remove_group(&[*name], inverses)
        }
        Step::SetConsumer(group, name, at_ms) => {
            let times = (*at_ms, (*at_ms > 3).then_some(*at_ms));
            if let Some(group) = model.groups.get_mut(&vec![*group]) {
                group.consumers.insert(vec![*name], times);
            }
            stream.set_consumer(&[*group], &[*name], times, inverses)
        }
        Step::RemoveConsumer(group, name) => {
            if let Some(group) = model.groups.get_mut(&vec![*group]) {
                group.consumers.remove(&vec![*name]);
                group.pending.retain(|_, (consumer, ..)| *consumer != [*name]);
            }
            stream.remove_consumer(&[*group], &[*name], inverses)
        }
        Step::Deliver(group, name, back) => {
            let last_id = id_at(model, *back);
            if let Some(group) = model.groups.get_mut(&vec![*group]) {
                group.consumers.insert(vec![*name], (7, Some(7)));
                let behind = model.entries.keys().filter(|id| **id > group.last_id && **id <= last_id);
                group.pending.extend(behind.map(|id| (*id, (vec![*name], 7, 1))));
                (group.last_id, group.entries_read) = (last_id, None);
            }
            stream.deliver(&[*group], &[*name], (last_id, None), 7, inverses)
        }
        Step::SetPending(group, name, backs) => {
            let ids = ids_at(model, backs);
            if let Some(group) = model.groups.get_mut(&vec![*group])
                && group.consumers.contains_key(&vec![*name])
            {
                group.pending.extend(ids.iter().map(|id| (*id, (vec![*name], 8, 2))));
            }
            stream.set_pending(&[*group], &[*name], ids.into_iter().map(|id| (id, 8, 2)), inverses)
        }
        Step::Acknowledge(group, backs) => {
            let ids = ids_at(model, backs);
            if let Some(group) = model.groups.get_mut(&vec![*group]) {
                group.pending.retain(|id, _| !ids.contains(id));
            }
            stream.acknowledge(&[*group], ids.into_iter(), inverses)
        }
    };
    (said, *model != before)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_stream_is_what_its_model_is(steps in proptest::collection::vec(step(), 1..200)) {
        let (mut stream, mut model) = (Stream::default(), Model::default());
        for (at, step) in steps.iter().enumerate() {
            let (before, copy) = (model.clone(), stream.clone());
            let mut inverses = StreamInverses::new(at % 2 == 0);
            let (said, changed) = take(&mut stream, &mut model, step, &mut inverses);
            prop_assert!(said || !changed, "{step:?}: a change is called one");
            prop_assert_eq!(&Model::of(&stream), &model, "{:?}", step);
            prop_assert_eq!(&Model::of(&copy), &before, "a copy stays as it was");
            if at % 2 == 0 {
                inverses.into_steps().into_iter().rev().for_each(|inverse| stream.undo(inverse));
                prop_assert_eq!(&Model::of(&stream), &before, "{:?} is undone", step);
                model = before;
                take(&mut stream, &mut model, step, &mut StreamInverses::default());
            }
            if let Some(packed) = stream.packed() {
                prop_assert_eq!(&Model::of(&Stream::unpacked(&packed)), &model);
                let view = StreamRef::packed(&packed);
                let ids = |entries: &mut dyn Iterator<Item = StreamEntry<'_>>| {
                    entries.map(|entry| (entry.id, words_of(entry))).collect::<Vec<_>>()
                };
                let all: Vec<_> = model.entries.clone().into_iter().collect();
                prop_assert_eq!(&ids(&mut view.range(Bounds::ALL)), &all);
                prop_assert!(ids(&mut view.range_back(Bounds::ALL)).into_iter().rev().eq(all));
            }
        }
        let view = StreamRef::large(&stream);
        let ids: Vec<_> = model.entries.keys().copied().collect();
        for window in [0..60, 3..5, 10..11, 20..90] {
            let bounds = Bounds { start: id_at(&model, window.end), end: id_at(&model, window.start) };
            let inside: Vec<_> = ids.iter().copied().filter(|id| bounds.start <= *id && *id <= bounds.end).collect();
            prop_assert!(view.range(bounds).map(|entry| entry.id).eq(inside.iter().copied()));
            prop_assert!(view.range_back(bounds).map(|entry| entry.id).eq(inside.iter().rev().copied()));
        }
        for id in ids {
            prop_assert_eq!(view.get(id).map(words_of), model.entries.get(&id).cloned());
        }
    }
}

#[test]
fn ids_rise_to_the_end_of_time() {
    let last_of_ms = StreamId::new(7, u64::MAX);
    assert_eq!(last_of_ms.next(), Some(StreamId::new(8, 0)));
    assert_eq!(StreamId::new(8, 0).previous(), Some(last_of_ms));
    assert_eq!(StreamId::MAX.next(), None);
    assert_eq!(StreamId::MIN.previous(), None);
    let mut stream = Stream::default();
    for id in [StreamId::new(0, 1), StreamId::new(0, u64::MAX), last_of_ms, StreamId::MAX] {
        assert!(stream.add(id, b"\x01f\x01v", &mut StreamInverses::default()));
    }
    assert!(!stream.add(StreamId::MAX, b"\x01f\x01v", &mut StreamInverses::default()));
    stream.check();
    assert_eq!(StreamRef::large(&stream).last().map(|entry| entry.id), Some(StreamId::MAX));
}
