//! Fields that expire: what lookups show, what writes log, what the searches find.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Database;
use crate::batch::decode_batch;
use crate::cx::Lookup;
use crate::entry::Record;
use crate::keyspace::{Keyspace, Scope};
use crate::limits::{EXPIRED_REMOVALS_MAX, PACKED_COUNT_MAX};
use crate::mutation::Mutation;
use crate::types::{Field, HashRef};

const KEY: &[u8] = b"hash";

fn name(number: u32) -> Vec<u8> {
    format!("field:{number}").into_bytes()
}

fn put(database: &mut Database, name: &[u8], expire_at_ms: Option<u64>) -> bool {
    database.write(|cx| cx.hash_put(KEY, Field { name, value: b"v", expire_at_ms }))
}

/// The mutations of the last batch: S set, E set expiring, X expiry, R remove field, D remove entry.
fn logged(database: &Database) -> String {
    let mut kinds = String::new();
    if !database.batch.is_empty() {
        decode_batch(database.batch.payload(), &mut |mutation| {
            kinds.push(match mutation {
                Mutation::HashSet { .. } => 'S',
                Mutation::HashSetExpiring { .. } => 'E',
                Mutation::HashExpirySet { .. } => 'X',
                Mutation::HashRemove { .. } => 'R',
                Mutation::Remove { .. } => 'D',
                _ => '?',
            });
            Ok(())
        })
        .unwrap();
    }
    kinds
}

/// Hashes with that many lasting fields besides: packed and large.
fn forms() -> impl Iterator<Item = (Database, u32)> {
    [1, 500].into_iter().map(|lasting| {
        let mut database = Database::new();
        (0..lasting).for_each(|number| assert!(put(&mut database, &name(number), None)));
        (database, lasting)
    })
}

#[test]
fn a_field_is_alive_up_to_its_last_millisecond() {
    for (mut database, lasting) in forms() {
        put(&mut database, b"f", Some(2000));
        database.now_ms = 2000;
        let len = usize::try_from(lasting).unwrap();
        database.read(|cx| {
            let hash = cx.hash(KEY).unwrap().unwrap();
            assert_eq!((hash.len(), hash.contains(b"f"), cx.seen().expired), (len + 1, true, false));
        });
        database.now_ms = 2001;
        database.read(|cx| {
            let hash = cx.hash(KEY).unwrap().unwrap();
            assert_eq!((hash.len(), hash.contains(b"f"), cx.seen().expired), (len, false, true));
            assert_eq!(hash.fields().count(), len);
        });
    }
}

/// What a reply does not depend on need not be removed before it leaves.
#[test]
fn only_an_expired_field_that_is_met_is_noted() {
    for (mut database, _) in forms() {
        put(&mut database, b"f", Some(2000));
        put(&mut database, b"refreshed", Some(2000));
        put(&mut database, b"refreshed", Some(9000));
        database.now_ms = 2001;
        let met = |look: &dyn Fn(HashRef<'_>)| {
            database.read(|cx| {
                look(cx.hash(KEY).unwrap().unwrap());
                cx.seen().expired
            })
        };
        assert!(!met(&|_| {}));
        assert!(!met(&|hash| assert!(hash.contains(b"refreshed") && !hash.contains(b"missing"))));
        assert!(met(&|hash| assert!(!hash.contains(b"f"))));
        assert!(met(&|hash| assert!(hash.len() > 1)));
        assert!(met(&|hash| assert!(hash.fields().count() > 1)));
        assert!(met(&|hash| assert_eq!(hash.scan(0, 10_000, &mut |_, _| {}), 0)));
    }
}

#[test]
fn a_write_that_names_an_expired_field_logs_one_mutation() {
    for (mut database, _) in forms() {
        for number in 0..6 {
            put(&mut database, &[number], Some(2000));
        }
        database.now_ms = 2001;
        assert!(database.write(|cx| cx.hash_set(KEY, &[0], b"new")));
        assert_eq!(logged(&database), "S");
        assert!(put(&mut database, &[1], Some(3000)));
        assert_eq!(logged(&database), "E");
        assert!(!database.write(|cx| cx.hash_set_expiry(KEY, &[2], Some(3000))));
        assert_eq!(logged(&database), "R");
        assert!(!database.write(|cx| cx.hash_set_expiry(KEY, &[3], None)));
        assert_eq!(logged(&database), "R");
        assert!(!database.write(|cx| cx.hash_remove(KEY, &[4])));
        assert_eq!(logged(&database), "R");
        assert!(!database.write(|cx| cx.hash_remove(KEY, &[4])));
        assert_eq!(logged(&database), "");
        assert!(database.write(|cx| cx.hash_set_expiry(KEY, &[1], None)));
        assert_eq!(logged(&database), "X");
        database.read(|cx| {
            let hash = cx.hash(KEY).unwrap().unwrap();
            let field = hash.field(&[1]).unwrap();
            assert_eq!((field.value, field.expire_at_ms), (&b"v"[..], None));
        });
    }
}

#[test]
fn an_entry_goes_with_its_last_field() {
    for count in [3, 500] {
        let mut database = Database::new();
        (0..count)
            .for_each(|number| assert!(put(&mut database, &name(number), Some(2000 + u64::from(number)))));
        database.now_ms = 1999 + u64::from(count);
        assert_eq!(database.read(|cx| cx.hash(KEY).unwrap().unwrap().len()), 1);
        database.now_ms += 1;
        assert!(database.read(|cx| !cx.exists(KEY) && cx.hash(KEY).unwrap().is_none() && cx.seen().expired));
        assert_eq!(database.read(|cx| cx.scan(0, 100, &mut |_| panic!("nothing is alive"))), 0);
        assert!(database.write(|cx| !cx.remove(KEY)));
        assert_eq!((logged(&database).as_str(), database.batch.expired()), ("D", 1));
        assert_eq!(database.keyspace.counts().entries(), 0);
    }
}

/// Also where the field that would have lived longest is gone.
#[test]
fn an_entry_lives_as_long_as_any_field() {
    let mut database = Database::new();
    (0..500)
        .for_each(|number| assert!(put(&mut database, &name(number), Some(2000 + 10 * u64::from(number)))));
    for last in (300..500u32).rev() {
        database.now_ms = 1999 + 10 * u64::from(last);
        assert_eq!(
            database.read(|cx| cx.hash(KEY).unwrap().unwrap().len()),
            500 - usize::try_from(last).unwrap()
        );
        database.now_ms = 1000;
    }
    for last in (300..500u32).rev() {
        database.write(|cx| cx.hash_remove(KEY, &name(last)));
        database.now_ms = 1990 + 10 * u64::from(last);
        assert!(database.read(|cx| cx.exists(KEY)), "{last}");
        database.now_ms += 1;
        assert!(!database.read(|cx| cx.exists(KEY)), "{last}");
        database.now_ms = 1000;
    }
}

#[test]
fn the_digest_knows_the_expiry_of_fields() {
    for (mut database, _) in forms() {
        let mut contents = Vec::new();
        for expire_at_ms in [None, Some(2000), Some(2001)] {
            put(&mut database, b"f", expire_at_ms);
            contents.push(database.keyspace.digest().content);
        }
        contents.dedup();
        assert_eq!(contents.len(), 3);
        put(&mut database, b"f", None);
        assert_eq!(database.keyspace.digest().content, contents[0]);
    }
}

#[test]
fn a_rename_and_a_copy_carry_the_expiry_of_fields() {
    for (mut database, lasting) in forms() {
        put(&mut database, b"f", Some(2000));
        database.write(|cx| {
            assert!(cx.rename(KEY, b"renamed"));
            assert!(cx.copy(b"renamed", b"copied"));
        });
        for key in [&b"renamed"[..], b"copied"] {
            database.read(|cx| {
                let hash = cx.hash(key).unwrap().unwrap();
                assert_eq!(hash.field(b"f").unwrap().expire_at_ms, Some(2000));
            });
        }
        database.now_ms = 2001;
        let mut found = Vec::new();
        for shard in 0..Keyspace::SHARDS {
            while let (expired, true) = database.sweep(shard) {
                found.extend(expired.into_iter().map(|expired| (expired.key, expired.fields.concat())));
            }
        }
        found.sort();
        assert_eq!(found, [(b"copied"[..].into(), b"f".to_vec()), (b"renamed"[..].into(), b"f".to_vec())]);
        let len = usize::try_from(lasting).unwrap();
        assert_eq!(database.read(|cx| cx.hash(b"copied").unwrap().unwrap().len()), len);
    }
}

/// Without an expiry a packed field is one byte longer than its name and value, a large one costs its slot and allocation.
#[test]
fn what_does_not_expire_costs_nothing() {
    let mut database = Database::new();
    let value_bytes = |database: &Database| {
        let guards = database.keyspace.read(&Scope::All);
        let hash = database.keyspace.hash(KEY);
        let record = guards.shards().of(hash).get(hash, KEY).unwrap();
        let Record::Small(_) = record else { panic!("packed") };
        record.packed().unwrap().len()
    };
    database.write(|cx| {
        cx.hash_set(KEY, b"field1", b"0123456789");
        cx.hash_set(KEY, b"field2", b"0123456789");
    });
    assert_eq!(value_bytes(&database), 1 + 2 * (1 + 6 + 10));
    database.write(|cx| cx.hash_set_expiry(KEY, b"field1", Some(5000)));
    assert!(value_bytes(&database) > 1 + 2 * (1 + 6 + 10));
    database.write(|cx| cx.hash_set_expiry(KEY, b"field1", None));
    assert_eq!(value_bytes(&database), 1 + 2 * (1 + 6 + 10));
}

/// A wave of fields that expire together is found in small parts, and none of the searches walks the hash.
#[test]
fn searches_are_short_however_large_the_hash() {
    let mut database = Database::new();
    database.write(|cx| {
        for number in 0..20_000u32 {
            let field = name(number);
            let at = (number % 2 == 0).then_some(2000);
            cx.hash_put(KEY, Field { name: &field, value: b"v", expire_at_ms: at });
        }
    });
    database.now_ms = 2001;
    let shard = u8::try_from(database.keyspace.hash(KEY).0 >> 58).unwrap();
    let (mut removed, mut rounds) = (0, 0);
    while let (expired, true) = database.sweep(shard) {
        let fields: usize = expired.iter().map(|expired| expired.fields.len()).sum();
        assert!(fields <= EXPIRED_REMOVALS_MAX);
        removed += fields;
        rounds += 1;
        assert!(rounds < 400, "each search finds a good part");
    }
    assert_eq!(removed, 10_000);
    assert_eq!(database.read(|cx| cx.hash(KEY).unwrap().unwrap().len()), 10_000);
}

/// What undo brings back is due again, also where the bounds were raised meanwhile.
#[test]
fn undo_after_a_search_makes_fields_due_again() {
    for (mut database, _) in forms() {
        put(&mut database, b"f", Some(2000));
        database.batch.record_inverses(true);
        database.write(|cx| cx.hash_set_expiry(KEY, b"f", None));
        database.now_ms = 2001;
        for shard in 0..Keyspace::SHARDS {
            for _ in 0..3 {
                assert!(database.keyspace.expired_slice(shard, database.now_ms, 100).expired.is_empty());
            }
        }
        database.undo();
        assert!(database.read(|cx| !cx.hash(KEY).unwrap().unwrap().contains(b"f")));
        let shard = u8::try_from(database.keyspace.hash(KEY).0 >> 58).unwrap();
        assert_eq!(database.sweep(shard).0[0].fields, [Box::from(&b"f"[..])]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever was set, kept, cleared or removed: searches find exactly the expired fields, and none stays behind.
    #[test]
    fn searches_find_what_is_due(
        steps in proptest::collection::vec((0u32..3000, 0u8..8, 1000u64..2000), 1..4000),
        spread in prop_oneof![Just(8u32), Just(3000)],
        pauses in proptest::collection::vec(1u64..400, 1..6),
    ) {
        let (mut database, mut model) = (Database::new(), BTreeMap::<Vec<u8>, Option<u64>>::new());
        for (part, pause) in steps.chunks(steps.len().div_ceil(pauses.len())).zip(&pauses) {
            let now_ms = database.now_ms;
            model.retain(|_, at| at.is_none_or(|at| now_ms <= at));
            database.write(|cx| {
                for (number, kind, at) in part {
                    let field = name(number % spread);
                    let at = Some(*at.max(&now_ms));
                    match kind {
                        0 => {
                            assert_eq!(cx.hash_remove(KEY, &field), model.remove(&field).is_some());
                        }
                        1 => {
                            let added = cx.hash_set(KEY, &field, b"v");
                            assert_eq!(added, model.insert(field, None).is_none());
                        }
                        2 | 3 => {
                            let at = at.filter(|_| *kind == 2);
                            let known = model.get_mut(&field);
                            assert_eq!(cx.hash_set_expiry(KEY, &field, at), known.is_some());
                            known.into_iter().for_each(|known| *known = at);
                        }
                        _ => {
                            let put = Field { name: &field, value: b"v", expire_at_ms: at };
                            assert_eq!(cx.hash_put(KEY, put), model.insert(field, at).is_none());
                        }
                    }
                }
            });
            database.now_ms += pause;
            let now_ms = database.now_ms;
            let live = model.values().filter(|at| at.is_none_or(|at| now_ms <= at)).count();
            let shown = database.read(|cx| cx.hash(KEY).unwrap().map_or(0, |hash| hash.len()));
            prop_assert_eq!(shown, live);
            let shard = u8::try_from(database.keyspace.hash(KEY).0 >> 58).unwrap();
            let mut rounds = 0;
            while database.sweep(shard).1 {
                rounds += 1;
                prop_assert!(rounds < 10_000, "searches make progress");
            }
            let stored = database.keyspace.digest();
            database.now_ms = 0;
            let left = database.read(|cx| cx.hash(KEY).unwrap().map_or(0, |hash| hash.len()));
            database.now_ms = now_ms;
            prop_assert_eq!(left, live, "{:?}", stored);
        }
    }
}

#[test]
fn an_expiring_hash_outgrows_its_packed_form() {
    let mut database = Database::new();
    let limit = u32::try_from(PACKED_COUNT_MAX).unwrap();
    for number in 0..=limit {
        put(&mut database, &number.to_le_bytes()[..2], Some(2000));
    }
    assert!(!database.read(|cx| cx.entry(KEY).unwrap().is_packed()));
    database
        .write(|cx| cx.hash_put(b"long", Field { name: b"f", value: &[0; 2000], expire_at_ms: Some(2000) }));
    database.read(|cx| {
        assert!(!cx.entry(b"long").unwrap().is_packed());
        assert_eq!(cx.hash(b"long").unwrap().unwrap().field(b"f").unwrap().expire_at_ms, Some(2000));
    });
}
