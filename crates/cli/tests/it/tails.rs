//! What the clients of other keys notice while somebody asks for too much. What `cargo xtask bench --tails` measures is more exact.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::abuse::files_max;
use crate::harness::{Resp, Selvedge};

/// What 99 of 100 requests of others keep below, on a machine that builds and tests at the same time: far more than they take,
/// far less than a stop.
const P99_MAX: Duration = Duration::from_millis(250);

/// A server without a disk, and somebody who uses it all the time.
struct Rig {
    server: Selvedge,
    bystander: Option<JoinHandle<Vec<Duration>>>,
    is_over: Arc<AtomicBool>,
    _data: tempfile::TempDir,
}

impl Rig {
    fn start(arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Selvedge::start_with(data.path(), |command| {
            command.args(["--durability", "none"]).args(arguments);
        });
        let is_over = Arc::new(AtomicBool::new(false));
        let (mut resp, over) = (server.connect(), Arc::clone(&is_over));
        let bystander = std::thread::spawn(move || {
            let mut took = Vec::new();
            while !over.load(Ordering::Acquire) {
                let begun = Instant::now();
                assert_eq!(resp.call(&["SET", "bystander", "here"]), "OK");
                assert_eq!(resp.call(&["GET", "bystander"]), "here");
                took.push(begun.elapsed());
            }
            took
        });
        Self { server, bystander: Some(bystander), is_over, _data: data }
    }

    /// The bystander noticed next to nothing.
    fn end(mut self) {
        self.is_over.store(true, Ordering::Release);
        let mut took = self.bystander.take().unwrap().join().unwrap();
        took.sort_unstable();
        let p99 = took[took.len() * 99 / 100];
        assert!(p99 < P99_MAX, "99 of 100 requests of another client took up to {p99:?}");
    }

    /// Connections that wait in that command.
    fn waiting(&self, count: usize, words: &[&str]) -> Vec<Resp> {
        let mut observer = self.server.connect();
        let mut waiting = Vec::with_capacity(count);
        for arrived in 0..count {
            let mut connection = self.server.connect();
            connection.send(words);
            waiting.push(connection);
            // In the order of their arrival, which connections of different threads do not keep by themselves.
            if arrived < 100 {
                while observer.waiting() <= arrived {}
            }
        }
        while observer.waiting() < count {}
        waiting
    }
}

#[test]
fn a_transaction_without_end_is_broken_off() {
    const QUEUED_BYTES_MAX: usize = 1 << 20;
    let rig = Rig::start(&["--transaction-bytes-max", &QUEUED_BYTES_MAX.to_string()]);
    let mut resp = rig.server.connect();
    let before = rig.server.resident_bytes();
    assert_eq!(resp.call(&["MULTI"]), "OK");
    let value = "x".repeat(1000);
    let mut refused = 0;
    for i in 0..16_000 {
        let reply = resp.call(&["SET", &format!("k{i}"), &value]);
        if reply.starts_with("-LIMIT") {
            assert_eq!(reply, "-LIMIT the transaction is larger than transaction_bytes_max (1048576 bytes)");
            refused += 1;
        } else {
            assert_eq!((reply.as_str(), refused), ("QUEUED", 0), "nothing is queued behind a refusal");
        }
    }
    assert!(refused > 14_000, "{refused} were refused");
    let grown = rig.server.resident_bytes().saturating_sub(before);
    assert!(grown < 16 * QUEUED_BYTES_MAX as u64, "a queue of a mebibyte took {grown} bytes");
    assert_eq!(resp.call(&["EXEC"]), "-EXECABORT Transaction discarded because of previous errors.");
    assert_eq!(resp.call(&["DBSIZE"]), "1", "only the bystander's key is there");
    rig.end();
}

#[test]
fn a_million_watched_keys_are_refused_and_ten_thousand_are_watched() {
    let rig = Rig::start(&[]);
    let mut resp = rig.server.connect();
    let before = rig.server.resident_bytes();
    let names: Vec<String> = (0..1_000_000).map(|i| format!("watched:{i}")).collect();
    let watch = |resp: &mut Resp, names: &[String]| {
        let words: Vec<&str> = std::iter::once("WATCH").chain(names.iter().map(String::as_str)).collect();
        resp.call(&words)
    };
    let refusal = "-LIMIT a connection watches at most 10000 keys";
    assert_eq!(watch(&mut resp, &names), refusal);
    for thousand in names[..10_000].chunks(1000) {
        assert_eq!(watch(&mut resp, thousand), "OK");
    }
    assert_eq!(watch(&mut resp, &names[10_000..10_001]), refusal);
    let long = vec!["k".repeat(1 << 20); 17];
    let mut other = rig.server.connect();
    assert!(
        watch(&mut other, &long).starts_with("-LIMIT a connection watches keys of at most 16777216 bytes")
    );

    // They are watched: nothing changed, then one did.
    for changed in [false, true] {
        if changed {
            assert_eq!(watch(&mut resp, &names[..10_000]), "OK");
            assert_eq!(other.call(&["SET", &names[5000], "x"]), "OK");
        }
        assert_eq!(resp.call(&["MULTI"]), "OK");
        assert_eq!(resp.call(&["PING"]), "QUEUED");
        assert_eq!(resp.call(&["EXEC"]), if changed { "(nil)" } else { "PONG" });
    }
    let grown = rig.server.resident_bytes().saturating_sub(before);
    assert!(grown < 256 << 20, "it took {grown} bytes");
    rig.end();
}

#[test]
fn ten_thousand_wait_for_one_key() {
    let count = usize::try_from(files_max().saturating_sub(500).min(10_000)).unwrap();
    let rig = Rig::start(&["--connections-max", "11000"]);
    let mut pusher = rig.server.connect();
    let mut waiting = rig.waiting(count, &["BLPOP", "queue", "0"]);
    for (i, first) in waiting[..100].iter_mut().enumerate() {
        pusher.call(&["RPUSH", "queue", &format!("e{i}")]);
        assert_eq!(first.reply().unwrap(), format!("queue e{i}"), "who came first is served first");
    }
    // Another type passes all of them by, again and again.
    for _ in 0..100 {
        assert_eq!(pusher.call(&["ZADD", "queue", "1", "m"]), "1");
        assert_eq!(pusher.call(&["DEL", "queue"]), "1");
    }
    let half: Vec<String> = (100..count / 2).map(|i| format!("e{i}")).collect();
    let words: Vec<&str> = ["RPUSH", "queue"].into_iter().chain(half.iter().map(String::as_str)).collect();
    pusher.call(&words);
    // Those who leave take nothing with them.
    drop(waiting.split_off(count / 2));
    let mut got: Vec<String> = waiting[100..].iter_mut().map(|resp| resp.reply().unwrap()).collect();
    got.sort_unstable();
    let mut wanted: Vec<String> = half.iter().map(|element| format!("queue {element}")).collect();
    wanted.sort_unstable();
    assert_eq!(got, wanted, "each got one");
    while pusher.waiting() > 0 {}
    assert_eq!(pusher.call(&["RPUSH", "queue", "last"]), "1", "nobody is left to take it");
    rig.end();
}

#[test]
fn the_key_that_many_wait_for_changes_in_every_way() {
    let rig = Rig::start(&[]);
    let mut other = rig.server.connect();
    let mut waiting = rig.waiting(200, &["BLMPOP", "0", "1", "queue", "LEFT"]);
    for (round, first) in waiting[..50].iter_mut().enumerate() {
        let element = format!("e{round}");
        for (words, reply) in [(&["SET", "queue", "a string"][..], "OK"), (&["PEXPIRE", "queue", "1"], "1")] {
            assert_eq!(other.call(words), reply);
        }
        while other.call(&["EXISTS", "queue"]) == "1" {}
        assert_eq!(other.call(&["HSET", "queue", "f", "v"]), "1");
        assert_eq!(other.call(&["RENAME", "queue", "elsewhere"]), "OK");
        // It comes and goes in one step: nobody sees it.
        assert_eq!(other.call(&["MULTI"]), "OK");
        other.call(&["RPUSH", "queue", "hidden"]);
        other.call(&["DEL", "queue"]);
        assert_eq!(other.call(&["EXEC"]), "1 1");
        // A list that takes the name of the key is one that they wait for.
        assert_eq!(other.call(&["RPUSH", "elsewhere too", &element]), "1");
        assert_eq!(other.call(&["RENAME", "elsewhere too", "queue"]), "OK");
        assert_eq!(first.reply().unwrap(), format!("queue {element}"));
        assert_eq!(other.call(&["EXISTS", "queue"]), "0");
    }
    assert_eq!(other.waiting(), 150);
    rig.end();
}
