//! Sorted sets of 100,000 members of 20 bytes: what a command costs without the socket, beside the order kept by
//! `indexset`, which was the way not taken (`docs/rfcs/0009-sorted-sets.md`).
//!
//! `cargo bench --package selvedge-engine --bench sorted_sets` prints the bytes per member, the longest pause while a
//! sorted set grows, and then the time per command. The rejected way is measured without any command around it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops when it fails")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use divan::{Bencher, black_box};
use selvedge_engine::table::{self, Run};
use selvedge_engine::{Batch, Command, HybridTime, Keyspace, Now, ReadCx, Scope, WriteCx};
use selvedge_wire::Protocol;
use selvedge_wire::resp::RespSink;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const MEMBERS: u64 = 100_000;
const GROWTH_MEMBERS: u64 = 10_000_000;
const GROWTH_RUNS: usize = 3;
const MEMORY_SETS: usize = 10;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("memory") => println!("{:.1}", memory(Ours::new)),
        Some("memory-rejected") => println!("{:.1}", memory(Rejected::new)),
        _ => {
            let [ours, rejected] = ["memory", "memory-rejected"].map(in_a_fresh_process);
            println!("bytes per member at {MEMBERS}: {ours}, rejected {rejected}");
            println!("longest repeatable ZADDs on the way to {GROWTH_MEMBERS} members: {}", longest_adds());
            divan::main();
        }
    }
}

/// What this program prints for an argument: only a fresh process has no memory that was used before.
fn in_a_fresh_process(argument: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = std::process::Command::new(program).arg(argument).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A small generator (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn member(&mut self) -> Vec<u8> {
        member(self.next() % MEMBERS)
    }

    fn score(&mut self) -> u64 {
        self.next() >> 34
    }
}

fn member(number: u64) -> Vec<u8> {
    format!("member:{number:013}").into_bytes()
}

trait SortedSet {
    fn add(&mut self, member: &[u8], score: u64);
    fn rank(&mut self, member: &[u8]);
    fn range(&mut self, start: u64);
}

/// The commands, from their words to their replies, batch included.
struct Ours {
    keyspace: Keyspace,
    batch: Batch,
    sequence: u64,
    reply: Vec<u8>,
}

impl Ours {
    fn new() -> Self {
        Self { keyspace: Keyspace::new([7; 16]), batch: Batch::new(0), sequence: 0, reply: Vec::new() }
    }

    fn run(&mut self, command: &Command, args: &[&[u8]]) {
        let Some(key) = args.get(1) else { return };
        let hash = self.keyspace.hash(key);
        let scope = Scope::Keys([hash].into_iter().collect());
        self.reply.clear();
        let mut sink = RespSink::new(&mut self.reply, Protocol::Resp2);
        let now = Now::from_ms(1_800_000_000_000);
        match command.run {
            Run::Read(handler) => {
                let guards = self.keyspace.read(&scope);
                handler(&ReadCx::new(&self.keyspace, &guards, now).with_key(key, hash), args, &mut sink)
                    .unwrap();
            }
            Run::Write(handler) => {
                self.sequence += 1;
                let mut guards = self.keyspace.write(&scope);
                self.batch.begin(self.sequence, HybridTime::new(now.ms(), 0), self.sequence);
                let cx = WriteCx::new(&self.keyspace, &mut guards, &mut self.batch, now, 0);
                handler(&mut cx.with_key(key, hash), args, &mut sink).unwrap();
            }
            _ => {}
        }
        black_box(&self.reply);
    }

    fn command(name: &str) -> &'static Command {
        table::find(name.as_bytes()).unwrap()
    }
}

impl SortedSet for Ours {
    fn add(&mut self, member: &[u8], score: u64) {
        let score = score.to_string();
        self.run(Self::command("zadd"), &[b"zadd", b"key", score.as_bytes(), member]);
    }

    fn rank(&mut self, member: &[u8]) {
        self.run(Self::command("zrank"), &[b"zrank", b"key", member]);
    }

    fn range(&mut self, start: u64) {
        let (start, stop) = (start.to_string(), (start + 19).to_string());
        self.run(Self::command("zrange"), &[b"zrange", b"key", start.as_bytes(), stop.as_bytes()]);
    }
}

/// A table of members and a set of pairs that knows ranks.
struct Rejected {
    scores: HashMap<Arc<[u8]>, u64>,
    order: indexset::BTreeSet<(u64, Arc<[u8]>)>,
}

impl Rejected {
    fn new() -> Self {
        Self { scores: HashMap::new(), order: indexset::BTreeSet::with_maximum_node_size(256) }
    }
}

impl SortedSet for Rejected {
    fn add(&mut self, member: &[u8], score: u64) {
        let member = match self.scores.get_key_value(member) {
            Some((member, old)) => {
                let member = Arc::clone(member);
                self.order.remove(&(*old, Arc::clone(&member)));
                member
            }
            None => Arc::from(member),
        };
        self.scores.insert(Arc::clone(&member), score);
        self.order.insert((score, member));
    }

    fn rank(&mut self, member: &[u8]) {
        let (member, score) = self.scores.get_key_value(member).unwrap();
        black_box(self.order.rank(&(*score, Arc::clone(member))));
    }

    fn range(&mut self, start: u64) {
        let start = usize::try_from(start).unwrap();
        let first = self.order.get_index(start).unwrap().clone();
        for (_, member) in self.order.range(first..).take(20) {
            black_box(member.len());
        }
    }
}

fn filled<S: SortedSet>(mut set: S) -> S {
    let mut random = Random(1);
    for number in 0..MEMBERS {
        set.add(&member(number), random.score());
    }
    set
}

/// Resident bytes per member, over several sets of that size.
fn memory<S: SortedSet>(new: fn() -> S) -> f64 {
    let before = resident_bytes();
    let sets: Vec<S> = (0..MEMORY_SETS).map(|_| filled(new())).collect();
    let bytes = resident_bytes() - before;
    drop(sets);
    bytes / (MEMBERS as f64 * MEMORY_SETS as f64)
}

fn resident_bytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

/// Each ZADD as quick as it was in the quickest of several runs, which takes out what other processes do; the slowest
/// of these, and which they were.
#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
fn longest_adds() -> String {
    let mut quickest = vec![Duration::MAX; usize::try_from(GROWTH_MEMBERS).unwrap()];
    for _ in 0..GROWTH_RUNS {
        let mut set = Ours::new();
        let mut random = Random(1);
        for (number, quickest) in (0..).zip(&mut quickest) {
            let (member, score) = (member(number), random.score());
            let start = Instant::now();
            set.add(&member, score);
            *quickest = start.elapsed().min(*quickest);
        }
    }
    let mut slowest: Vec<_> = quickest.into_iter().enumerate().collect();
    slowest.sort_unstable_by_key(|(_, duration)| std::cmp::Reverse(*duration));
    let slowest = slowest.iter().take(5).map(|(number, duration)| format!("{duration:?} (the {number}th)"));
    slowest.collect::<Vec<_>>().join(", ")
}

fn bench<S: SortedSet>(bencher: Bencher<'_, '_>, new: fn() -> S, step: fn(&mut S, &mut Random)) {
    let set = RefCell::new((filled(new()), Random(2)));
    bencher.bench_local(|| {
        let (set, random) = &mut *set.borrow_mut();
        step(set, random);
    });
}

#[divan::bench(sample_size = 1000)]
fn zadd(bencher: Bencher<'_, '_>) {
    bench(bencher, Ours::new, |set, random| set.add(&random.member(), random.score()));
}

#[divan::bench(sample_size = 1000)]
fn zadd_rejected(bencher: Bencher<'_, '_>) {
    bench(bencher, Rejected::new, |set, random| set.add(&random.member(), random.score()));
}

#[divan::bench(sample_size = 1000)]
fn zrank(bencher: Bencher<'_, '_>) {
    bench(bencher, Ours::new, |set, random| set.rank(&random.member()));
}

#[divan::bench(sample_size = 1000)]
fn zrank_rejected(bencher: Bencher<'_, '_>) {
    bench(bencher, Rejected::new, |set, random| set.rank(&random.member()));
}

#[divan::bench(sample_size = 1000)]
fn zrange_20(bencher: Bencher<'_, '_>) {
    bench(bencher, Ours::new, |set, random| set.range(random.next() % (MEMBERS - 20)));
}

#[divan::bench(sample_size = 1000)]
fn zrange_20_rejected(bencher: Bencher<'_, '_>) {
    bench(bencher, Rejected::new, |set, random| set.range(random.next() % (MEMBERS - 20)));
}
