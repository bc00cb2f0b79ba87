//! Values that move between ours and real Redis servers, as DUMP writes them and RESTORE takes them.

use std::collections::BTreeMap;

use selvedge_golden::{RespTarget, Target};
use selvedge_wire::Value;

use crate::moving_streams;
use crate::random::Random;
use crate::solo::Solo;

/// Values of each type that move in each direction.
const ROUNDS: u64 = 20;

/// A far day in milliseconds: expiries near it are the same on every clock.
const FAR_MS: u64 = 4_000_000_000_000;

/// A real Redis, and whether fields expire in it.
struct Oracle {
    redis: RespTarget,
    expires_fields: bool,
}

/// Those that the suite has at hand: 8.2, and 7.0.
fn oracles() -> Vec<Oracle> {
    [("SELVEDGE_REDIS_ORACLE", true), ("SELVEDGE_REDIS_7_ORACLE", false)]
        .into_iter()
        .filter_map(|(variable, expires_fields)| {
            let redis = RespTarget::connect_redis(&std::env::var(variable).ok()?).unwrap();
            Some(Oracle { redis, expires_fields })
        })
        .collect()
}

fn run(target: &mut dyn Target, words: &[&[u8]]) -> Value {
    target.run(&words.iter().map(|word| word.to_vec()).collect::<Vec<_>>()).unwrap()
}

/// Numbers of every width, text, what compresses, what does not, and nothing.
fn element(random: &mut Random) -> Vec<u8> {
    let wide = random.below(1 << 62).to_string();
    match random.below(9) {
        0 => random.below(200).to_string().into_bytes(),
        1 => format!("-{}", 1 + random.below(40_000)).into_bytes(),
        2 => (random.below(1 << 33)).to_string().into_bytes(),
        3 => format!("-{wide}").into_bytes(),
        4 => wide.into_bytes(),
        5 => format!("text {}", random.below(1000)).into_bytes(),
        6 => [
            random.below(1000).to_string().into_bytes(),
            vec![b'z'; 60 + usize::try_from(random.below(300)).unwrap()],
        ]
        .concat(),
        7 => (0..random.below(100)).map(|_| u8::try_from(random.below(256)).unwrap()).collect(),
        _ => Vec::new(),
    }
}

/// Sizes that lie on both sides of every limit of an encoding.
fn size(random: &mut Random) -> u64 {
    let limit = [2, 20, 140, 600, 3000][usize::try_from(random.below(5)).unwrap()];
    1 + random.below(limit)
}

/// Makes `k` the same random value in both.
fn fill(kind: u64, random: &mut Random, expires_fields: bool, both: [&mut dyn Target; 2]) {
    let [ours, redis] = both;
    let mut both = |words: &[&[u8]]| {
        let (a, b) = (run(ours, words), run(redis, words));
        assert!(!matches!((&a, &b), (Value::Error(_), _) | (_, Value::Error(_))), "{words:?}: {a:?} {b:?}");
    };
    if kind == 0 {
        let value = element(random).repeat(1 + usize::try_from(random.below(3)).unwrap());
        return both(&[b"SET", b"k", &value]);
    }
    if kind == 7 {
        let entries = size(random);
        return moving_streams::fill(random, entries, &mut element, &mut both);
    }
    for _ in 0..size(random) {
        let (item, value) = (element(random), element(random));
        let score =
            [format!("{}", random.below(50)), "-inf".to_owned(), format!("{}e-3", random.below(1 << 40))];
        let score = &score[usize::try_from(random.below(3)).unwrap()];
        match kind {
            1 => both(&[b"RPUSH", b"k", &item]),
            2 => both(&[b"SADD", b"k", &item]),
            3 => both(&[b"SADD", b"k", random.below(1 << 20).to_string().as_bytes()]),
            4 => both(&[b"ZADD", b"k", score.as_bytes(), &item]),
            _ => both(&[b"HSET", b"k", &item, &value]),
        }
        if kind == 6 && expires_fields && random.below(2) == 0 {
            let at_ms = (FAR_MS + random.below(1_000_000)).to_string();
            both(&[b"HPEXPIREAT", b"k", at_ms.as_bytes(), b"FIELDS", b"1", &item]);
        }
    }
}

/// What a key holds, in an order that does not depend on the server. Scores as numbers: 7.0 prints more digits.
fn content(kind: u64, target: &mut dyn Target, key: &[u8], expires_fields: bool) -> Vec<(Vec<u8>, String)> {
    if kind == 7 {
        return moving_streams::content(target, key);
    }
    let command: &[&[u8]] = match kind {
        0 => &[b"GET", key],
        1 => &[b"LRANGE", key, b"0", b"-1"],
        2 | 3 => &[b"SMEMBERS", key],
        4 => &[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
        _ => &[b"HGETALL", key],
    };
    let items: Vec<Vec<u8>> = match run(target, command) {
        Value::Array(items) => items.into_iter().map(|item| bytes(&item)).collect(),
        other => vec![bytes(&other)],
    };
    match kind {
        0 | 1 => items.into_iter().map(|item| (item, String::new())).collect(),
        2 | 3 => {
            let members: BTreeMap<_, _> = items.into_iter().map(|item| (item, String::new())).collect();
            members.into_iter().collect()
        }
        4 => items
            .chunks(2)
            .map(|pair| {
                (pair[0].clone(), String::from_utf8_lossy(&pair[1]).parse::<f64>().unwrap().to_string())
            })
            .collect(),
        _ => {
            let fields: BTreeMap<_, _> =
                items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
            let mut expiry = |field: &[u8]| match expires_fields {
                true => format!("{:?}", run(target, &[b"HPEXPIRETIME", key, b"FIELDS", b"1", field])),
                false => String::new(),
            };
            fields
                .into_iter()
                .map(|(field, value)| {
                    let expiry = expiry(&field);
                    ([field, b"=".to_vec(), value].concat(), expiry)
                })
                .collect()
        }
    }
}

/// Shows the first difference: all of a large value would hide it.
fn assert_same(found: &[(Vec<u8>, String)], expected: &[(Vec<u8>, String)]) {
    let differs = found.iter().zip(expected).position(|(a, b)| a != b);
    let near = differs.map(|at| at.saturating_sub(5)..(at + 3).min(found.len()).min(expected.len()));
    let shown = |all: &[(Vec<u8>, String)]| {
        let near = near.clone().map(|near| all[near].iter());
        near.into_iter()
            .flatten()
            .map(|(bytes, more)| format!("{}{more} ", bytes.escape_ascii()))
            .collect::<String>()
    };
    assert_eq!(shown(found), shown(expected));
    assert_eq!(found.len(), expected.len());
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Bulk(bytes) => bytes.clone(),
        other => panic!("no string: {other:?}"),
    }
}

/// Passes without doing anything where no Redis is at hand: `cargo xtask test golden` brings two.
#[test]
fn values_move_to_redis_and_back() {
    let mut random = Random(7);
    let mut ours = Solo::new();
    for Oracle { mut redis, expires_fields } in oracles() {
        for round in 0..ROUNDS {
            for kind in 0..8 {
                ours.reset().unwrap();
                redis.reset().unwrap();
                fill(kind, &mut random, expires_fields, [&mut ours, &mut redis]);
                let expected = content(kind, &mut redis, b"k", expires_fields);
                assert_same(&content(kind, &mut ours, b"k", expires_fields), &expected);
                let to_ours = bytes(&run(&mut redis, &[b"DUMP", b"k"]));
                let to_redis = bytes(&run(&mut ours, &[b"DUMP", b"k"]));
                for (target, payload) in [(&mut ours as &mut dyn Target, to_ours), (&mut redis, to_redis)] {
                    let reply = run(target, &[b"RESTORE", b"moved", b"0", &payload]);
                    assert_eq!(reply, Value::Status("OK".to_owned()), "round {round}, kind {kind}");
                    assert_same(&content(kind, target, b"moved", expires_fields), &expected);
                }
            }
        }
    }
}
