//! Versions as clients are told them, against counts of what really happened to each key.

use super::Database;
use crate::cx::{End, Lookup};
use crate::limits::REMOVALS_TRACKED_MAX;
use crate::random;
use crate::types::Field;
use crate::version::Version;

fn told(database: &Database, key: &[u8]) -> Version {
    database.read(|cx| cx.told_version(key))
}

fn holds(database: &Database, key: &[u8], version: Version) -> bool {
    database.read(|cx| cx.has_version(key, version))
}

/// Keys of the first shard, so that they share its removals.
fn neighbours(database: &Database, count: usize) -> Vec<Vec<u8>> {
    let names = (0..u32::MAX).map(|i| format!("k{i}").into_bytes());
    names.filter(|name| database.keyspace.hash(name).0 >> 58 == 0).take(count).collect()
}

/// Puts a string, a list, nothing, or an expiry at the key. Whether that changed anything.
fn change(database: &mut Database, key: &[u8], choice: usize) -> bool {
    database.write(|cx| match choice {
        0 | 1 => {
            cx.set_string(key, b"v", None);
            true
        }
        2 => {
            let is_list = cx.list(key).is_ok();
            if is_list {
                cx.list_push(key, End::Back, b"element");
            }
            is_list
        }
        3 => cx.set_expiry(key, Some(1_000_000)),
        _ => cx.remove(key),
    })
}

#[test]
fn a_version_holds_exactly_until_its_key_changes() {
    let mut database = Database::new();
    let keys = neighbours(&database, 6);
    database.batch.record_inverses(true);
    // How often each key has changed, and what was told when it had changed so often.
    let mut changes = [0; 6];
    let mut told_so_far = Vec::new();
    let (mut state, mut removals) = (7, 0);
    for _ in 0..20_000 {
        let mut draw = |below: u64| usize::try_from(random::next(&mut state) % below).unwrap();
        let (at, choice) = (draw(6), draw(6));
        if told_so_far.is_empty() || draw(2) == 0 {
            told_so_far.push((at, changes[at], removals, told(&database, &keys[at])));
        } else if change(&mut database, &keys[at], choice) {
            if draw(8) == 0 {
                // As it was: what was told before holds again.
                database.undo();
                database.sequence -= 1;
            } else {
                changes[at] += 1;
                removals += usize::from(choice > 3);
            }
        }
        let (at, changes_then, removals_then, version) = told_so_far[draw(told_so_far.len() as u64)];
        let (unchanged, holds) = (changes_then == changes[at], holds(&database, &keys[at], version));
        assert!(!holds || unchanged, "a version that holds is never of another state");
        let is_tracked = removals - removals_then <= REMOVALS_TRACKED_MAX;
        assert!(holds || !unchanged || !is_tracked, "a version holds while few others are removed");
    }
}

#[test]
fn absence_is_known_until_many_neighbours_are_removed() {
    let mut database = Database::new();
    let keys = neighbours(&database, REMOVALS_TRACKED_MAX + 2);
    let (key, others) = keys.split_first().unwrap();
    database.write(|cx| cx.set_string(b"first", b"v", None));
    let absent = told(&database, key);
    let remove = |database: &mut Database, other: &[u8]| {
        database.write(|cx| cx.set_string(other, b"v", None));
        // Known to be committed: a reader need not wait for it, but a version still knows it.
        let committed = database.sequence;
        assert!(database.write_keeping(committed, |cx| cx.remove(other)));
    };
    for other in &others[..REMOVALS_TRACKED_MAX] {
        remove(&mut database, other);
        assert!(holds(&database, key, absent));
    }
    remove(&mut database, &others[REMOVALS_TRACKED_MAX]);
    assert!(!holds(&database, key, absent), "it may have come and gone, as far as is known");
    let absent = told(&database, key);
    remove(&mut database, key);
    assert!(!holds(&database, key, absent));
}

#[test]
fn what_time_takes_away_has_changed() {
    let mut database = Database::new();
    database.now_ms = 1000;
    database.write(|cx| cx.set_string(b"k", b"v", Some(2000)));
    database.write(|cx| {
        for (name, expire_at_ms) in [(b"a", None), (b"b", Some(2000))] {
            cx.hash_put(b"h", Field { name, value: b"v", expire_at_ms });
        }
    });
    let (key, hash) = (told(&database, b"k"), told(&database, b"h"));
    database.now_ms = 2000;
    assert!(holds(&database, b"k", key) && holds(&database, b"h", hash));
    database.now_ms = 2001;
    assert!(!holds(&database, b"k", key) && !holds(&database, b"h", hash));

    // Told as absent while it is still stored: made anew and expired again is another absence.
    let absent = told(&database, b"k");
    assert!(holds(&database, b"k", absent));
    database.write(|cx| cx.set_string(b"k", b"v", Some(2500)));
    assert!(!holds(&database, b"k", absent));
    database.now_ms = 2501;
    assert!(!holds(&database, b"k", absent));
}

#[test]
fn a_large_hash_changes_when_a_field_expires() {
    let mut database = Database::new();
    database.write(|cx| {
        for i in 0..1000u32 {
            let expire_at_ms = (i % 10 == 0).then_some(2000);
            cx.hash_put(b"h", Field { name: &i.to_le_bytes(), value: b"v", expire_at_ms });
        }
    });
    let hash = told(&database, b"h");
    database.now_ms = 2000;
    assert!(holds(&database, b"h", hash));
    database.now_ms = 2001;
    assert!(!holds(&database, b"h", hash));
}

#[test]
fn another_key_another_start_and_another_database_have_other_versions() {
    let mut database = Database::new();
    database.write(|cx| [b"a", b"b"].map(|key| cx.set_string(key, b"v", None)));
    let version = told(&database, b"a");
    assert!(holds(&database, b"a", version) && !holds(&database, b"b", version));
    database.keyspace.begin_start(1);
    assert!(!holds(&database, b"a", version));
    database.keyspace.begin_start(0);
    assert!(holds(&database, b"a", version));
    let elsewhere = crate::Keyspace::new([4; 16]);
    let hash = elsewhere.hash(b"a");
    assert_ne!(elsewhere.version_stamp(hash), version.stamp);
}

#[test]
fn a_told_version_of_absence_waits_for_the_removal_it_names() {
    let mut database = Database::new();
    let keys = neighbours(&database, 2);
    database.write(|cx| cx.set_string(&keys[0], b"v", None));
    database.write(|cx| cx.remove(&keys[0]));
    let waits_for = database.read(|cx| {
        let _ = cx.told_version(&keys[1]);
        cx.seen().highest_version
    });
    assert_eq!(waits_for, 2);
}
