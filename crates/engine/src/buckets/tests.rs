use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;

thread_local! {
    static KEYS_READ: Cell<usize> = const { Cell::new(0) };
    static CLONES: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug, PartialEq)]
struct Counted(Vec<u8>, u32);

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Self(self.0.clone(), self.1)
    }
}

impl Keyed for Counted {
    fn key(&self) -> &[u8] {
        KEYS_READ.set(KEYS_READ.get() + 1);
        &self.0
    }
}

fn table() -> Table<Counted> {
    Table::new(KeyHasher::new([7; 16]), 6)
}

fn put(table: &mut Table<Counted>, key: &[u8], value: u32) -> Option<u32> {
    table.put(table.hash(key), Counted(key.to_vec(), value)).0.map(|old| old.1)
}

/// Growth is incremental: no insert ever looks at more than a handful of buckets, whatever the table holds.
#[test]
fn an_insert_touches_a_bounded_number_of_records() {
    let mut table = table();
    let mut worst = 0;
    for i in 0..100_000u32 {
        KEYS_READ.set(0);
        put(&mut table, &i.to_le_bytes(), i);
        worst = worst.max(KEYS_READ.get());
    }
    assert_eq!(table.len(), 100_000);
    assert!(worst <= 4 * 48, "an insert touched {worst} records");
    let load = 100_000.0 / f64::from(table.bucket_count());
    assert!(load > 28.0, "{load} records per bucket");
}

/// A copy shares everything, and a change to either copies one chunk, once.
#[test]
fn a_copy_shares_what_does_not_change() {
    let mut table = table();
    for i in 0..50_000u32 {
        put(&mut table, &i.to_le_bytes(), i);
    }
    CLONES.set(0);
    let mut copy = table.share();
    assert_eq!((copy.len(), CLONES.get()), (50_000, 0));
    let key = 7u32.to_le_bytes();
    assert_eq!(put(&mut copy, &key, 1), Some(7));
    let copied = CLONES.get();
    assert!(copied > 0 && copied <= CHUNK_BUCKETS * bucket::BUCKET_RECORDS_MAX, "{copied} records");
    assert_eq!(put(&mut copy, &key, 2), Some(1));
    assert_eq!(copy.take(copy.hash(&key), &key), Some(Counted(key.to_vec(), 2)));
    assert_eq!(put(&mut table, &key, 3), Some(7));
    assert_eq!(CLONES.get(), copied, "the rest of the chunk has no other owner any more");
    assert_eq!((table.len(), copy.len()), (50_000, 49_999));
    assert_eq!(copy.get(copy.hash(&key), &key), None);
    assert!((0..50_000u32).filter(|i| *i != 7).all(|i| {
        let key = i.to_le_bytes();
        copy.get(copy.hash(&key), &key).is_some_and(|record| record.1 == i)
    }));
}

/// Keys whose hashes agree in more bits than honest ones would end up in one long bucket, and all are found.
#[test]
fn colliding_hashes_overflow_one_bucket() {
    let mut table = table();
    let colliding: Vec<[u8; 4]> = (0..u32::MAX)
        .map(u32::to_le_bytes)
        .filter(|key| (table.hash(key) << 6) >> 52 == 0)
        .take(300)
        .collect();
    for (value, key) in colliding.iter().enumerate() {
        assert_eq!(put(&mut table, key, u32::try_from(value).unwrap()), None);
    }
    assert!(table.directory.slots() <= 1 << 12);
    assert!(table.bucket_records(table.bucket_id(0)).len() > 200);
    for (value, key) in colliding.iter().enumerate() {
        assert_eq!(table.get(table.hash(key), key).unwrap().1 as usize, value);
    }
    for (value, key) in colliding.iter().enumerate().step_by(3) {
        assert_eq!(table.take(table.hash(key), key).unwrap().1 as usize, value);
        assert!(table.get(table.hash(key), key).is_none());
    }
    for (value, key) in colliding.iter().enumerate().skip(1).step_by(3) {
        assert_eq!(table.take(table.hash(key), key).unwrap().1 as usize, value);
    }
    assert_eq!(table.len(), 100);
    assert!(colliding.iter().skip(2).step_by(3).all(|key| table.get(table.hash(key), key).is_some()));
}

#[test]
fn a_scan_never_misses_a_key_that_stays() {
    let mut table = table();
    for i in 0..500u32 {
        put(&mut table, &i.to_le_bytes(), i);
    }
    let (mut cursor, mut next, mut seen) = (0, 500u32, HashSet::new());
    loop {
        let (_, after) = table.scan(cursor, 10, &mut |record| {
            seen.insert(record.1);
        });
        let Some(after) = after else { break };
        assert!(after > cursor && after < 1 << 48);
        cursor = after;
        // A scan ends only if it is faster than the growth.
        for _ in 0..if next < 30_000 { 700 } else { 0 } {
            put(&mut table, &next.to_le_bytes(), next);
            next += 1;
        }
        let gone = (next - 9).to_le_bytes();
        table.take(table.hash(&gone), &gone);
    }
    assert!((0..500).all(|i| seen.contains(&i)));
}

#[test]
fn the_order_of_a_scan_does_not_depend_on_history() {
    let scan = |table: &Table<Counted>| {
        let mut order = Vec::new();
        table.scan(0, usize::MAX, &mut |record| order.push(record.1));
        order
    };
    let (mut small, mut grown) = (table(), table());
    for i in 0..20_000u32 {
        put(&mut grown, &i.to_le_bytes(), i);
    }
    for i in 0..1000u32 {
        put(&mut small, &i.to_le_bytes(), i);
    }
    for i in 1000..20_000u32 {
        grown.take(grown.hash(&i.to_le_bytes()), &i.to_le_bytes());
    }
    assert_eq!(scan(&small), scan(&grown));
}

#[test]
fn every_record_can_be_drawn() {
    let mut table = table();
    for i in 0..200u32 {
        put(&mut table, &i.to_le_bytes(), i);
    }
    let drawn: HashSet<u32> =
        (0..20_000).filter_map(|seed| table.random(seed)).map(|record| record.1).collect();
    assert_eq!(drawn.len(), 200);
}

proptest! {
    #[test]
    fn behaves_like_a_map(operations in proptest::collection::vec((0u8..3, 0u16..600, any::<u32>()), 0..3000)) {
        let (mut table, mut model) = (table(), BTreeMap::new());
        for (operation, key, value) in operations {
            let key = key.to_le_bytes();
            let hash = table.hash(&key);
            match operation {
                0 => prop_assert_eq!(table.take(hash, &key).map(|record| record.1), model.remove(&key)),
                _ => prop_assert_eq!(put(&mut table, &key, value), model.insert(key, value)),
            }
            prop_assert_eq!(table.len(), model.len());
        }
        for (key, value) in &model {
            prop_assert_eq!(table.get(table.hash(key), key).map(|record| record.1), Some(*value));
        }
        prop_assert_eq!(table.iter().count(), model.len());
        let mut scanned = 0;
        table.scan(0, usize::MAX, &mut |_| scanned += 1);
        prop_assert_eq!(scanned, model.len());
    }
}
