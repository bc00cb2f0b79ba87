//! Random commands on bitmaps against a real Redis: every reply is the same.

use selvedge_wire::Value;

use crate::differential::Differential;
use crate::random::Random;

const ROUNDS: u64 = 40_000;

/// `far` reaches over several chunks.
const KEYS: &[&str] = &["a", "a", "b", "c", "far", "absent", "list"];
const OFFSETS: &[&str] = &[
    "0",
    "1",
    "7",
    "8",
    "23",
    "100",
    "-1",
    "x",
    "4294967296",
    "#1",
    "#3",
    "-0",
    "524287",
    "524288",
    "1048570",
];
const POSITIONS: &[&str] = &[
    "0",
    "1",
    "-1",
    "-2",
    "3",
    "-5",
    "9",
    "70",
    "-100",
    "524288",
    "9223372036854775807",
    "-9223372036854775808",
    "x",
];
const ENCODINGS: &[&str] =
    &["u8", "i8", "u1", "i1", "i5", "u16", "u31", "i64", "u63", "i63", "u64", "i0", "x8"];
const NUMBERS: &[&str] =
    &["0", "1", "-1", "100", "255", "256", "-129", "65535", "9223372036854775807", "-4000000000", "1.5"];
const UNITS: &[&str] = &["", "BIT", "BYTE", "bit", "x"];
const OPERATIONS: &[&str] = &["AND", "OR", "XOR", "NOT", "DIFF", "DIFF1", "ANDOR", "ONE", "one", "NOR"];

#[test]
fn random_commands_are_answered_as_by_redis() {
    let setup = &["RPUSH list x", "SETBIT far 2000000 1"];
    let differential =
        Differential { rounds: ROUNDS, rounds_per_database: 2_000, setup, command, normal: |_, reply| reply };
    let (mut errors, mut found) = (0, 0);
    let ran = differential.run(|line, reply| {
        errors += u64::from(matches!(reply, Value::Error(_)));
        found += u64::from(line[0].starts_with(b"BIT") && matches!(reply, Value::Integer(1..)));
    });
    assert!(!ran || errors > ROUNDS / 100 && errors < ROUNDS / 2, "{errors} errors");
    assert!(!ran || found > ROUNDS / 10, "{found} counts and positions");
}

fn command(random: &mut Random) -> String {
    let key = random.pick(KEYS);
    let offset = random.pick(OFFSETS);
    match random.below(100) {
        0..15 => format!("SETBIT {key} {offset} {}", random.pick(&["0", "1", "1", "2"])),
        15..20 => format!("GETBIT {key} {offset}"),
        20..35 => format!("BITCOUNT {key} {}", range(random)),
        35..50 => format!("BITPOS {key} {} {}", random.pick(&["0", "1", "0", "1", "2"]), range(random)),
        50..65 => {
            let keys: Vec<&str> = (0..1 + random.below(3)).map(|_| random.pick(KEYS)).collect();
            format!("BITOP {} {} {}", random.pick(OPERATIONS), random.pick(&["a", "b", "c"]), keys.join(" "))
        }
        65..90 => {
            let operations: Vec<String> = (0..1 + random.below(3)).map(|_| operation(random)).collect();
            format!("BITFIELD {key} {}", operations.join(" "))
        }
        90..94 => format!("BITFIELD_RO {key} GET {} {offset}", random.pick(ENCODINGS)),
        94..96 => format!("GETRANGE {key} 0 100"),
        96..98 => format!("STRLEN {key}"),
        _ => format!("SET {key} {}", random.pick(&["abc", "1", "foobar"])),
    }
}

fn range(random: &mut Random) -> String {
    match random.below(10) {
        0..3 => String::new(),
        3 => random.pick(POSITIONS).to_owned(),
        _ => {
            format!("{} {} {}", random.pick(POSITIONS), random.pick(POSITIONS), random.pick(UNITS))
        }
    }
}

fn operation(random: &mut Random) -> String {
    let (encoding, offset) = (random.pick(ENCODINGS), random.pick(OFFSETS));
    match random.below(4) {
        0 => format!("GET {encoding} {offset}"),
        1 => format!("SET {encoding} {offset} {}", random.pick(NUMBERS)),
        2 => format!("INCRBY {encoding} {offset} {}", random.pick(NUMBERS)),
        _ => {
            let overflow = random.pick(&["WRAP", "SAT", "FAIL", "sat", "x"]);
            format!("OVERFLOW {overflow} INCRBY {encoding} {offset} {}", random.pick(NUMBERS))
        }
    }
}
