//! Random commands on sorted sets against a real Redis: every reply is the same, in both forms of both servers.

use selvedge_wire::Value;

use crate::differential::{Differential, quoted, shape};
use crate::random::Random;

const ROUNDS: u64 = 60_000;

/// Zeros of both signs are left out: Redis keeps a minus in one of its forms and drops it in the other.
const SCORES: &[&str] =
    &["1", "2", "2", "3", "-1", "0.5", "-7.5", "1e10", "inf", "-inf", "+5", "0x10", "nan", "x", ""];
const LIMITS: &[&str] =
    &["-inf", "+inf", "1", "(1", "2", "(2", "3", "(-1", "0.5", "1e10", "(inf", "x", "", "(", "nan"];
const MEMBER_LIMITS: &[&str] =
    &["-", "+", "[m1", "(m1", "[m2", "(m250", "[m3", "(m5", "[", "(", "m", "", "[m39", "[zzz", "-x"];
const RANKS: &[&str] = &["0", "1", "-1", "-2", "5", "-5", "100", "-100", "250", "x", "9223372036854775807"];
const KEYS: &[&str] = &["a", "a", "a", "b", "b", "c", "absent", "members", "text"];
const WEIGHTS: &[&str] = &["1", "2", "0.5", "3", "inf", "x"];

#[test]
fn random_commands_are_answered_as_by_redis() {
    let differential = Differential {
        rounds: ROUNDS,
        rounds_per_database: 3_000,
        setup: &["SADD members m1 m2 m300 n", "SET text x"],
        command,
        // What was drawn is left to chance, how much is not.
        normal: |line, reply| if line[0] == b"ZRANDMEMBER" { shape(reply) } else { reply },
    };
    let (mut errors, mut large) = (0, 0);
    let ran = differential.run(|line, reply| {
        large += u64::from(line[0] == b"ZCARD" && matches!(reply, Value::Integer(129..)));
        errors += u64::from(matches!(reply, Value::Error(_)));
    });
    assert!(!ran || errors > ROUNDS / 100 && errors < ROUNDS / 2, "{errors} errors");
    assert!(!ran || large > ROUNDS / 200, "{large} counts of large sets");
}

fn command(random: &mut Random) -> String {
    let key = random.pick(KEYS);
    match random.below(20) {
        0..=5 => zadd(random, key),
        6 => format!("ZINCRBY {key} {} {}", quoted(random.pick(SCORES)), member(random)),
        7 => format!("ZREM {key} {} {}", member(random), member(random)),
        8 => {
            let name = random.pick(&["ZRANK", "ZREVRANK"]);
            let option = random.pick(&["", "WITHSCORE", "withscore", "x", "WITHSCORE x"]);
            format!("{name} {key} {} {option}", member(random))
        }
        9 => match random.below(4) {
            0 => format!("ZCARD {key}"),
            1 => format!("ZMSCORE {key} {} {}", member(random), member(random)),
            2 => format!("ZSCORE {key} {}", member(random)),
            _ => format!(
                "ZRANDMEMBER {key} {}",
                random.pick(&["", "1", "5", "-7", "0", "3 WITHSCORES", "-3 withscores", "500", "x"])
            ),
        },
        10 => limits(random, key, "ZCOUNT"),
        11 if random.below(8) == 0 => limits(random, key, "ZREMRANGEBYSCORE"),
        11 => format!("ZCARD {key}"),
        12 => lexicographic(random),
        13..=15 => range(random, key),
        16 => {
            let name = random.pick(&["ZPOPMIN", "ZPOPMAX"]);
            format!("{name} {key} {}", random.pick(&["", "", "1", "3", "0", "-1", "x", "1 1"]))
        }
        17 => {
            let count = random.pick(&["", "COUNT 2", "COUNT 0", "COUNT x", "COUNT 1 COUNT 1", "x"]);
            let extreme = random.pick(&["MIN", "max", "x"]);
            format!("ZMPOP {} {extreme} {count}", keys(random))
        }
        _ => combination(random),
    }
}

fn member(random: &mut Random) -> String {
    format!("m{}", random.below(400))
}

fn zadd(random: &mut Random, key: &str) -> String {
    let mut line = format!("ZADD {key}");
    if random.below(3) == 0 {
        for _ in 0..=random.below(2) {
            line =
                format!("{line} {}", random.pick(&["NX", "XX", "GT", "LT", "CH", "INCR", "ch", "incr", "x"]));
        }
    }
    let odd = if random.below(30) == 0 { " 1" } else { "" };
    let plain = random.below(4) > 0;
    for _ in 0..=random.below(6) {
        let score =
            if plain { random.below(50).wrapping_add(1).to_string() } else { quoted(random.pick(SCORES)) };
        line = format!("{line} {score} {}", member(random));
    }
    line + odd
}

fn limits(random: &mut Random, key: &str, name: &str) -> String {
    format!("{name} {key} {} {}", quoted(random.pick(LIMITS)), quoted(random.pick(LIMITS)))
}

/// On a key of its own, on which all scores are equal.
fn lexicographic(random: &mut Random) -> String {
    let (min, max) = (quoted(random.pick(MEMBER_LIMITS)), quoted(random.pick(MEMBER_LIMITS)));
    let limit =
        random.pick(&["", "", "LIMIT 1 2", "LIMIT 0 -1", "LIMIT -1 5", "LIMIT 2 0", "LIMIT x 1", "LIMIT 1"]);
    match random.below(12) {
        0..=5 => format!("ZADD lex 0 {} 0 {} 0 {}", member(random), member(random), member(random)),
        6 => format!("ZLEXCOUNT lex {min} {max}"),
        7 => format!("ZRANGEBYLEX lex {min} {max} {limit}"),
        8 => format!("ZREVRANGEBYLEX lex {min} {max} {limit}"),
        9 if random.below(4) == 0 => format!("ZREMRANGEBYLEX lex {min} {max}"),
        10 => format!("ZRANGESTORE lexed lex {min} {max} BYLEX {limit}"),
        _ => format!("ZRANGE lex {min} {max} BYLEX {} {limit}", random.pick(&["", "REV", "WITHSCORES"])),
    }
}

fn range(random: &mut Random, key: &str) -> String {
    let (start, stop) = (random.pick(RANKS), random.pick(RANKS));
    let (min, max) = (quoted(random.pick(LIMITS)), quoted(random.pick(LIMITS)));
    let scores = random.pick(&["", "WITHSCORES", "withscores", "x"]);
    let limit = random.pick(&[
        "",
        "LIMIT 1 2",
        "LIMIT 0 -1",
        "LIMIT -1 5",
        "LIMIT 200 100",
        "LIMIT 2 0",
        "LIMIT 1 x",
        "LIMIT 1",
    ]);
    match random.below(9) {
        0 => format!("ZRANGE {key} {start} {stop} {scores}"),
        1 => format!("ZRANGE {key} {start} {stop} REV {scores}"),
        2 => format!("ZREVRANGE {key} {start} {stop} {scores}"),
        3 => format!("ZRANGEBYSCORE {key} {min} {max} {scores} {limit}"),
        4 => format!("ZREVRANGEBYSCORE {key} {min} {max} {limit} {scores}"),
        5 => format!("ZRANGE {key} {min} {max} BYSCORE {limit} {scores}"),
        6 => format!("ZRANGE {key} {min} {max} BYSCORE REV {scores} {limit}"),
        7 if random.below(8) == 0 => format!("ZREMRANGEBYRANK {key} {start} {stop}"),
        7 => format!("ZRANGESTORE c {key} {start} {stop} {}", random.pick(&["", "REV", "WITHSCORES"])),
        _ => format!(
            "ZRANGESTORE {} {key} {min} {max} BYSCORE {limit}",
            random.pick(&["c", "absent", "other"])
        ),
    }
}

/// A count of keys, which sometimes is wrong, and the keys.
fn keys(random: &mut Random) -> String {
    let count = 1 + random.below(3);
    let names: Vec<_> = (0..count).map(|_| random.pick(KEYS)).collect();
    let said = match random.below(20) {
        0 => random.pick(&["0", "-1", "x", "9", "9223372036854775807"]).to_owned(),
        _ => count.to_string(),
    };
    format!("{said} {}", names.join(" "))
}

fn combination(random: &mut Random) -> String {
    let count = 1 + usize::try_from(random.below(3)).unwrap();
    let name = random.pick(&[
        "ZUNION",
        "ZINTER",
        "ZDIFF",
        "ZINTERCARD",
        "ZUNIONSTORE c",
        "ZINTERSTORE c",
        "ZDIFFSTORE c",
    ]);
    let mut line = if random.below(6) == 0 {
        format!("{name} {}", keys(random))
    } else {
        // Sources of one size are joined in an order that is left to the sorting: different ones are asked for.
        let names = ["a", "b", "members"];
        format!("{name} {count} {}", names[..count].join(" "))
    };
    if random.below(3) == 0 {
        let weights: Vec<_> = (0..count).map(|_| random.pick(WEIGHTS)).collect();
        line = format!("{line} WEIGHTS {}", weights.join(" "));
    }
    if random.below(3) == 0 {
        line = format!("{line} AGGREGATE {}", random.pick(&["SUM", "min", "MAX", "x"]));
    }
    line + random.pick(&["", " WITHSCORES", " LIMIT 3", " LIMIT -1", " LIMIT x", " x"])
}
