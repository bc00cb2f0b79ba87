use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::limits::{LIST_CHUNK_BYTES, LIST_CHUNK_ELEMENTS};

fn list_of(elements: impl IntoIterator<Item = Vec<u8>>) -> List {
    let mut list = List::default();
    elements.into_iter().for_each(|element| list.push(End::Back, &element));
    list
}

fn view(list: &List) -> Vec<Vec<u8>> {
    assert_eq!(list.len, list.chunks.iter().map(Chunk::count).sum::<usize>());
    assert!(list.chunks.iter().all(|chunk| chunk.count() > 0 && chunk.elements().count() == chunk.count()));
    ListRef::chunked(list).iter().map(<[u8]>::to_vec).collect()
}

/// Mostly short; some fill a chunk or more.
fn element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..10),
        1 => vec(any::<u8>(), 1000..1500),
        1 => (any::<u8>(), LIST_CHUNK_BYTES - 4..LIST_CHUNK_BYTES + 2000).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Insert(Index, Vec<u8>),
    Set(Index, Vec<u8>),
    Remove(Index),
    RemoveAll(Vec<Index>),
    Push(bool, Vec<u8>),
    Drop(bool, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<Index>(), element()).prop_map(|(at, element)| Step::Insert(at, element)),
        4 => (any::<Index>(), element()).prop_map(|(at, element)| Step::Set(at, element)),
        4 => any::<Index>().prop_map(Step::Remove),
        1 => vec(any::<Index>(), 0..60).prop_map(Step::RemoveAll),
        4 => (any::<bool>(), element()).prop_map(|(front, element)| Step::Push(front, element)),
        1 => (any::<bool>(), 0usize..5).prop_map(|(front, count)| Step::Drop(front, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn chunks_agree_with_a_vector(first in vec(element(), 1..400), steps in vec(step(), 0..200)) {
        let (mut list, mut model) = (list_of(first.clone()), first);
        for step in steps {
            let end = |front| if front { End::Front } else { End::Back };
            match step {
                Step::Insert(at, element) => {
                    let index = at.index(model.len() + 1);
                    list.insert(index, &element);
                    model.insert(index, element);
                }
                Step::Push(front, element) => {
                    list.push(end(front), &element);
                    model.insert(if front { 0 } else { model.len() }, element);
                }
                _ if model.is_empty() => {}
                Step::Set(at, element) => {
                    let index = at.index(model.len());
                    list.set(index, &element);
                    model[index] = element;
                }
                Step::Remove(at) => {
                    let index = at.index(model.len());
                    list.remove(index);
                    model.remove(index);
                }
                Step::RemoveAll(places) => {
                    let mut indexes: Vec<usize> = places.iter().map(|at| at.index(model.len())).collect();
                    indexes.sort_unstable();
                    indexes.dedup();
                    let gone = ListRef::chunked(&list).pick(indexes.iter().copied());
                    list.remove_all(indexes.iter().copied());
                    let kept: Vec<Vec<u8>> = (0..).zip(&model).filter(|(index, _)| !indexes.contains(index)).map(|(_, kept)| kept.clone()).collect();
                    prop_assert_eq!(view(&list), kept);
                    list.insert_all(gone.clone());
                    prop_assert_eq!(&view(&list), &model);
                    list.remove_all(indexes.iter().copied());
                    gone.iter().rev().for_each(|(index, element)| assert_eq!(model.remove(*index), element.as_ref()));
                }
                Step::Drop(front, count) => {
                    list.drop_elements(end(front), count, &mut |_| {});
                    let count = count.min(model.len());
                    drop(if front { model.drain(..count) } else { model.drain(model.len() - count..) });
                }
            }
        }
        prop_assert_eq!(&view(&list), &model);
        prop_assert!(ListRef::chunked(&list).iter_back().eq(model.iter().rev()));
    }
}

/// A client that inserts beside one element for ever, wherever it stands in its chunk, leaves full chunks behind.
#[test]
fn inserts_at_one_place_fill_their_chunks() {
    for place in [0, 1, 64, LIST_CHUNK_ELEMENTS - 2, LIST_CHUNK_ELEMENTS - 1, LIST_CHUNK_ELEMENTS, 999] {
        let mut list = list_of((0..1000u32).map(|i| i.to_le_bytes().to_vec()));
        (0..10_000u32).for_each(|i| list.insert(place, &i.to_le_bytes()));
        assert!(list.chunk_count() <= 2 * 11_000 / LIST_CHUNK_ELEMENTS, "{place}: {}", list.chunk_count());
    }
}

#[test]
fn a_thinned_list_gives_its_chunks_back() {
    let numbers = || list_of((0..10_000u32).map(|i| i.to_le_bytes().to_vec()));
    let mut at_once = numbers();
    at_once.remove_all((0..10_000).filter(|index| index % 100 != 0));
    let mut one_by_one = numbers();
    (0..10_000).rev().filter(|index| index % 100 != 0).for_each(|index| one_by_one.remove(index));
    assert_eq!(view(&at_once), view(&one_by_one));
    assert!(at_once.chunk_count() <= 2 && one_by_one.chunk_count() <= 2);
}
