//! Random commands on hashes against a real Redis: every reply is the same.

use selvedge_wire::Value;

use crate::differential::{Differential, quoted, shape};
use crate::random::Random;

const ROUNDS: u64 = 60_000;

const KEYS: &[&str] = &["a", "a", "a", "b", "b", "c", "absent", "text"];
const NUMBERS: &[&str] = &[
    "1",
    "-1",
    "0",
    "5",
    "17",
    "007",
    "+3",
    "1.5",
    "-0.25",
    "3e2",
    "1e-5",
    "0.1",
    "10000000000000000000000",
    "0x10",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "inf",
    "-inf",
    "nan",
    "x",
    "",
    "1e4932",
    "-0",
    "12345678901234567",
    "0.30000000000000004",
    "1e17",
    "1e-17",
    "5e-324",
];
/// Past, or refused.
const ODD_TIMES_MS: &[&str] = &["1", "0", "-1", "x", "70368744177663", "9223372036854775807", ""];
const CONDITIONS: &[&str] = &["", "", "NX", "XX", "GT", "LT", "gt", "lt", "", "", "x", "NX XX"];

#[test]
fn random_commands_are_answered_as_by_redis() {
    let differential =
        Differential { rounds: ROUNDS, rounds_per_database: 3_000, setup: &["SET text x"], command, normal };
    let (mut errors, mut large, mut expiring) = (0, 0, 0);
    let ran = differential.run(|line, reply| {
        large += u64::from(line[0] == b"HLEN" && matches!(reply, Value::Integer(129..)));
        errors += u64::from(matches!(reply, Value::Error(_)));
        expiring += u64::from(
            line[0] == b"HPEXPIRETIME"
                && matches!(reply, Value::Array(times) if times.iter().any(|time| matches!(time, Value::Integer(1..)))),
        );
    });
    assert!(!ran || errors > ROUNDS / 100 && errors < ROUNDS / 2, "{errors} errors");
    assert!(!ran || large > ROUNDS / 500, "{large} counts of large hashes");
    assert!(!ran || expiring > ROUNDS / 200, "{expiring} times of expiring fields");
}

/// Fields have no order, and what is drawn is left to chance.
fn normal(line: &[Vec<u8>], reply: Value) -> Value {
    match (line[0].as_slice(), reply) {
        (b"HRANDFIELD", reply) => shape(reply),
        (b"HKEYS" | b"HVALS", Value::Array(mut items)) => {
            items.sort_by_key(|item| format!("{item:?}"));
            Value::Array(items)
        }
        (b"HGETALL", Value::Array(items)) => {
            let mut pairs = items.chunks(2).map(<[Value]>::to_vec).collect::<Vec<_>>();
            pairs.sort_by_key(|pair| format!("{pair:?}"));
            Value::Array(pairs.concat())
        }
        (b"HGETALL", Value::Map(mut pairs)) => {
            pairs.sort_by_key(|pair| format!("{pair:?}"));
            Value::Map(pairs)
        }
        (_, reply) => reply,
    }
}

fn command(random: &mut Random) -> String {
    let key = random.pick(KEYS);
    match random.below(24) {
        0..=5 => {
            let pairs: Vec<_> =
                (0..=random.below(6)).map(|_| format!("{} {}", field(random), value(random))).collect();
            format!("{} {key} {}", random.pick(&["HSET", "HSET", "HMSET"]), pairs.join(" "))
        }
        6 => format!("HDEL {key} {} {}", field(random), field(random)),
        7 => format!("HINCRBY {key} {} {}", field(random), quoted(random.pick(NUMBERS))),
        8 | 9 => format!("HINCRBYFLOAT {key} {} {}", field(random), quoted(random.pick(NUMBERS))),
        10 => format!("HSETNX {key} {} {}", field(random), value(random)),
        11 => match random.below(6) {
            0 => format!("HGET {key} {}", field(random)),
            1 => format!("HMGET {key} {} {}", field(random), field(random)),
            2 => format!("HEXISTS {key} {}", field(random)),
            3 => format!("HSTRLEN {key} {}", field(random)),
            _ => format!("HLEN {key}"),
        },
        12 if random.below(10) == 0 => format!("{} {key}", random.pick(&["HGETALL", "HKEYS", "HVALS"])),
        12 => format!("HLEN {key}"),
        13 => {
            let options = ["", "1", "3", "-7", "0", "500", "3 WITHVALUES", "-3 withvalues", "x", "1 x"];
            format!("HRANDFIELD {key} {}", random.pick(&options))
        }
        14..=16 => {
            let name = random.pick(&["HPEXPIREAT", "HPEXPIREAT", "HEXPIREAT"]);
            // Redis refuses a time that is too far away also for a key that is not there.
            let time = time(random, name == "HPEXPIREAT").replace("9223372036854775807", "1");
            let condition = random.pick(CONDITIONS);
            format!("{name} {key} {time} {condition} {}", fields(random))
        }
        17 => format!("HPERSIST {key} {}", fields(random)),
        18 => format!("HPEXPIRETIME {key} {}", fields(random)),
        19 => format!("HEXPIRETIME {key} {}", fields(random)),
        20 => format!("HGETDEL {key} {}", fields(random)),
        21 => format!("HGETEX {key} {} {}", lifetime(random, "PERSIST"), fields(random)),
        22 => match random.below(12) {
            0 => format!("DEL {key}"),
            1 => format!("COPY {key} d REPLACE"),
            2 => format!("TYPE {key}"),
            _ => format!("HPEXPIRETIME {key} {}", fields(random)),
        },
        _ => {
            let condition = random.pick(&["", "", "FNX", "FXX", "fxx", "FNX FXX", "x"]);
            let (count, lifetime) = (1 + random.below(3), lifetime(random, "KEEPTTL"));
            let pairs: Vec<_> = (0..count).map(|_| format!("{} {}", field(random), value(random))).collect();
            let said = said(random, count);
            format!("HSETEX {key} {condition} {lifetime} FIELDS {said} {}", pairs.join(" "))
        }
    }
}

fn field(random: &mut Random) -> String {
    match random.below(20) {
        0 => format!("a-field-with-a-long-name:{}", random.below(20)),
        _ => format!("f{}", random.below(300)),
    }
}

fn value(random: &mut Random) -> String {
    match random.below(4) {
        0 => quoted(random.pick(NUMBERS)),
        1 => "long".repeat(usize::try_from(random.below(12)).unwrap() + 1),
        _ => random.below(100_000).to_string(),
    }
}

/// `FIELDS numfields field ...`, which sometimes is wrong.
fn fields(random: &mut Random) -> String {
    let count = 1 + random.below(4);
    let names: Vec<_> = (0..count).map(|_| format!("f{}", random.below(60))).collect();
    let keyword = if random.below(30) == 0 { "FIELD" } else { "FIELDS" };
    format!("{keyword} {} {}", said(random, count), names.join(" "))
}

fn said(random: &mut Random, count: u64) -> String {
    match random.below(30) {
        0 => random.pick(&["0", "-1", "x", "9", "9223372036854775807"]).to_owned(),
        _ => count.to_string(),
    }
}

/// Mostly a time that is far enough for the clocks of both servers.
fn time(random: &mut Random, in_ms: bool) -> String {
    let time = match random.below(12) {
        0 => random.pick(ODD_TIMES_MS).to_owned(),
        _ => (1_900_000_000_498 + random.below(4)).to_string(),
    };
    quoted(if in_ms { &time } else { time.get(..10).unwrap_or(&time) })
}

fn lifetime(random: &mut Random, other: &str) -> String {
    match random.below(8) {
        0 | 1 => String::new(),
        2 | 3 => other.to_owned(),
        4 => format!("EXAT {}", time(random, false)),
        5 => format!("{other} PXAT {}", time(random, true)),
        _ => format!("PXAT {}", time(random, true)),
    }
}
