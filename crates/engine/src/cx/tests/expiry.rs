//! Expiry: what lookups show, what writes remove, what the index finds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::Database;
use crate::cx::Lookup;
use crate::keyspace::Keyspace;
use crate::mutation::Mutation;

#[test]
fn an_entry_is_alive_up_to_its_last_millisecond() {
    let mut database = Database::new();
    database.write(|cx| cx.set_string(b"k", b"v", Some(2000)));
    database.now_ms = 2000;
    assert!(database.read(|cx| cx.exists(b"k") && !cx.seen().expired));
    database.now_ms = 2001;
    assert!(database.read(|cx| !cx.exists(b"k") && cx.seen().expired));
    assert_eq!(database.read(|cx| (cx.entry(b"k").is_none(), cx.seen().highest_version)), (true, 1));
}

#[test]
fn a_write_that_meets_an_expired_entry_logs_its_removal_first() {
    let mut database = Database::new();
    database.write(|cx| cx.set_string(b"k", b"v", Some(1000)));
    database.now_ms = 1001;
    assert!(database.write(|cx| cx.hash_set(b"k", b"f", b"v")));
    let mut mutations = Vec::new();
    crate::batch::decode_batch(database.batch.payload(), &mut |mutation| {
        mutations.push(matches!(mutation, Mutation::Remove { .. }));
        Ok(())
    })
    .unwrap();
    assert_eq!(mutations, [true, false]);
    assert_eq!(database.batch.expired(), 1);
    assert_eq!(database.keyspace.counts().expiring, 0);
}

#[test]
fn absurd_expiry_times_saturate() {
    let mut database = Database::new();
    database.write(|cx| {
        cx.set_string(b"k", b"v", Some(u64::MAX));
        cx.set_string(b"l", b"v", None);
        cx.set_expiry(b"l", Some(u64::MAX));
    });
    for key in [b"k", b"l"] {
        assert_eq!(database.read(|cx| cx.entry(key).unwrap().expire_at_ms()), Some((1 << 48) - 1));
    }
}

/// Removes all that is due, slice by slice.
fn drain(database: &mut Database) -> BTreeSet<Vec<u8>> {
    let mut gone = BTreeSet::new();
    for shard in 0..Keyspace::SHARDS {
        for round in 0.. {
            assert!(round < 10_000, "slices make progress");
            let (expired, more) = database.sweep(shard);
            gone.extend(expired.into_iter().map(|expired| expired.key.to_vec()));
            if !more {
                break;
            }
        }
    }
    gone
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever was set, changed, renamed or removed: the index finds exactly the expired entries.
    #[test]
    fn the_index_finds_what_is_due(
        steps in proptest::collection::vec((0u16..4000, 0u8..8, 1000u64..2000), 1..4000),
        pauses in proptest::collection::vec(1u64..400, 1..6),
    ) {
        let (mut database, mut model) = (Database::new(), BTreeMap::<Vec<u8>, Option<u64>>::new());
        for (part, pause) in steps.chunks(steps.len().div_ceil(pauses.len())).zip(&pauses) {
            let now_ms = database.now_ms;
            model.retain(|_, at| at.is_none_or(|at| now_ms <= at));
            database.write(|cx| {
                for (number, kind, at) in part {
                    let key = number.to_le_bytes();
                    match kind {
                        0 => {
                            cx.remove(&key);
                            model.remove(&key[..]);
                        }
                        1 => {
                            cx.set_string(&key, b"v", None);
                            model.insert(key.to_vec(), None);
                        }
                        2 => {
                            if cx.set_expiry(&key, Some(*at)) {
                                model.insert(key.to_vec(), Some(*at));
                            } else {
                                model.remove(&key[..]);
                            }
                        }
                        3 => {
                            if cx.rename(&key, &(number / 2).to_le_bytes()) {
                                let at = model.remove(&key[..]).unwrap();
                                model.insert((number / 2).to_le_bytes().to_vec(), at);
                            }
                        }
                        _ => {
                            cx.set_string(&key, b"v", Some(*at));
                            model.insert(key.to_vec(), Some(*at));
                        }
                    }
                }
            });
            database.now_ms += pause;
            let now_ms = database.now_ms;
            let expected: BTreeSet<Vec<u8>> =
                model.iter().filter(|(_, at)| at.is_some_and(|at| now_ms > at)).map(|(key, _)| key.clone()).collect();
            prop_assert_eq!(drain(&mut database), expected);
        }
    }
}
