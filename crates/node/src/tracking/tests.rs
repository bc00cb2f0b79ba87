//! What clients are told, and that they are told of everything.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use selvedge_log::Durability;
use selvedge_wire::{Protocol, Value, ValueSink};

use crate::tests::Rig;
use crate::tracking::inbox::{Inbox, News};
use crate::tracking::{Tracker, TrackingCounts, TrackingMode, TrackingOptions};
use crate::{Database, Executed, table};

fn inbox() -> Arc<Inbox> {
    Arc::new(Inbox::new(1 << 20))
}

fn read(database: &Database, tracker: &Tracker, words: &[&str]) -> Value {
    execute(database, Some(tracker), words)
}

fn run(database: &Database, words: &[&str]) -> Value {
    execute(database, None, words)
}

fn execute(database: &Database, tracker: Option<&Tracker>, words: &[&str]) -> Value {
    let args: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let reader = tracker.map(|tracker| tracker.reader(false));
    loop {
        let mut sink = ValueSink::new(Protocol::Resp3);
        match database.execute_for(reader.as_ref(), table::lookup(&args).unwrap(), &args, &mut sink) {
            Executed::Done { .. } => return sink.into_values().remove(0),
            // The log makes room meanwhile.
            Executed::NeedsRoom { .. } => thread::yield_now(),
            other => panic!("{words:?}: {other:?}"),
        }
    }
}

/// The keys of all notices, one list for each; `*` for everything.
fn told(inbox: &Inbox) -> Vec<String> {
    let names = |keys: Vec<Arc<[u8]>>| {
        let names = keys.iter().map(|key| String::from_utf8_lossy(key).into_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    let texts = inbox.take().into_iter().map(|notice| match notice.news {
        News::Keys(keys) => names(keys),
        News::Everything => "*".to_owned(),
        News::RedirectBroken { client } => format!("broken {client}"),
    });
    texts.collect()
}

#[test]
fn readers_are_told_once() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let (own, other) = (inbox(), inbox());
    let tracker = database.track(1, &own, TrackingOptions::default());
    let second = database.track(2, &other, TrackingOptions::default());
    read(&database, &tracker, &["MGET", "a", "b"]);
    read(&database, &second, &["GET", "a"]);
    assert_eq!(database.tracking_counts(), TrackingCounts { clients: 2, keys: 2, items: 3, prefixes: 0 });
    run(&database, &["SET", "a", "1"]);
    run(&database, &["SET", "a", "2"]);
    run(&database, &["SET", "c", "2"]);
    assert_eq!(told(&own), ["a"]);
    assert_eq!(told(&other), ["a"]);
    run(&database, &["RENAME", "a", "b"]);
    assert_eq!(told(&own), ["b"]);
    read(&database, &tracker, &["GET", "b"]);
    run(&database, &["FLUSHALL"]);
    assert_eq!(told(&own), ["*"]);
    assert_eq!(told(&other), ["*"]);
    assert_eq!(database.tracking_counts().keys, 0);
}

#[test]
fn scripts_and_transactions_are_told_of_as_one() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let own = inbox();
    let tracker = database.track(1, &own, TrackingOptions::default());
    read(&database, &tracker, &["EVAL", "return redis.call('GET', 'read')", "1", "declared"]);
    read(&database, &tracker, &["EVAL", "return redis.call('SET', 'written', 1)", "1", "untouched"]);
    run(&database, &["MSET", "read", "1", "declared", "1", "untouched", "1", "written", "2"]);
    assert_eq!(told(&own), ["read", "declared"]);
    let failing = "redis.call('SET', 'a', 1) error('no')";
    read(&database, &tracker, &["GET", "a"]);
    run(&database, &["EVAL", failing, "0"]);
    assert_eq!(told(&own), Vec::<String>::new(), "what is undone has not changed");
}

#[test]
fn prefixes_hear_of_batches() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let own = inbox();
    let options = TrackingOptions {
        mode: TrackingMode::Broadcast,
        skips_own_writes: true,
        ..TrackingOptions::default()
    };
    let tracker = database.track(1, &own, options);
    tracker.add_prefixes(&[b"a:", b"b:"]);
    assert_eq!(database.tracking_counts().prefixes, 2);
    run(&database, &["MSET", "b:2", "1", "a:1", "1", "b:1", "1", "c:1", "1"]);
    assert_eq!(told(&own), ["a:1", "b:1 b:2"]);
    read(&database, &tracker, &["SET", "a:1", "own"]);
    assert_eq!(told(&own), Vec::<String>::new());
    drop(tracker);
    run(&database, &["SET", "a:1", "2"]);
    assert_eq!(told(&own), Vec::<String>::new());
    assert_eq!(database.tracking_counts(), TrackingCounts::default());
}

#[test]
fn a_redirect_that_is_gone_is_told_of() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let (own, target) = (inbox(), inbox());
    let options = TrackingOptions { redirect: Some((7, Arc::clone(&target))), ..TrackingOptions::default() };
    let tracker = database.track(1, &own, options);
    read(&database, &tracker, &["GET", "a"]);
    run(&database, &["SET", "a", "1"]);
    assert_eq!(told(&target), ["a"]);
    target.close();
    read(&database, &tracker, &["GET", "a"]);
    run(&database, &["SET", "a", "2"]);
    assert_eq!(told(&own), ["broken 7"]);
    assert!(tracker.is_broken());
}

#[test]
fn the_table_is_bounded_and_forgets_who_left() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let own = inbox();
    let tracker = database.track(1, &own, TrackingOptions::default());
    let gone = database.track(2, &inbox(), TrackingOptions::default());
    for index in 0..250 {
        read(&database, &tracker, &["GET", &format!("k{index}")]);
        read(&database, &gone, &["GET", &format!("k{index}")]);
        read(&database, &gone, &["GET", &format!("other{index}")]);
    }
    drop(gone);
    while database.tracking.sweep() {}
    assert_eq!(database.tracking_counts(), TrackingCounts { clients: 1, keys: 250, items: 250, prefixes: 0 });
    database.set_tracked_keys_max(3);
    assert_eq!(told(&own).len(), 247);
    for index in 0..10 {
        read(&database, &tracker, &["GET", &format!("new{index}")]);
    }
    assert_eq!(told(&own).len(), 10);
    assert_eq!(database.tracking_counts().keys, 3);
}

/// Writers count keys up. A reader caches what it reads until it is told otherwise: once the writers are done and it took
/// its notices, its cache must hold what the database holds.
#[test]
fn no_change_is_missed_among_threads() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let keys: Vec<String> = (0..8).map(|index| format!("key{index}")).collect();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|id| {
                let (database, keys, is_over) = (&database, &keys, &is_over);
                scope.spawn(move || {
                    let own = inbox();
                    let tracker = database.track(id, &own, TrackingOptions::default());
                    let mut cache: HashMap<String, Value> = HashMap::new();
                    loop {
                        // Asked before the last notices are taken: then they are all there.
                        let was_over = is_over.load(Ordering::Acquire);
                        for key in keys {
                            if !cache.contains_key(key) {
                                let value = read(database, &tracker, &["GET", key]);
                                cache.insert(key.clone(), value);
                            }
                        }
                        for name in told(&own) {
                            cache.remove(&name);
                        }
                        if was_over {
                            return cache;
                        }
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let (database, keys) = (&database, &keys);
                scope.spawn(move || {
                    for round in 0..4_000 {
                        run(database, &["INCR", &keys[round % keys.len()]]);
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        is_over.store(true, Ordering::Release);
        for reader in readers {
            for (key, cached) in reader.join().unwrap() {
                assert_eq!(cached, Value::Bulk(b"1000".to_vec()), "{key} stayed old in a cache");
            }
        }
    });
}
