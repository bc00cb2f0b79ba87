//! Walks of the whole keyspace while it changes.

use std::collections::HashSet;

use super::Database;
use crate::cx::Lookup;

fn name(number: u32) -> Vec<u8> {
    format!("name:{number}").into_bytes()
}

#[test]
fn a_scan_gives_every_key_that_stays_while_the_keyspace_grows() {
    let mut database = Database::new();
    database.write(|cx| (0..2000).for_each(|i| cx.set_string(&name(i), b"v", None)));
    let (mut cursor, mut next, mut seen, mut rounds) = (0, 2000, HashSet::new(), 0);
    loop {
        let after = database.read(|cx| {
            cx.scan(cursor, 10, &mut |entry| {
                seen.insert(entry.key().to_vec());
            })
        });
        rounds += 1;
        assert!(after < 1 << 53);
        if after == 0 {
            break;
        }
        assert!(after > cursor);
        cursor = after;
        if next < 40_000 {
            database.write(|cx| (next..next + 1000).for_each(|i| cx.set_string(&name(i), b"v", None)));
            next += 1000;
        }
    }
    assert!(rounds > 64);
    assert!((0..2000).all(|i| seen.contains(&name(i))));
}

#[test]
fn a_scan_gives_no_key_twice_while_nothing_changes_and_stops_near_its_count() {
    let mut database = Database::new();
    database.write(|cx| (0..5000).for_each(|i| cx.set_string(&name(i), b"v", None)));
    let (mut cursor, mut given) = (0, Vec::new());
    loop {
        let before = given.len();
        cursor = database.read(|cx| cx.scan(cursor, 100, &mut |entry| given.push(entry.key().to_vec())));
        assert!(given.len() - before < 100 + 48);
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(given.len(), 5000);
    assert_eq!(given.iter().collect::<HashSet<_>>().len(), 5000);
    let wild = database.read(|cx| cx.scan(u64::MAX, 10, &mut |_| panic!("nothing is behind the end")));
    assert_eq!(wild, 0);
}

#[test]
fn random_entries_are_live() {
    let mut database = Database::new();
    assert!(database.read(|cx| cx.random_entry(1).is_none()));
    database.write(|cx| (0..50).for_each(|i| cx.set_string(&name(i), b"v", (i > 0).then_some(500))));
    assert_eq!(database.read(|cx| cx.random_entry(1).unwrap().key().to_vec()), name(0));
    database.now_ms = 500;
    let drawn = database.read(|cx| {
        (0..5000).map(|seed| cx.random_entry(seed).unwrap().key().to_vec()).collect::<HashSet<_>>()
    });
    assert_eq!(drawn.len(), 50);
}
