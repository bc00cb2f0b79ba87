//! What MEMORY USAGE says beside what the process takes.

use crate::harness::{Resp, Selvedge};

/// Items of each value: enough that what else the process takes does not count.
const ITEMS: u32 = 400_000;
const ITEMS_PER_COMMAND: u32 = 500;

/// The words that one item adds to a command.
type Item = fn(u32) -> Vec<String>;

/// Fills `key` with a command for many items at once.
fn fill(resp: &mut Resp, command: &str, key: &str, item: Item) {
    for start in (0..ITEMS).step_by(ITEMS_PER_COMMAND as usize) {
        let mut words = vec![command.to_owned(), key.to_owned()];
        words.extend((start..start + ITEMS_PER_COMMAND).flat_map(item));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        resp.call(&words);
    }
}

fn name(number: u32) -> String {
    format!("item:{number:08}")
}

#[test]
fn estimates_are_near_what_the_process_takes() {
    let fillings: [(&str, Item); 4] = [
        ("HSET", |i| vec![name(i), "v".repeat(40)]),
        ("SADD", |i| vec![name(i)]),
        ("RPUSH", |i| vec![name(i)]),
        ("ZADD", |i| vec![i.to_string(), name(i)]),
    ];
    for (command, item) in fillings {
        let scratch = tempfile::tempdir().unwrap();
        let server = Selvedge::start_with(scratch.path(), |process| {
            process.args(["--durability", "none"]);
        });
        let mut resp = server.connect();
        resp.call(&["AUTH", server.token()]);
        // What the log and the connection need for themselves is there after a first filling.
        fill(&mut resp, command, "first", item);
        let before = server.resident_bytes();
        fill(&mut resp, command, "key", item);
        let taken = server.resident_bytes().saturating_sub(before) as f64;
        for samples in ["5", "0"] {
            let usage: f64 = resp.call(&["MEMORY", "USAGE", "key", "SAMPLES", samples]).parse().unwrap();
            let ratio = usage / taken;
            println!("{command}: {usage} bytes estimated, {taken} taken: {ratio:.2}");
            // The allocator's own is in what is taken.
            assert!((0.6..1.2).contains(&ratio), "{command}: {usage} of {taken}");
        }
    }
}
