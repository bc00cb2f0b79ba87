//! Streams as they move between servers: how they are made, and what two servers have to agree on.

use selvedge_golden::Target;
use selvedge_wire::Value;

use crate::random::Random;

/// A day that is past on every clock: a delivery cannot lie in the future.
const DELIVERED_AT_MS: u64 = 1_700_000_000_000;

/// Makes `k` a random stream with groups: entries with the same names and with others, gaps, and what is pending, also of entries
/// that are gone. `entries` is how many there are at most; `element` makes names and values.
pub(crate) fn fill(
    random: &mut Random,
    entries: u64,
    element: &mut dyn FnMut(&mut Random) -> Vec<u8>,
    run: &mut dyn FnMut(&[&[u8]]),
) {
    let (mut ms, mut ids) = (random.below(1 << 40), Vec::<Vec<u8>>::new());
    for _ in 0..entries {
        ms += [0, 1, random.below(1 << 35)][below(random, 3)];
        let number = ids.len() as u64 + random.below(3) * (1 << 33);
        let id = format!("{ms}-{number}").into_bytes();
        if ids.last().is_some_and(|last| !is_below(last, &id)) {
            continue;
        }
        let mut words: Vec<Vec<u8>> =
            vec![b"name".to_vec(), element(random), b"other".to_vec(), element(random)];
        if random.below(8) == 0 {
            words = (0..2 * (1 + random.below(4))).map(|_| element(random)).collect();
        }
        let mut command: Vec<&[u8]> = vec![b"XADD", b"k", &id];
        command.extend(words.iter().map(Vec::as_slice));
        run(&command);
        ids.push(id);
    }
    let some = |random: &mut Random| ids[below(random, ids.len() as u64)].clone();
    for group in 0..random.below(4) {
        let (group, last_id) = (format!("group {group}").into_bytes(), some(random));
        let entries_read = random.below(ids.len() as u64).to_string();
        match random.below(2) {
            0 => run(&[b"XGROUP", b"CREATE", b"k", &group, &last_id]),
            _ => {
                run(&[b"XGROUP", b"CREATE", b"k", &group, &last_id, b"ENTRIESREAD", entries_read.as_bytes()])
            }
        }
        run(&[b"XGROUP", b"CREATECONSUMER", b"k", &group, b"idle"]);
        for _ in 0..random.below(entries.min(50)) {
            let (id, consumer) = (some(random), random.below(200).to_string());
            let at_ms = (DELIVERED_AT_MS + random.below(1000)).to_string();
            let deliveries = (1 + random.below(1 << 20)).to_string();
            let (at_ms, deliveries) = (at_ms.as_bytes(), deliveries.as_bytes());
            let head: [&[u8]; 6] = [b"XCLAIM", b"k", &group, consumer.as_bytes(), b"0", &id];
            run(&[&head[..], &[b"TIME", at_ms, b"RETRYCOUNT", deliveries, b"FORCE", b"JUSTID"]].concat());
        }
    }
    for _ in 0..random.below(1 + entries / 3) {
        let id = some(random);
        run(&[b"XDEL", b"k", &id]);
    }
}

fn below(random: &mut Random, bound: u64) -> usize {
    usize::try_from(random.below(bound)).unwrap()
}

fn is_below(a: &[u8], b: &[u8]) -> bool {
    let parts = |id: &[u8]| {
        let id = String::from_utf8(id.to_vec()).unwrap();
        let (ms, number) = id.split_once('-').unwrap();
        (ms.parse::<u64>().unwrap(), number.parse::<u64>().unwrap())
    };
    parts(a) < parts(b)
}

/// What a stream holds, its groups included, but for when its consumers were seen and how it lies in memory.
pub(crate) fn content(target: &mut dyn Target, key: &[u8]) -> Vec<(Vec<u8>, String)> {
    let words = [b"XINFO", &b"STREAM"[..], key, b"FULL", b"COUNT", b"0"].map(<[u8]>::to_vec);
    let mut parts = Vec::new();
    put_lasting(&mut parts, &target.run(&words).unwrap());
    parts
}

/// Appends the parts of a value, without the pairs whose names tell of times and layouts.
fn put_lasting(parts: &mut Vec<(Vec<u8>, String)>, value: &Value) {
    match value {
        Value::Array(items) => {
            parts.push((b"[".to_vec(), String::new()));
            let mut items = items.iter();
            while let Some(item) = items.next() {
                match item {
                    Value::Bulk(name) if name.starts_with(b"radix-tree") || name.ends_with(b"-time") => {
                        items.next();
                    }
                    item => put_lasting(parts, item),
                }
            }
            parts.push((b"]".to_vec(), String::new()));
        }
        Value::Bulk(bytes) => parts.push((bytes.clone(), String::new())),
        other => parts.push((Vec::new(), format!("{other:?}"))),
    }
}
