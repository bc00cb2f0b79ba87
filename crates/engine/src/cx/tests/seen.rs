//! What a reply has to wait for.

use super::Database;
use crate::cx::Lookup;
use crate::limits::REMOVALS_TRACKED_MAX;

fn waits_for(database: &Database, key: &[u8]) -> u64 {
    database.read(|cx| {
        let _ = cx.entry(key);
        cx.seen().highest_version
    })
}

#[test]
fn a_lookup_waits_for_the_version_of_what_it_saw() {
    let mut database = Database::new();
    database.write(|cx| cx.set_string(b"a", b"1", None));
    database.write(|cx| cx.set_string(b"b", b"1", None));
    assert_eq!([b"a", b"b", b"c"].map(|key| waits_for(&database, key)), [1, 2, 0]);
    database.write(|cx| cx.remove(b"a"));
    assert_eq!([b"a", b"b", b"c"].map(|key| waits_for(&database, key)), [3, 2, 0]);
    assert_eq!(database.read(|cx| cx.version(b"a")), 3);
}

#[test]
fn removals_are_forgotten_once_committed() {
    let mut database = Database::new();
    let name = |i: u32| format!("k{i}").into_bytes();
    let shard = |database: &Database, i: u32| database.keyspace.hash(&name(i)).0 >> 58;
    let same: Vec<u32> = (0..10_000).filter(|i| shard(&database, *i) == 0).take(3).collect();
    database.write(|cx| same.iter().for_each(|i| cx.set_string(&name(*i), b"v", None)));
    database.write(|cx| cx.remove(&name(same[0])));
    database.write_keeping(1, |cx| cx.remove(&name(same[1])));
    assert_eq!(waits_for(&database, &name(same[0])), 2);
    database.write_keeping(3, |cx| cx.remove(&name(same[2])));
    assert_eq!([0, 1, 2].map(|i| waits_for(&database, &name(same[i]))), [0, 0, 4]);
}

#[test]
fn many_removals_make_every_absent_key_wait() {
    let mut database = Database::new();
    let removed = u32::try_from(REMOVALS_TRACKED_MAX).unwrap() * 64 * 2;
    for i in 0..removed {
        database.write(|cx| {
            cx.set_string(&i.to_le_bytes(), b"v", None);
            cx.remove(&i.to_le_bytes())
        });
    }
    for i in (0..removed).step_by(97) {
        assert!(waits_for(&database, &i.to_le_bytes()) > u64::from(i));
    }
}

#[test]
fn a_clear_makes_every_key_wait() {
    let mut database = Database::new();
    database.write(|cx| (0..100u8).for_each(|i| cx.set_string(&[i], b"v", None)));
    database.write(|cx| cx.clear());
    assert!((0..=255).all(|i| waits_for(&database, &[i]) == 2));
    assert_eq!(database.keyspace.counts().entries(), 0);
    assert_eq!(database.batch.take_garbage().len(), 1);
    database.write(|cx| cx.clear());
    assert!(database.batch.is_empty());
}
