//! The naive model: a map of plain collections, and the operations both sides understand.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::cx::{End, Lookup, WriteCx};
use crate::keyspace::Outcome;
use crate::mutation::{Members, ScoredMembers};
use crate::rdb;
use crate::types::sorted_set::{Cut, OrderedScore};
use crate::types::{DataType, Field};

pub(super) type Bytes = Vec<u8>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    String(Bytes),
    /// Values and expiry times.
    Hash(BTreeMap<Bytes, (Bytes, Option<u64>)>),
    List(VecDeque<Bytes>),
    Set(HashSet<Bytes>),
    SortedSet(BTreeMap<Bytes, f64>),
}

#[derive(Debug, Clone)]
pub(super) enum Operation {
    SetString(u8, Bytes, Option<u64>),
    WriteString(u8, usize, Bytes),
    Remove(u8),
    SetExpiry(u8, Option<u64>),
    HashPut(u8, u16, Bytes, Option<u64>),
    HashExpiry(u8, u16, Option<u64>),
    HashRemove(u8, u16),
    Push(u8, bool, Bytes),
    Pop(u8, bool),
    Trim(u8, usize, usize),
    SetElement(u8, Index, Bytes),
    Insert(u8, Index, Bytes),
    TakeOut(u8, Vec<Index>),
    Add(u8, u16),
    Take(u8, u16),
    StoreSet(u8, HashSet<u16>),
    Score(u8, u16, f64),
    Unscore(u8, u16),
    UnscoreRange(u8, usize, usize),
    StoreScores(u8, Vec<(u16, f64)>),
    Rename(u8, u8),
    Copy(u8, u8),
    Restore(u8, u8, Option<u64>),
    Clear,
    Pass(u64),
}

pub(super) fn key(number: u8) -> Bytes {
    format!("key{number}").into_bytes()
}

fn field(number: u16) -> Bytes {
    format!("field {number}").into_bytes()
}

pub(super) fn end(front: bool) -> End {
    if front { End::Front } else { End::Back }
}

/// Values from empty to many chunks; mostly short.
fn value() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..20),
        2 => vec(any::<u8>(), 100..300),
        1 => (any::<u8>(), 0usize..200_000).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

/// Scores with ties, both zeros and both infinities.
fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-3i32..4).prop_map(f64::from),
        4 => -1e9f64..1e9,
        1 => Just(-0.0),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ]
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let key = || 0u8..6;
    let field = || 0u16..300;
    let expiry = || proptest::option::of(900u64..3000);
    prop_oneof![
        3 => (key(), value(), expiry()).prop_map(|(key, value, at)| SetString(key, value, at)),
        3 => (key(), prop_oneof![0usize..40, 0usize..150_000], value()).prop_map(|(key, at, value)| WriteString(key, at, value)),
        1 => key().prop_map(Remove),
        2 => (key(), expiry()).prop_map(|(key, at)| SetExpiry(key, at)),
        8 => (key(), field(), value(), expiry()).prop_map(|(key, field, value, at)| HashPut(key, field, value, at)),
        4 => (key(), field(), expiry()).prop_map(|(key, field, at)| HashExpiry(key, field, at)),
        4 => (key(), field()).prop_map(|(key, field)| HashRemove(key, field)),
        8 => (key(), any::<bool>(), value()).prop_map(|(key, front, value)| Push(key, front, value)),
        3 => (key(), any::<bool>()).prop_map(|(key, front)| Pop(key, front)),
        1 => (key(), 0usize..30, 0usize..30).prop_map(|(key, front, back)| Trim(key, front, back)),
        4 => (key(), any::<Index>(), value()).prop_map(|(key, at, value)| SetElement(key, at, value)),
        4 => (key(), any::<Index>(), value()).prop_map(|(key, at, value)| Insert(key, at, value)),
        2 => (key(), vec(any::<Index>(), 1..40)).prop_map(|(key, places)| TakeOut(key, places)),
        8 => (key(), field()).prop_map(|(key, member)| Add(key, member)),
        4 => (key(), field()).prop_map(|(key, member)| Take(key, member)),
        1 => (key(), hash_set(field(), 0..250)).prop_map(|(key, members)| StoreSet(key, members)),
        8 => (key(), field(), score()).prop_map(|(key, member, score)| Score(key, member, score)),
        4 => (key(), field()).prop_map(|(key, member)| Unscore(key, member)),
        1 => (key(), 0usize..40, 1usize..40).prop_map(|(key, rank, count)| UnscoreRange(key, rank, count)),
        1 => (key(), vec((field(), score()), 0..250)).prop_map(|(key, members)| StoreScores(key, members)),
        1 => (key(), key()).prop_map(|(from, to)| Rename(from, to)),
        3 => (key(), key()).prop_map(|(from, to)| Copy(from, to)),
        2 => (key(), key(), expiry()).prop_map(|(from, to, at)| Restore(from, to, at)),
        1 => (0u64..200).prop_map(Pass),
    ]
}

/// Long runs on one key of one type, so that collections leave their packed form.
pub(super) fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let step = (any::<u16>(), any::<bool>(), value(), 900u64..3000);
    let run = (0u8..6, 0u8..6, vec(step, 1..300)).prop_map(|(key, kind, steps)| {
        let step = move |(number, front, value, at): (u16, bool, Bytes, u64)| match kind {
            0 => Operation::HashPut(key, number, value, None),
            1 => Operation::HashPut(key, number, value, Some(at)),
            2 => Operation::HashPut(key, number, value, front.then_some(at)),
            3 => Operation::Push(key, front, value),
            4 => Operation::Add(key, number),
            _ => Operation::Score(key, number, value.len() as f64),
        };
        std::iter::once(Operation::Remove(key)).chain(steps.into_iter().map(step)).collect::<Vec<_>>()
    });
    let mixed = vec(operation(), 0..150);
    let clear = Just(vec![Operation::Clear]);
    vec(prop_oneof![4 => run, 8 => mixed, 1 => clear], 1..6).prop_map(|parts| parts.concat())
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) entries: BTreeMap<Bytes, (Value, Option<u64>)>,
}

impl Model {
    fn entry(&mut self, key: &Bytes, empty: Value) -> &mut Value {
        &mut self.entries.entry(key.clone()).or_insert((empty, None)).0
    }

    fn drop_empty(&mut self, key: &Bytes) {
        let empty = match self.entries.get(key) {
            Some((Value::Hash(hash), _)) => hash.is_empty(),
            Some((Value::List(list), _)) => list.is_empty(),
            Some((Value::Set(set), _)) => set.is_empty(),
            Some((Value::SortedSet(set), _)) => set.is_empty(),
            _ => false,
        };
        if empty {
            self.entries.remove(key);
        }
    }

    pub(super) fn forget_expired(&mut self, now_ms: u64) {
        let alive = |at: &Option<u64>| at.is_none_or(|at| now_ms <= at);
        self.entries.retain(|_, (value, at)| {
            if let Value::Hash(hash) = value {
                hash.retain(|_, (_, at)| alive(at));
            }
            alive(at) && !matches!(value, Value::Hash(hash) if hash.is_empty())
        });
    }
}

/// Whether the key is absent or of that type.
fn fits(cx: &WriteCx<'_>, key: &[u8], data_type: DataType) -> bool {
    cx.data_type(key).is_none_or(|found| found == data_type)
}

/// Does the operation on both sides and compares what they say.
pub(super) fn perform(cx: &mut WriteCx<'_>, model: &mut Model, operation: &Operation) {
    model.forget_expired(cx.now_ms());
    match operation.clone() {
        Operation::SetString(number, value, at) => {
            cx.set_string(&key(number), &value, at);
            model.entries.insert(key(number), (Value::String(value), at));
        }
        Operation::WriteString(number, offset, bytes) if fits(cx, &key(number), DataType::String) => {
            cx.write_string(&key(number), offset, &bytes);
            if let Value::String(value) = model.entry(&key(number), Value::String(Vec::new())) {
                value.resize(value.len().max(offset + bytes.len()), 0);
                value[offset..offset + bytes.len()].copy_from_slice(&bytes);
            }
        }
        Operation::Remove(number) => {
            assert_eq!(cx.remove(&key(number)), model.entries.remove(&key(number)).is_some());
        }
        Operation::SetExpiry(number, at) => {
            let entry = model.entries.get_mut(&key(number));
            assert_eq!(cx.set_expiry(&key(number), at), entry.is_some());
            entry.into_iter().for_each(|entry| entry.1 = at);
        }
        Operation::HashPut(number, name, value, at) if fits(cx, &key(number), DataType::Hash) => {
            let name = field(name);
            let added = cx.hash_put(&key(number), Field { name: &name, value: &value, expire_at_ms: at });
            if let Value::Hash(hash) = model.entry(&key(number), Value::Hash(BTreeMap::new())) {
                assert_eq!(added, hash.insert(name, (value, at)).is_none());
            }
        }
        Operation::HashExpiry(number, name, at) if fits(cx, &key(number), DataType::Hash) => {
            let found = cx.hash_set_expiry(&key(number), &field(name), at);
            if let Value::Hash(hash) = model.entry(&key(number), Value::Hash(BTreeMap::new())) {
                let expected = hash.get_mut(&field(name));
                assert_eq!(found, expected.is_some());
                expected.into_iter().for_each(|expected| expected.1 = at);
            }
        }
        Operation::HashRemove(number, name) if fits(cx, &key(number), DataType::Hash) => {
            let removed = cx.hash_remove(&key(number), &field(name));
            if let Value::Hash(hash) = model.entry(&key(number), Value::Hash(BTreeMap::new())) {
                assert_eq!(removed, hash.remove(&field(name)).is_some());
            }
        }
        Operation::Push(number, front, value) if fits(cx, &key(number), DataType::List) => {
            cx.list_push(&key(number), end(front), &value);
            if let Value::List(list) = model.entry(&key(number), Value::List(VecDeque::new())) {
                if front { list.push_front(value) } else { list.push_back(value) }
            }
        }
        Operation::Pop(number, front) if fits(cx, &key(number), DataType::List) => {
            let popped = cx.list_pop(&key(number), end(front));
            if let Value::List(list) = model.entry(&key(number), Value::List(VecDeque::new())) {
                assert_eq!(popped, if front { list.pop_front() } else { list.pop_back() });
            }
        }
        Operation::Trim(number, front, back) if fits(cx, &key(number), DataType::List) => {
            cx.list_trim(&key(number), front, back);
            if let Value::List(list) = model.entry(&key(number), Value::List(VecDeque::new())) {
                list.drain(..front.min(list.len()));
                list.truncate(list.len().saturating_sub(back));
            }
        }
        Operation::SetElement(number, at, value) if fits(cx, &key(number), DataType::List) => {
            if let Some((Value::List(list), _)) = model.entries.get_mut(&key(number)) {
                let index = at.index(list.len());
                cx.list_set(&key(number), index, &value);
                list[index] = value;
            }
        }
        Operation::Insert(number, at, value) if fits(cx, &key(number), DataType::List) => {
            if let Some((Value::List(list), _)) = model.entries.get_mut(&key(number)) {
                let index = at.index(list.len() + 1);
                cx.list_insert(&key(number), index, &value);
                list.insert(index, value);
            }
        }
        Operation::TakeOut(number, places) if fits(cx, &key(number), DataType::List) => {
            if let Some((Value::List(list), _)) = model.entries.get_mut(&key(number)) {
                let indexes: BTreeSet<usize> = places.iter().map(|at| at.index(list.len())).collect();
                cx.list_remove(&key(number), &indexes.iter().copied().collect::<Vec<_>>());
                let kept = (0..).zip(list.drain(..)).filter(|(index, _)| !indexes.contains(index));
                *list = kept.map(|(_, element)| element).collect();
            }
        }
        Operation::Add(number, member) if fits(cx, &key(number), DataType::Set) => {
            let added = cx.set_add(&key(number), &field(member));
            if let Value::Set(set) = model.entry(&key(number), Value::Set(HashSet::new())) {
                assert_eq!(added, set.insert(field(member)));
            }
        }
        Operation::Take(number, member) if fits(cx, &key(number), DataType::Set) => {
            let removed = cx.set_remove(&key(number), &field(member));
            if let Value::Set(set) = model.entry(&key(number), Value::Set(HashSet::new())) {
                assert_eq!(removed, set.remove(&field(member)));
            }
        }
        Operation::StoreSet(number, members) => {
            let members: HashSet<Bytes> = members.into_iter().map(field).collect();
            let packed = Members::pack(&members.iter().map(Vec::as_slice).collect::<Vec<_>>());
            cx.set_store(&key(number), Members::new(&packed).unwrap());
            model.entries.insert(key(number), (Value::Set(members), None));
        }
        Operation::Score(number, member, score) if fits(cx, &key(number), DataType::SortedSet) => {
            let outcome = cx.set_score(&key(number), &field(member), score);
            if let Value::SortedSet(set) = model.entry(&key(number), Value::SortedSet(BTreeMap::new())) {
                let expected = match set.insert(field(member), score) {
                    None => Outcome::Added,
                    Some(old) if old == score => Outcome::Unchanged,
                    Some(_) => Outcome::Changed,
                };
                assert_eq!(outcome, expected);
            }
        }
        Operation::Unscore(number, member) if fits(cx, &key(number), DataType::SortedSet) => {
            let removed = cx.sorted_set_remove(&key(number), &field(member));
            if let Value::SortedSet(set) = model.entry(&key(number), Value::SortedSet(BTreeMap::new())) {
                assert_eq!(removed, set.remove(&field(member)).is_some());
            }
        }
        Operation::StoreScores(number, members) => {
            let set: BTreeMap<Bytes, f64> =
                members.into_iter().map(|(member, score)| (field(member), score)).collect();
            let order = ordered(&set);
            let packed = ScoredMembers::pack(order.iter().map(|(member, score)| (member.as_slice(), *score)));
            cx.sorted_set_store(&key(number), ScoredMembers::new(&packed).unwrap());
            model.entries.insert(key(number), (Value::SortedSet(set), None));
        }
        Operation::UnscoreRange(number, rank, count) if fits(cx, &key(number), DataType::SortedSet) => {
            if let Value::SortedSet(set) = model.entry(&key(number), Value::SortedSet(BTreeMap::new())) {
                let ranks = rank.min(set.len())..(rank + count).min(set.len());
                for (member, _) in ordered(set).drain(ranks.clone()) {
                    set.remove(&member);
                }
                cx.sorted_set_remove_range(&key(number), ranks);
            }
        }
        Operation::Rename(from, to) => {
            let moved = cx.rename(&key(from), &key(to));
            let entry = model.entries.remove(&key(from));
            assert_eq!(moved, entry.is_some());
            entry.into_iter().for_each(|entry| drop(model.entries.insert(key(to), entry)));
        }
        Operation::Copy(from, to) => {
            let copied = cx.copy(&key(from), &key(to));
            let entry = model.entries.get(&key(from)).cloned().filter(|_| from != to);
            assert_eq!(copied, entry.is_some());
            entry.into_iter().for_each(|entry| drop(model.entries.insert(key(to), entry)));
        }
        Operation::Restore(from, to, expire_at_ms) => {
            let payload = cx.entry(&key(from)).map(|entry| rdb::dump(entry).unwrap());
            let entry = model.entries.get(&key(from)).cloned();
            assert_eq!(payload.is_some(), entry.is_some());
            if let (Some(payload), Some((value, _))) = (payload, entry) {
                cx.restore(&key(to), &rdb::load(&payload, cx.now_ms()).unwrap(), expire_at_ms);
                model.entries.insert(key(to), (value, expire_at_ms));
            }
        }
        Operation::Clear => {
            cx.clear();
            model.entries.clear();
        }
        _ => {}
    }
    (0..6).for_each(|number| model.drop_empty(&key(number)));
    // A field may have been given an expiry that has passed.
    model.forget_expired(cx.now_ms());
}

/// Members and scores in order.
fn ordered(set: &BTreeMap<Bytes, f64>) -> Vec<(Bytes, f64)> {
    let mut all: Vec<_> = set.iter().map(|(member, score)| (member.clone(), *score)).collect();
    all.sort_by(|(_, a), (_, b)| a.partial_cmp(b).unwrap());
    all
}

/// Compares everything that lookups show.
pub(super) fn compare(cx: &impl Lookup, model: &Model) {
    for number in 0..6 {
        let name = key(number);
        let (entry, expected) = (cx.entry(&name), model.entries.get(&name));
        assert_eq!(entry.is_some(), expected.is_some(), "{number}");
        let (Some(entry), Some((value, at))) = (entry, expected) else { continue };
        assert_eq!(entry.expire_at_ms(), *at);
        match value {
            Value::String(expected) => {
                let string = entry.string().unwrap();
                assert_eq!(string.len(), expected.len());
                assert!(string.to_cow() == expected.as_slice());
                let (from, len) = (expected.len() / 3, expected.len() / 2);
                assert!(string.slice(from, len).flatten().eq(&expected[from..from + len]));
            }
            Value::Hash(expected) => {
                let hash = entry.hash().unwrap();
                assert_eq!(hash.len(), expected.len());
                let all: BTreeMap<_, _> = hash
                    .fields()
                    .map(|field| (field.name.to_vec(), (field.value.to_vec(), field.expire_at_ms)))
                    .collect();
                assert!(all == *expected);
                assert!(expected.iter().all(|(name, (value, _))| hash.get(name) == Some(value)));
                let mut scanned = 0;
                assert_eq!(hash.scan(0, usize::MAX, &mut |_, _| scanned += 1), 0);
                assert_eq!(scanned, expected.len());
                assert!(hash.contains(hash.random(7).unwrap().0));
            }
            Value::List(expected) => {
                let list = entry.list().unwrap();
                assert_eq!(list.len(), expected.len());
                assert!(list.iter().eq(expected.iter()));
                assert!(list.iter_back().eq(expected.iter().rev()));
                for index in [0, expected.len() / 2, expected.len() - 1, expected.len()] {
                    assert_eq!(list.get(index), expected.get(index).map(Vec::as_slice));
                    assert!(list.iter_from(index).eq(expected.iter().skip(index)));
                }
            }
            Value::SortedSet(expected) => {
                let set = entry.sorted_set().unwrap();
                assert_eq!(set.len(), expected.len());
                let order = ordered(expected);
                let owned = |(member, score): (&[u8], f64)| (member.to_vec(), score);
                assert!(set.iter().map(owned).eq(order.iter().cloned()));
                assert!(set.iter().rev().map(owned).eq(order.iter().rev().cloned()));
                for (rank, (member, score)) in order.iter().enumerate() {
                    assert_eq!(set.rank(member), Some((rank, *score)));
                    let before = order.iter().filter(|(_, other)| other < score).count();
                    let upto = order.iter().filter(|(_, other)| other <= score).count();
                    assert_eq!(set.rank_of(Cut::BeforeScore(OrderedScore::new(*score))), before);
                    assert_eq!(set.rank_of(Cut::AfterScore(OrderedScore::new(*score))), upto);
                }
                let middle = order.len() / 3..order.len() / 2;
                assert!(
                    set.range(middle.clone())
                        .map(|(member, _)| member)
                        .eq(order[middle].iter().map(|(member, _)| member))
                );
                assert_eq!(set.score(b"no member"), None);
                let mut scanned = 0;
                assert_eq!(set.scan(0, usize::MAX, &mut |_, _| scanned += 1), 0);
                assert_eq!(scanned, order.len());
            }
            Value::Set(expected) => {
                let set = entry.set().unwrap();
                assert_eq!(set.len(), expected.len());
                assert_eq!(set.iter().map(<[u8]>::to_vec).collect::<HashSet<_>>(), *expected);
                assert!(expected.iter().all(|member| set.contains(member)));
                assert!(set.contains(set.random(99).unwrap()));
            }
        }
    }
}
