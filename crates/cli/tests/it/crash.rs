//! kill -9 under load: every acknowledged write is there, and nobody was shown what is not.
//!
//! Each client sends numbered steps one after the other, so that its keys say exactly how many of its steps are
//! there. Readers look at all clients' keys meanwhile and note how many steps they have seen at least.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::harness::{Resp, Selvedge};

const CLIENTS: usize = 32;
const READERS: usize = 4;
const ROUNDS: usize = 20;
const ACKNOWLEDGED_PER_ROUND: usize = 1200;

/// Steps come in turns of this many: SET, INCR, LPUSH, then SET or DEL of a key that comes and goes.
const TURN: u64 = 4;

/// What is known of one client's steps, which count from 1.
#[derive(Debug, Default)]
struct Steps {
    acknowledged: AtomicU64,
    seen: AtomicU64,
}

fn key(kind: &str, round: usize, client: usize) -> String {
    format!("{kind}:{round}:{client}")
}

/// Performs step `n`; `None` when the connection is gone.
fn step(resp: &mut Resp, round: usize, client: usize, n: u64) -> Option<String> {
    let number = n.to_string();
    let (kind, turn) = (n % TURN, n / TURN);
    let reply = match kind {
        1 => resp.try_call(&["SET", &key("last", round, client), &number]),
        2 => resp.try_call(&["INCR", &key("count", round, client)]),
        3 => resp.try_call(&["LPUSH", &key("list", round, client), &number]),
        _ if turn % 2 == 1 => resp.try_call(&["SET", &key("comes", round, client), &number]),
        _ => resp.try_call(&["DEL", &key("comes", round, client)]),
    };
    reply.ok()
}

/// What the keys of a client look like when exactly `n` steps are there.
fn expected(n: u64) -> [String; 4] {
    let done = |kind: u64| (n + TURN - kind) / TURN;
    let last = |kind: u64| kind + TURN * (done(kind) - 1);
    let text = |kind: u64| if done(kind) == 0 { "(nil)".to_owned() } else { last(kind).to_string() };
    let list: Vec<String> = (0..done(3)).rev().map(|turn| (3 + TURN * turn).to_string()).collect();
    let turns = n / TURN;
    let comes = if turns % 2 == 1 { (turns * TURN).to_string() } else { "(nil)".to_owned() };
    let count = if done(2) == 0 { "(nil)".to_owned() } else { done(2).to_string() };
    [text(1), count, list.join(" "), comes]
}

fn found(resp: &mut Resp, round: usize, client: usize) -> [String; 4] {
    [
        resp.call(&["GET", &key("last", round, client)]),
        resp.call(&["GET", &key("count", round, client)]),
        resp.call(&["LRANGE", &key("list", round, client), "0", "-1"]),
        resp.call(&["GET", &key("comes", round, client)]),
    ]
}

fn write(mut resp: Resp, round: usize, client: usize, steps: &[Steps], acknowledged: &mpsc::Sender<()>) {
    for n in 1.. {
        let Some(reply) = step(&mut resp, round, client, n) else { return };
        if reply.starts_with('-') {
            return;
        }
        steps[client].acknowledged.store(n, Ordering::SeqCst);
        if acknowledged.send(()).is_err() {
            return;
        }
    }
}

/// Reads the two keys that tell the number of a step, also what it means that one is gone again.
fn read(mut resp: Resp, round: usize, steps: &[Steps], stop: &AtomicBool) {
    let mut came = vec![0_u64; steps.len()];
    while !stop.load(Ordering::SeqCst) {
        for client in 0..steps.len() {
            let Ok(last) = resp.try_call(&["GET", &key("last", round, client)]) else { return };
            let Ok(comes) = resp.try_call(&["GET", &key("comes", round, client)]) else { return };
            let mut seen = last.parse().unwrap_or(0);
            match comes.parse::<u64>() {
                Ok(n) => came[client] = n,
                // It had come with step `came`, so the step that removes it was there too.
                Err(_) if comes == "(nil)" && came[client] > 0 => seen = seen.max(came[client] + TURN),
                Err(_) => {}
            }
            steps[client].seen.fetch_max(seen.max(came[client]), Ordering::SeqCst);
        }
    }
}

fn load_and_kill(data: &Path, round: usize) -> Vec<Steps> {
    let server = Selvedge::start(data);
    let (address, token): (SocketAddr, String) = (server.resp(), server.token().to_owned());
    let connect = move || {
        let mut resp = Resp::connect(address);
        assert_eq!(resp.call(&["AUTH", &token]), "OK");
        resp
    };
    let steps: Arc<Vec<Steps>> = Arc::new((0..CLIENTS).map(|_| Steps::default()).collect());
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    let mut threads = Vec::new();
    for client in 0..CLIENTS {
        let (resp, steps, sender) = (connect(), Arc::clone(&steps), sender.clone());
        threads.push(thread::spawn(move || write(resp, round, client, &steps, &sender)));
    }
    for _ in 0..READERS {
        let (resp, steps, stop) = (connect(), Arc::clone(&steps), Arc::clone(&stop));
        threads.push(thread::spawn(move || read(resp, round, &steps, &stop)));
    }
    drop(sender);
    assert_eq!(receiver.iter().take(ACKNOWLEDGED_PER_ROUND).count(), ACKNOWLEDGED_PER_ROUND);
    server.stop("KILL");
    stop.store(true, Ordering::SeqCst);
    for thread in threads {
        thread.join().unwrap();
    }
    Arc::into_inner(steps).unwrap()
}

#[test]
fn what_was_acknowledged_or_shown_outlives_kill_9() {
    let scratch = tempfile::tempdir().unwrap();
    let mut rounds: Vec<Vec<[String; 4]>> = Vec::new();
    for round in 0..ROUNDS {
        let steps = load_and_kill(scratch.path(), round);
        let server = Selvedge::start(scratch.path());
        let mut resp = server.connect();
        let mut states = Vec::new();
        for (client, steps) in steps.iter().enumerate() {
            let acknowledged = steps.acknowledged.load(Ordering::SeqCst);
            let seen = steps.seen.load(Ordering::SeqCst);
            let state = found(&mut resp, round, client);
            let there = if state == expected(acknowledged) {
                acknowledged
            } else if state == expected(acknowledged + 1) {
                acknowledged + 1
            } else {
                panic!(
                    "round {round}, client {client}: {acknowledged} steps were acknowledged, found {state:?}"
                )
            };
            assert!(
                there >= seen,
                "round {round}, client {client}: {seen} steps were seen, {there} are there"
            );
            states.push(state);
        }
        for (earlier, states) in rounds.iter().enumerate() {
            for (client, state) in states.iter().enumerate() {
                assert_eq!(*state, found(&mut resp, earlier, client), "round {earlier} after round {round}");
            }
        }
        rounds.push(states);
        assert!(server.stop("KILL").code().is_none());
    }
}

#[test]
fn the_model_of_the_steps_is_right() {
    let text = |n| expected(n).join("|");
    assert_eq!(text(0), "(nil)|(nil)||(nil)");
    assert_eq!(text(1), "1|(nil)||(nil)");
    assert_eq!(text(3), "1|1|3|(nil)");
    assert_eq!(text(4), "1|1|3|4");
    assert_eq!(text(7), "5|2|7 3|4");
    assert_eq!(text(8), "5|2|7 3|(nil)");
    assert_eq!(text(12), "9|3|11 7 3|12");
}
