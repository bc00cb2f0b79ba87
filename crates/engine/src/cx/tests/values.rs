//! Forms of values: when they change, and what they cost.

use super::Database;
use crate::cx::{End, Lookup};
use crate::limits::{PACKED_COUNT_MAX, STRING_CHUNK_BYTES};

fn is_packed(database: &Database, key: &[u8]) -> bool {
    database.read(|cx| cx.entry(key).unwrap().is_packed())
}

#[test]
fn collections_leave_the_packed_form_by_count_and_by_size() {
    let mut database = Database::new();
    let limit = u32::try_from(PACKED_COUNT_MAX).unwrap();
    for i in 0..=limit {
        database.write(|cx| {
            cx.hash_set(b"hash", &i.to_le_bytes(), b"");
            cx.set_add(b"set", &i.to_le_bytes());
            cx.list_push(b"list", End::Back, &i.to_le_bytes());
        });
        for key in [&b"hash"[..], b"set", b"list"] {
            assert_eq!(is_packed(&database, key), i < limit, "{i}");
        }
    }
    database.write(|cx| cx.hash_set(b"long", b"f", &[0; 2000]));
    assert!(!is_packed(&database, b"long"));
}

#[test]
fn a_short_queue_does_not_grow() {
    let mut database = Database::new();
    database.write(|cx| (0..200u8).for_each(|i| cx.list_push(b"q", End::Back, &[i; 20])));
    database.write(|cx| cx.list_trim(b"q", 150, 0));
    for i in 0..20_000u32 {
        let (into, out) = if i < 10_000 { (End::Back, End::Front) } else { (End::Front, End::Back) };
        database.write(|cx| {
            cx.list_push(b"q", into, &[7; 20]);
            cx.list_pop(b"q", out)
        });
    }
    database.read(|cx| assert!(cx.list(b"q").unwrap().unwrap().iter().all(|element| element == [7; 20])));
    let guards = database.keyspace.read(&crate::keyspace::Scope::All);
    let hash = database.keyspace.hash(b"q");
    let crate::entry::Record::Large(large) = guards.shards().of(hash).get(hash, b"q").unwrap() else {
        panic!("large")
    };
    let crate::entry::LargeValue::List(list) = &large.value else { panic!("a list") };
    assert!(list.stored_bytes() < 32 * 1024, "{}", list.stored_bytes());
}

#[test]
fn long_strings_lie_in_chunks_and_far_offsets_are_cheap() {
    let mut database = Database::new();
    database.write(|cx| cx.set_string(b"whole", &vec![1; STRING_CHUNK_BYTES], None));
    database.write(|cx| cx.set_string(b"cut", &vec![1; STRING_CHUNK_BYTES + 1], None));
    assert!(is_packed(&database, b"whole") && !is_packed(&database, b"cut"));
    database.write(|cx| cx.write_string(b"far", 500_000_000, b"x"));
    let (len, chunks) = database.read(|cx| {
        let string = cx.string(b"far").unwrap().unwrap();
        (string.len(), string.slice(499_999_999, 10).collect::<Vec<_>>().concat())
    });
    assert_eq!((len, chunks), (500_000_001, b"\0x".to_vec()));
}

#[test]
fn writes_of_the_same_length_stay_in_place() {
    let mut database = Database::new();
    let place = |database: &Database| {
        database.read(|cx| cx.string(b"k").unwrap().unwrap().as_slice().unwrap().as_ptr().addr())
    };
    database.write(|cx| cx.set_string(b"k", b"12345", None));
    let before = place(&database);
    database.write(|cx| cx.set_string(b"k", b"54321", None));
    assert_eq!(place(&database), before);
    assert_eq!(database.read(|cx| cx.version(b"k")), 2);
}

#[test]
fn a_string_in_chunks_compares_and_hashes_as_its_bytes() {
    let mut database = Database::new();
    for len in [0, 1, 300, STRING_CHUNK_BYTES, STRING_CHUNK_BYTES + 1, 3 * STRING_CHUNK_BYTES + 17] {
        let bytes: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
        database.write(|cx| cx.set_string(b"k", &bytes, None));
        database.read(|cx| {
            let string = cx.string(b"k").unwrap().unwrap();
            assert_eq!(string.digest(), twox_hash::XxHash3_64::oneshot(&bytes));
            assert!(string.equals(&bytes));
            for place in [0, len / 2, len.saturating_sub(1)].into_iter().filter(|place| *place < len) {
                let mut other = bytes.clone();
                other[place] ^= 1;
                assert!(!string.equals(&other));
                assert!(!string.equals(&bytes[..place]));
            }
        });
    }
}
