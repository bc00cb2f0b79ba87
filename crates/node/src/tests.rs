//! The database through its whole path: execution, log, commit, recovery.

use std::sync::Arc;
use std::time::Duration;

use selvedge_log::FileDisk;
use selvedge_wire::{Protocol, Value, ValueSink};

use crate::clock::ManualClock;
use crate::entropy::SeededEntropy;
use crate::*;

const START_MS: u64 = 1_700_000_000_000;

pub(crate) struct Rig {
    directory: tempfile::TempDir,
    clock: Arc<ManualClock>,
    durability: Durability,
}

impl Rig {
    pub(crate) fn new(durability: Durability) -> Self {
        let clock = Arc::new(ManualClock::at_ms(START_MS));
        Self { directory: tempfile::tempdir().unwrap(), clock, durability }
    }

    pub(crate) fn open(&self) -> Arc<Database> {
        let settings =
            NodeSettings { durability: self.durability, segment_bytes: 1 << 20, ..NodeSettings::default() };
        // The background thread of a database that was just dropped may hold it, and its directory, a moment longer.
        let disk = loop {
            match FileDisk::open(self.directory.path()) {
                Err(DirectoryError::Locked { .. }) => std::thread::yield_now(),
                disk => break Arc::new(disk.unwrap()),
            }
        };
        Database::open(settings, disk, self.clock.clone(), Box::new(SeededEntropy(7)), &mut |_| {}).unwrap()
    }
}

fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

async fn run(database: &Database, line: &str) -> Value {
    let words = words(line);
    let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let caller = Caller { permission: Permission::Full };
    let command = match database.admit(caller, &args) {
        Ok(command) => command,
        Err(error) => return Value::Error(error.to_string()),
    };
    loop {
        let mut sink = ValueSink::new(Protocol::Resp3);
        match database.execute(command, &args, &mut sink) {
            Executed::Done { wait_for, .. } => {
                database.commit(wait_for).await.unwrap();
                return sink.into_values().remove(0);
            }
            Executed::NeedsRoom { bytes } => database.room(bytes).await.unwrap(),
            Executed::Undone { error } => return Value::Error(error),
            other => panic!("{line}: {other:?}"),
        }
    }
}

fn queue(database: &Database, lines: &[&str]) -> Vec<Queued> {
    lines
        .iter()
        .map(|line| {
            let arguments = words(line);
            let args: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
            let command = database.admit(Caller { permission: Permission::Full }, &args).unwrap();
            Queued { command, arguments }
        })
        .collect()
}

fn bulk(text: &str) -> Value {
    Value::Bulk(text.as_bytes().to_vec())
}

#[tokio::test]
async fn state_survives_reopening() {
    for durability in [
        Durability::Always,
        Durability::Interval { sync_every: std::time::Duration::from_secs(1) },
        Durability::None,
    ] {
        let rig = Rig::new(durability);
        let database = rig.open();
        for i in 0..500 {
            run(&database, &format!("SET key:{i} value:{i}")).await;
            run(&database, &format!("HSET hash:{} field:{i} {i}", i % 3)).await;
            run(&database, &format!("RPUSH list {i}")).await;
            run(&database, &format!("SADD set {i}")).await;
            run(&database, &format!("INCRBY counter {i}")).await;
        }
        run(&database, "DEL key:7").await;
        run(&database, "LTRIM list 10 -10").await;
        run(&database, "PEXPIRE key:8 60000").await;
        let digest = database.digest();
        let log_id = database.log_id().to_owned();
        database.close().unwrap();
        drop(database);
        let database = rig.open();
        assert_eq!(database.digest(), digest, "{durability:?}");
        assert_eq!(database.log_id(), log_id);
        assert_eq!(run(&database, "GET counter").await, bulk("124750"));
        assert_eq!(run(&database, "GET key:7").await, Value::Null);
    }
}

#[tokio::test]
async fn a_reply_waits_for_what_it_shows() {
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    let words = words("SET a 1");
    let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let command = database.admit(Caller { permission: Permission::Full }, &args).unwrap();
    let mut sink = ValueSink::new(Protocol::Resp2);
    let Executed::Done { wait_for, sequence, .. } = database.execute(command, &args, &mut sink) else {
        panic!()
    };
    assert_eq!(wait_for, sequence);
    for (line, waits) in [("GET a", true), ("GET b", false), ("DBSIZE", true), ("PING", false)] {
        let words = self::words(line);
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let command = database.admit(Caller { permission: Permission::Full }, &args).unwrap();
        let mut sink = ValueSink::new(Protocol::Resp2);
        let Executed::Done { wait_for, .. } = database.execute(command, &args, &mut sink) else { panic!() };
        assert_eq!(wait_for >= sequence, waits, "{line}");
    }
    database.commit(wait_for).await.unwrap();
    assert!(!database.needs_commit(wait_for));
}

/// With `interval` a write that still lies in the buffer is not shown to others either: a crash of the process takes it.
#[tokio::test]
async fn nobody_reads_what_is_not_with_the_kernel() {
    let rig = Rig::new(Durability::Interval { sync_every: std::time::Duration::from_secs(60) });
    let database = rig.open();
    let execute = |line: &str| {
        let words = words(line);
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let command = database.admit(Caller { permission: Permission::Full }, &args).unwrap();
        match database.execute(command, &args, &mut ValueSink::new(Protocol::Resp2)) {
            Executed::Done { wait_for, .. } => wait_for,
            other => panic!("{other:?}"),
        }
    };
    let written = execute("SET a 1");
    let read = execute("GET a");
    let mut sink = ValueSink::new(Protocol::Resp2);
    let transaction =
        database.execute_transaction(&queue(&database, &["GET a"]), None, &mut |_, write| write(&mut sink));
    let Executed::Done { wait_for: transaction, .. } = transaction else { panic!("{transaction:?}") };
    assert!(
        database.needs_commit(written) && database.needs_commit(read) && database.needs_commit(transaction)
    );
    database.commit(read).await.unwrap();
    assert!(!database.needs_commit(written));
    assert!(!database.needs_commit(execute("GET a")), "an idle database keeps no reader waiting");
}

#[tokio::test]
async fn a_transaction_is_one_batch() {
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    run(&database, "SET text abc").await;
    let before = database.last_sequence();
    let mut sink = ValueSink::new(Protocol::Resp2);
    let queue = queue(&database, &["SET a 1", "INCR text", "INCR a", "GET a", "DBSIZE"]);
    let executed = database.execute_transaction(&queue, None, &mut |_, write| write(&mut sink));
    let Executed::Done { wait_for, .. } = executed else { panic!("{executed:?}") };
    database.commit(wait_for).await.unwrap();
    assert_eq!(database.last_sequence(), before + 1);
    let error = Value::Error("ERR value is not an integer or out of range".to_owned());
    let replies = [Value::Status("OK".to_owned()), error, Value::Integer(2), bulk("2"), Value::Integer(2)];
    assert_eq!(sink.into_values(), replies);
}

#[tokio::test]
async fn what_has_expired_never_lives_again() {
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    run(&database, "SET seen 1 PX 100").await;
    run(&database, "SET other 1 PX 100").await;
    rig.clock.advance_ms(100);
    assert_eq!(run(&database, "GET seen").await, bulk("1"), "alive at its last millisecond");
    rig.clock.advance_ms(1);
    assert_eq!(run(&database, "GET seen").await, Value::Null);
    database.close().unwrap();
    drop(database);
    rig.clock.set_wall_ms(START_MS);
    let database = rig.open();
    assert_eq!(run(&database, "GET seen").await, Value::Null);
    assert_eq!(run(&database, "GET other").await, Value::Null);
}

/// A walk over all keys leaves out what has expired, and that counts as having been told so.
#[tokio::test]
async fn what_walks_leave_out_never_lives_again() {
    for line in ["KEYS *", "SCAN 0 COUNT 1000", "RANDOMKEY"] {
        let rig = Rig::new(Durability::Always);
        let database = rig.open();
        // What is removed in the background would be counted as well.
        database.set_removal_of_due(false);
        for i in 0..50 {
            run(&database, &format!("SET key:{i} 1 PX 100")).await;
        }
        rig.clock.advance_ms(101);
        let last = database.last_sequence();
        run(&database, line).await;
        assert_eq!(database.last_sequence(), last + 1, "{line}: one batch carries the time");
        database.close().unwrap();
        drop(database);
        rig.clock.set_wall_ms(START_MS);
        let database = rig.open();
        assert_eq!(run(&database, "KEYS *").await, Value::Array(Vec::new()), "{line}");
    }
}

/// However it is learned that a field is gone: by a read, by a write that changes nothing, in a transaction.
#[tokio::test]
async fn fields_that_have_expired_never_live_again() {
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    // What is removed in the background would be counted as well.
    database.set_removal_of_due(false);
    for key in ["read", "write", "reads", "writes", "large"] {
        run(&database, &format!("HSET {key} stays 1")).await;
        run(&database, &format!("HSETEX {key} PX 100 FIELDS 1 f 1")).await;
    }
    for i in 0..1_000 {
        run(&database, &format!("HSETEX large PX 100 FIELDS 1 f:{i} 1")).await;
    }
    rig.clock.advance_ms(101);
    let last = database.last_sequence();
    assert_eq!(run(&database, "HLEN large").await, Value::Integer(1));
    assert_eq!(database.last_sequence(), last + 1, "one batch, however many fields");
    assert_eq!(run(&database, "HGET read f").await, Value::Null);
    assert_eq!(run(&database, "HSETEX write FXX FIELDS 1 f 1").await, Value::Integer(0));
    for lines in [&["HEXISTS reads f"][..], &["HGET writes f", "HSETNX writes stays 1"]] {
        let queue = queue(&database, lines);
        let Executed::Done { wait_for, .. } = database.execute_transaction(&queue, None, &mut |_, write| {
            write(&mut ValueSink::new(Protocol::Resp3));
        }) else {
            panic!("{lines:?}")
        };
        database.commit(wait_for).await.unwrap();
    }
    assert_eq!(database.last_sequence(), last + 5);
    database.close().unwrap();
    drop(database);
    rig.clock.set_wall_ms(START_MS);
    let database = rig.open();
    for key in ["read", "write", "reads", "writes", "large"] {
        assert_eq!(run(&database, &format!("HGET {key} f")).await, Value::Null, "{key}");
        assert_eq!(run(&database, &format!("HLEN {key}")).await, Value::Integer(1), "{key}");
    }
}

#[tokio::test]
async fn the_background_removes_fields() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    for i in 0..2_000 {
        run(&database, &format!("HSETEX large PX {} FIELDS 1 f:{i} v", 10 + i % 50)).await;
        run(&database, &format!("HSETEX small:{} PX {} FIELDS 1 f:{i} v", i % 100, 10 + i % 50)).await;
    }
    run(&database, "HSET large stays v").await;
    let digest = {
        let rig = Rig::new(Durability::None);
        let other = rig.open();
        run(&other, "HSET large stays v").await;
        other.digest()
    };
    rig.clock.advance_ms(1_000);
    assert_eq!(database.remove_due(), 100, "the entries whose last field expired");
    assert_eq!(database.digest().content, digest.content, "nothing expired is left");
}

#[tokio::test]
async fn the_background_removes_what_nobody_touches() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    for i in 0..3_000 {
        run(&database, &format!("SET key:{i} v PX {}", 10 + i % 50)).await;
    }
    run(&database, "SET stays v").await;
    rig.clock.advance_ms(1_000);
    while database.statistics().keys > 1 {
        database.remove_due();
    }
    assert_eq!(database.statistics().expired_total, 3_000);
    assert_eq!(run(&database, "GET stays").await, bulk("v"));
}

#[tokio::test]
async fn removals_are_held_for_a_time() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    database.set_removal_of_due(false);
    let expired = || database.statistics().expired_total;
    run(&database, "SET a v PX 10").await;
    run(&database, "SET b v PX 10").await;
    database.hold_removals(Duration::from_secs(1));
    rig.clock.advance_ms(999);
    assert_eq!(run(&database, "GET a").await, Value::Null);
    assert_eq!(expired(), 0);
    rig.clock.advance_ms(1);
    assert_eq!(run(&database, "GET a").await, Value::Null);
    assert_eq!(expired(), 1, "the time is over");
    database.hold_removals(Duration::from_secs(3600));
    assert_eq!(run(&database, "GET b").await, Value::Null);
    assert_eq!(expired(), 1);
    database.hold_removals(Duration::ZERO);
    assert_eq!(run(&database, "GET b").await, Value::Null);
    assert_eq!(expired(), 2);
}

#[tokio::test]
async fn nothing_is_written_after_closing() {
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    run(&database, "SET a 1").await;
    database.close().unwrap();
    let Value::Error(text) = run(&database, "SET a 2").await else { panic!() };
    assert!(text.starts_with("NOTAPPLIED "), "{text}");
    assert_eq!(run(&database, "GET a").await, bulk("1"));
    assert!(!database.health().is_ok());
}

/// A command that copies what is stored logs far more than its arguments come to, and still never outgrows the log.
#[tokio::test]
async fn copies_of_what_is_stored_wait_for_room_in_the_log() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let member = "m".repeat(300_000);
    for i in 0..4 {
        run(&database, &format!("SADD set {i}{member}")).await;
    }
    // More than a segment each.
    for i in 0..6 {
        assert_eq!(run(&database, &format!("SUNIONSTORE copy{i} set")).await, Value::Integer(4));
        assert_eq!(run(&database, &format!("RPUSH list {member}")).await, Value::Integer(1));
        assert_eq!(run(&database, &format!("RPOPLPUSH list other{i}")).await, bulk(&member));
    }
    let queued = queue(&database, &["SUNIONSTORE both set copy0", "SMOVE both single nothere", "SCARD both"]);
    loop {
        let mut sink = ValueSink::new(Protocol::Resp3);
        match database.execute_transaction(&queued, None, &mut |_, write| write(&mut sink)) {
            Executed::NeedsRoom { bytes } => database.room(bytes).await.unwrap(),
            executed => {
                assert!(matches!(executed, Executed::Done { is_error: false, .. }), "{executed:?}");
                break;
            }
        }
    }
    database.close().unwrap();
    drop(database);
    let database = rig.open();
    for i in 0..6 {
        assert_eq!(run(&database, &format!("SCARD copy{i}")).await, Value::Integer(4));
        assert_eq!(run(&database, &format!("LLEN other{i}")).await, Value::Integer(1));
    }
    assert_eq!(run(&database, "SCARD both").await, Value::Integer(4));
}

#[tokio::test]
async fn a_copy_beyond_the_largest_batch_is_refused_and_undone() {
    let rig = Rig::new(Durability::None);
    let database = rig.open();
    let member = "m".repeat(4 << 20);
    for i in 0..16 {
        run(&database, &format!("SADD set {i}{member}")).await;
    }
    run(&database, "SET kept text").await;
    let Value::Error(text) = run(&database, "SUNIONSTORE kept set").await else { panic!() };
    assert!(text.starts_with("LIMIT "), "{text}");
    assert_eq!(run(&database, "GET kept").await, bulk("text"));
    assert_eq!(run(&database, "SCARD set").await, Value::Integer(16));
    assert_eq!(run(&database, "SUNIONSTORE small missing").await, Value::Integer(0));
    assert!(database.health().is_ok());
}

/// Between the steps of a walk others write, and what stays is met once.
#[tokio::test]
async fn a_walk_lets_others_write_and_misses_nothing_that_stays() {
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    for i in 0..3_000 {
        run(&database, &format!("SET stays:{i} v")).await;
    }
    let args: [&[u8]; 2] = [b"KEYS", b"stays:*"];
    let caller = Caller { permission: Permission::Full };
    let command = database.admit(caller, &args).unwrap();
    let mut walking = database.begin_walk(command, &args).unwrap();
    let mut steps = 1;
    while database.step_walk(&mut walking).unwrap() {
        run(&database, &format!("SET comes:{steps} v")).await;
        run(&database, "DEL comes:1").await;
        steps += 1;
    }
    assert!(steps >= 3, "{steps} steps");
    let mut sink = ValueSink::new(Protocol::Resp3);
    let (executed, more) = database.begin_walk_reply(&mut walking, &mut sink);
    assert!(more && !walking.reply_items(&mut sink));
    let wait_for = database.last_sequence();
    let expected = Executed::Done { wait_for, sequence: wait_for, is_error: false };
    assert_eq!(format!("{executed:?}"), format!("{expected:?}"));
    let Value::Array(keys) = sink.into_values().remove(0) else { panic!() };
    let names: std::collections::HashSet<Vec<u8>> = keys
        .iter()
        .map(|key| match key {
            Value::Bulk(name) => name.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((keys.len(), names.len()), (3_000, 3_000));
    assert!(database.begin_walk(database.admit(caller, &[b"DBSIZE"]).unwrap(), &[b"DBSIZE"]).is_none());
}

/// Bits of a long string are counted on an entry of its own, those of a short one at once.
#[tokio::test]
async fn counting_the_bits_of_a_long_string_keeps_nobody_waiting() {
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    run(&database, "SETRANGE long 4000000 x").await;
    run(&database, "SETRANGE short 1000 x").await;
    for line in ["BITCOUNT long", "BITPOS long 1"] {
        let words = words(line);
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let command = database.admit(Caller { permission: Permission::Full }, &args).unwrap();
        let mut sink = ValueSink::new(Protocol::Resp2);
        assert!(matches!(database.execute(command, &args, &mut sink), Executed::TakesLong), "{line}");
        database.execute_long(None, command, &args, &mut sink);
        let expected = if line == "BITCOUNT long" { 4 } else { 32_000_001 };
        assert_eq!(sink.into_values().pop(), Some(Value::Integer(expected)), "{line}");
    }
    assert_eq!(run(&database, "BITCOUNT short").await, Value::Integer(4));
}

/// What looks at much runs on entries of its own: others write meanwhile, and its reply waits for what it saw.
#[tokio::test]
async fn a_long_read_is_given_up_and_runs_on_its_own() {
    const MEMBERS: usize = limits::READ_INLINE_ELEMENTS_MAX + 1;
    let rig = Rig::new(Durability::Always);
    let database = rig.open();
    let members: Vec<String> = (0..MEMBERS).map(|member| member.to_string()).collect();
    for (name, score) in [("SADD s", ""), ("RPUSH l", ""), ("ZADD z", "1 ")] {
        for part in members.chunks(500) {
            let part: Vec<String> = part.iter().map(|member| format!("{score}{member}")).collect();
            run(&database, &format!("{name} {}", part.join(" "))).await;
        }
    }
    run(&database, "SADD few 1 2").await;
    let execute = |line: &str, long: bool| {
        let words = words(line);
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let command = database.admit(Caller { permission: Permission::Full }, &args).unwrap();
        let mut sink = ValueSink::new(Protocol::Resp2);
        let executed = match long {
            true => database.execute_long(None, command, &args, &mut sink),
            false => database.execute(command, &args, &mut sink),
        };
        (executed, sink.into_values().pop())
    };
    let lengths = [
        ("SMEMBERS s", MEMBERS),
        ("SUNION few s", MEMBERS),
        ("SINTER s s", MEMBERS),
        ("SDIFF s none", MEMBERS),
        ("SRANDMEMBER s -20000", 20_000),
        ("LRANGE l 0 -1", MEMBERS),
        ("SORT l", MEMBERS),
        ("SORT l BY none LIMIT 0 3", 3),
        ("ZRANGE z -inf +inf BYSCORE", MEMBERS),
        ("ZREVRANGE z 0 -1 WITHSCORES", MEMBERS * 2),
        ("ZUNION 2 z none", MEMBERS),
    ];
    for (line, length) in lengths {
        let (executed, reply) = execute(line, false);
        assert!(matches!(executed, Executed::TakesLong) && reply.is_none(), "{line}: {executed:?}");
        let (executed, reply) = execute(line, true);
        let Some(Value::Array(items)) = reply else { panic!("{line}: {reply:?}") };
        assert_eq!(items.len(), length, "{line}");
        let last = database.last_sequence();
        assert!(
            matches!(executed, Executed::Done { wait_for, sequence, .. } if wait_for == last && sequence == last)
        );
    }
    for line in [
        "SINTER few s",
        "SRANDMEMBER s 3",
        "LRANGE l -3 -1",
        "ZRANGE z 0 10",
        "ZRANGEBYSCORE z -inf +inf LIMIT 5000 10",
        "SORT few",
        "LRANGE l x 3",
        "SORT l BY none* STORE d",
    ] {
        assert!(matches!(execute(line, false).0, Executed::Done { .. }), "{line}");
    }
    let before = database.entry_digest(b"s");
    assert!(matches!(execute("SMEMBERS s", true).1, Some(Value::Array(items)) if items.len() == MEMBERS));
    assert_eq!(database.entry_digest(b"s"), before, "sharing changes nothing");
    assert_eq!(run(&database, "SREM s 0").await, Value::Integer(1));
}

#[tokio::test]
async fn the_log_read_back_is_what_is_in_memory() {
    for durability in [Durability::Always, Durability::None] {
        let rig = Rig::new(durability);
        let database = rig.open();
        for line in ["SET a 1", "HSET h f v", "RPUSH l x y", "DEL a", "SADD s m"] {
            run(&database, line).await;
        }
        database.commit(database.last_sequence()).await.unwrap();
        let same =
            (0..10_000).map(|_| database.read_back().unwrap()).find(|found| *found != ReadBack::Behind);
        assert_eq!(same, Some(ReadBack::Same));
        assert_ne!(database.entry_digest(b"h"), database.entry_digest(b"l"));
        assert_eq!(database.entry_digest(b"a"), None);
        assert_eq!(run(&database, "INCR after").await, Value::Integer(1));
    }
}
