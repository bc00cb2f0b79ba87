//! Random commands on HyperLogLogs against a real Redis: every reply is the same, and so are the bytes of the strings.

use selvedge_wire::Value;

use crate::differential::Differential;
use crate::random::Random;

const ROUNDS: u64 = 12_000;

/// `few` stays sparse, the others become dense at some time.
const KEYS: &[&str] = &["a", "a", "b", "c", "few", "absent", "text"];

/// Where the estimate stands, which only Redis stores when it counts.
const ESTIMATE: std::ops::Range<usize> = 8..16;

#[test]
fn random_commands_are_answered_as_by_redis() {
    let differential =
        Differential { rounds: ROUNDS, rounds_per_database: 1_500, setup: &["SET text x"], command, normal };
    let (mut sparse, mut dense, mut large) = (0, 0, 0);
    let ran = differential.run(|line, reply| match reply {
        Value::Bulk(bytes) if line[0] == b"GET" && bytes.len() > 1000 => {
            sparse += u64::from(bytes[4] == 1);
            dense += u64::from(bytes[4] == 0);
        }
        Value::Integer(4_000..) if line[0] == b"PFCOUNT" => large += 1,
        _ => {}
    });
    assert!(
        !ran || sparse > 200 && dense > 200 && large > 20,
        "{sparse} sparse, {dense} dense, {large} large"
    );
}

fn command(random: &mut Random) -> String {
    let key = random.pick(KEYS);
    let other = random.pick(KEYS);
    match random.below(100) {
        0..45 => {
            let (count, kinds) = if key == "few" { (4, 400) } else { (1 + random.below(60), 1_000_000) };
            let elements: Vec<String> =
                (0..count).map(|_| format!("element:{}", random.below(kinds))).collect();
            format!("PFADD {key} {}", elements.join(" "))
        }
        45..48 => format!("PFADD {key}"),
        48..60 => format!("PFCOUNT {key}"),
        60..66 => format!("PFCOUNT {key} {other}"),
        66..68 => format!("PFMERGE c {key} {other}"),
        68..70 => format!("PFMERGE {key} few"),
        70..71 => "PFDEBUG TODENSE c".to_owned(),
        71..73 => "PFDEBUG GETREG c".to_owned(),
        73..77 => format!("PFDEBUG ENCODING {key}"),
        77..80 => format!("PFDEBUG DECODE {key}"),
        80..81 => format!("DEL {key}"),
        81..83 => "SET text x".to_owned(),
        _ => format!("GET {key}"),
    }
}

fn normal(line: &[Vec<u8>], reply: Value) -> Value {
    match reply {
        Value::Bulk(mut bytes) if line[0] == b"GET" && bytes.starts_with(b"HYLL") => {
            bytes[ESTIMATE].fill(0);
            Value::Bulk(bytes)
        }
        other => other,
    }
}
