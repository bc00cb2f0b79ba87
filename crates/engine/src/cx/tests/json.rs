//! Random changes of JSON documents against a naive model: the door agrees, undo restores, replay repeats.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Database, SEED};
use crate::apply_batch;
use crate::cx::{Lookup, WriteCx};
use crate::keyspace::Keyspace;
use crate::mutation::{JsonChange, Ranges};
use crate::types::PackedValues;
use crate::types::json::JsonText;
use crate::types::json::write::text_of;

const KEY: &[u8] = b"doc";

/// A value: its text, if it has no children.
#[derive(Debug, Clone, PartialEq)]
enum Model {
    Scalar(String),
    Text(String),
    Array(Vec<Model>),
    Object(Vec<(String, Model)>),
}

impl Model {
    fn text(&self) -> String {
        match self {
            Self::Scalar(text) => text.clone(),
            Self::Text(text) => format!("\"{text}\""),
            Self::Array(elements) => {
                format!("[{}]", elements.iter().map(Self::text).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let members = members.iter().map(|(name, value)| format!("\"{name}\":{}", value.text()));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    fn children(&self) -> usize {
        match self {
            Self::Scalar(_) | Self::Text(_) => 0,
            Self::Array(elements) => elements.len(),
            Self::Object(members) => members.len(),
        }
    }

    /// Goes down as far as the choices lead, and returns what is there.
    fn walk(&mut self, choices: &[Index], path: &mut Vec<u32>) -> &mut Self {
        let count = self.children();
        let (Some((choice, rest)), true) = (choices.split_first(), count > 0) else { return self };
        let position = choice.index(count);
        path.push(u32::try_from(position).unwrap());
        match self {
            Self::Array(elements) => elements[position].walk(rest, path),
            Self::Object(members) => members[position].1.walk(rest, path),
            Self::Scalar(_) | Self::Text(_) => unreachable!("it has children"),
        }
    }
}

fn model() -> impl Strategy<Value = Model> {
    let leaf = prop_oneof![
        4 => prop_oneof![Just("null"), Just("true"), Just("-1"), Just("1e3"), Just("9007199254740993000000")]
            .prop_map(|text| Model::Scalar(text.to_owned())),
        4 => "[a-zé]{0,30}".prop_map(Model::Text),
        1 => (500usize..3000).prop_map(|len| Model::Text("x".repeat(len))),
    ];
    leaf.prop_recursive(5, 200, 40, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..40).prop_map(Model::Array),
            proptest::collection::btree_map("[a-z]{0,4}", inner, 0..40)
                .prop_map(|members| Model::Object(members.into_iter().collect())),
        ]
    })
}

#[derive(Debug, Clone)]
enum Step {
    Set(Model),
    Replace(Model),
    Insert(Index, Vec<Model>),
    Put(String, Model),
    Remove(Vec<(usize, usize)>),
    Append(String),
    Copy,
}

fn steps() -> impl Strategy<Value = Vec<(Vec<Index>, Step)>> {
    let step = prop_oneof![
        1 => model().prop_map(Step::Set),
        4 => model().prop_map(Step::Replace),
        6 => (any::<Index>(), proptest::collection::vec(model(), 1..6)).prop_map(|(at, values)| Step::Insert(at, values)),
        6 => ("[a-z]{0,4}", model()).prop_map(|(name, value)| Step::Put(name, value)),
        4 => proptest::collection::vec((0usize..9, 1usize..9), 1..4).prop_map(Step::Remove),
        3 => "[a-zé]{1,9}".prop_map(Step::Append),
        1 => Just(Step::Copy),
    ];
    proptest::collection::vec((proptest::collection::vec(any::<Index>(), 0..4), step), 1..30)
}

fn read(model: &Model) -> JsonText {
    JsonText::read(model.text().as_bytes()).unwrap()
}

fn perform(cx: &mut WriteCx<'_>, root: &mut Model, choices: &[Index], step: Step) {
    if let Step::Set(value) = step {
        cx.json_set(KEY, read(&value).packed(), None);
        *root = value;
        return;
    }
    let mut path = Vec::new();
    let place = root.walk(choices, &mut path);
    match step {
        Step::Set(_) => unreachable!("it was done"),
        Step::Copy => assert!(cx.copy(KEY, b"copy")),
        Step::Replace(value) => {
            assert!(cx.json_change(KEY, &path, JsonChange::Replace(read(&value).packed())));
            *place = value;
        }
        Step::Insert(at, values) => {
            let packed: Vec<u8> =
                values.iter().flat_map(|value| read(value).packed().as_bytes().to_vec()).collect();
            let at = at.index(place.children() + 1);
            let change = JsonChange::Insert { index: at as u64, values: PackedValues::trusted(&packed) };
            let done = cx.json_change(KEY, &path, change);
            assert_eq!(done, matches!(place, Model::Array(_)));
            if let Model::Array(elements) = place {
                elements.splice(at..at, values);
            }
        }
        Step::Put(name, value) => {
            let done =
                cx.json_change(KEY, &path, JsonChange::Put { name: &name, value: read(&value).packed() });
            match place {
                Model::Object(members) if members.iter().all(|(other, _)| *other != name) => {
                    assert!(done);
                    members.push((name, value));
                }
                _ => assert!(!done),
            }
        }
        Step::Remove(gaps) => {
            let (mut ranges, mut end) = (Vec::<Range<usize>>::new(), 0);
            for (gap, count) in gaps {
                let start = end + gap + usize::from(end > 0);
                end = start + count;
                ranges.push(start..end);
            }
            let packed = Ranges::pack(&ranges);
            let done = cx.json_change(KEY, &path, JsonChange::Remove(Ranges::new(&packed).unwrap()));
            assert_eq!(done, end <= place.children());
            for range in ranges.into_iter().rev().filter(|_| done) {
                match place {
                    Model::Array(elements) => drop(elements.drain(range)),
                    Model::Object(members) => drop(members.drain(range)),
                    Model::Scalar(_) | Model::Text(_) => {}
                }
            }
        }
        Step::Append(more) => {
            let done = cx.json_change(KEY, &path, JsonChange::Append(&more));
            assert_eq!(done, matches!(place, Model::Text(_)));
            if let Model::Text(text) = place {
                text.push_str(&more);
            }
        }
    }
}

fn check(cx: &impl Lookup, key: &[u8], expected: &Model) {
    let root = cx.json(key).unwrap().unwrap();
    assert_eq!(String::from_utf8(text_of(root).unwrap()).unwrap(), expected.text());
    assert!(root == read(expected).packed().get());
    assert_eq!(root.depth(), read(expected).packed().get().depth());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Each batch is undone and done again, and replayed elsewhere; a copy stays as it was.
    #[test]
    fn documents_change_as_the_model_does(steps in steps(), batch_len in 1usize..6) {
        let mut database = Database::new();
        database.batch.record_inverses(true);
        let replayed = Keyspace::new(SEED);
        let mut model = Model::Array(Vec::new());
        let mut copied: Option<Model> = None;
        database.write(|cx| cx.json_set(KEY, read(&model).packed(), None));
        let mut garbage = Vec::new();
        apply_batch(&replayed, database.batch.payload(), &mut garbage).unwrap();
        for steps in steps.chunks(batch_len) {
            let (before, digest) = (model.clone(), database.keyspace.digest());
            for is_last in [false, true] {
                model = before.clone();
                let mut copy = copied.clone();
                database.write(|cx| {
                    for (choices, step) in steps {
                        let is_copy = matches!(step, Step::Copy);
                        perform(cx, &mut model, choices, step.clone());
                        copy = if is_copy { Some(model.clone()) } else { copy.take() };
                    }
                });
                database.read(|cx| check(cx, KEY, &model));
                if is_last {
                    copied = copy;
                } else {
                    database.undo();
                    database.sequence -= 1;
                    prop_assert_eq!(database.keyspace.digest(), digest);
                    database.read(|cx| check(cx, KEY, &before));
                }
            }
            if let Some(copy) = &copied {
                database.read(|cx| check(cx, b"copy", copy));
            }
            if !database.batch.is_empty() {
                for _ in 0..2 {
                    apply_batch(&replayed, database.batch.payload(), &mut garbage).unwrap();
                }
            }
            prop_assert_eq!(replayed.digest(), database.keyspace.digest());
        }
    }
}

/// A change is logged as itself, not as the document.
#[test]
fn a_change_of_a_large_document_is_a_small_mutation() {
    let mut database = Database::new();
    let elements: Vec<String> = (0..100_000).map(|i| format!("{{\"number\":{i}}}")).collect();
    let text = format!("{{\"list\":[{}]}}", elements.join(","));
    let document = JsonText::read(text.as_bytes()).unwrap();
    database.write(|cx| cx.json_set(KEY, document.packed(), None));
    let seven = JsonText::read(b"7").unwrap();
    database.write(|cx| {
        assert!(cx.json_change(KEY, &[0, 70_000, 0], JsonChange::Replace(seven.packed())));
    });
    assert!(database.batch.payload().len() < 50, "{}", database.batch.payload().len());
    database.read(|cx| {
        let root = cx.json(KEY).unwrap().unwrap();
        assert_eq!(text_of(root.at(&[0, 70_000]).unwrap()).unwrap(), b"{\"number\":7}");
        assert!(cx.entry(KEY).unwrap().memory_bytes(crate::memory::Samples::ALL) < 6_000_000);
    });
}
