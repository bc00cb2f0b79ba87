//! The words that stand for arguments: few, so that commands meet each other's data, and at the edges of what is allowed.

use selvedge_engine::table::{Arg, ArgKind, Group};

use super::random::Random;
use super::rules;

/// The keys, by the type that most commands on them have. The rest of the letters are nobody's.
const KEYS: &[(Group, &[&str])] = &[
    (Group::String, &["s1", "s2", "s3", "s4"]),
    (Group::Bitmap, &["b1", "b2", "s1"]),
    (Group::HyperLogLog, &["p1", "p2", "p3"]),
    (Group::List, &["l1", "l2", "l3"]),
    (Group::Set, &["m1", "m2", "m3"]),
    (Group::Hash, &["h1", "h2", "h3"]),
    (Group::SortedSet, &["z1", "z2", "z3"]),
    (Group::Geo, &["g1", "g2"]),
];

/// Keys of all groups together with some that any command may take.
const MIXED: &[&str] =
    &["s1", "s2", "l1", "l2", "m1", "m2", "h1", "h2", "z1", "z2", "x1", "any1", "any2", "any3", "none"];

/// Keys of the groups that have no row of their own.
const OTHERS: &[&str] = &["s1", "z1", "x1", "x2"];

/// Every key there can be, for the look at the end; what a mutation makes of other words is seen by KEYS.
pub(super) fn all_keys() -> impl Iterator<Item = &'static str> {
    let mut keys: Vec<&str> =
        KEYS.iter().flat_map(|(_, keys)| keys.iter()).chain(MIXED).chain(OTHERS).copied().collect();
    keys.extend(rules::ONE_SCORE_KEYS);
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
}

/// A key for a command of that group: mostly one that holds the right type.
pub(super) fn key(random: &mut Random, group: Group) -> Vec<u8> {
    let own = KEYS
        .iter()
        .find(|(of, _)| *of == group)
        .map_or(if group == Group::Generic { MIXED } else { OTHERS }, |(_, keys)| keys);
    let keys = if random.percent(88) { own } else { MIXED };
    pick(random, keys)
}

const ELEMENTS: &[&[u8]] = &[
    b"a",
    b"b",
    b"c",
    b"d",
    b"",
    b"1",
    b"2",
    b"10",
    b"-5",
    b"3.5",
    b"hello world",
    b"Hello",
    b"foobar",
    b"\x00\x01\xff\r\n",
    b"a-text-that-is-longer-than-the-sixty-four-bytes-which-redis-keeps-in-a-listpack",
    b"9223372036854775807",
];

const INTEGERS: &[&str] = &["0", "1", "2", "3", "5", "10", "-1", "-2", "-3", "-10", "100", "7"];

/// Integers that are none, or hardly.
const ODD_INTEGERS: &[&str] = &[
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "01",
    "+1",
    " 1",
    "1.5",
    "abc",
    "",
    "-0",
    "1e3",
];

const DOUBLES: &[&str] =
    &["0", "1", "-1", "1.5", "2.25", "-3.75", "3.0e2", "0.1", "1e15", "123456789.125", "5", "10"];

const ODD_DOUBLES: &[&str] =
    &["inf", "-inf", "+inf", "nan", "1e400", "1e-5", "abc", "", " 1", "0x10", "1.7976931348623157e308", "-0"];

/// Some hundred kilometers, so that searches find some of the places and not all.
const LENGTHS: &[&str] = &["100", "300", "500.5", "2000", "30000", "0", "1", "-1", "abc"];

const LONGITUDES: &[&str] =
    &["13.361389", "15.087269", "-122.4194", "0", "179.5", "-179.5", "2.25", "181", "abc"];

const LATITUDES: &[&str] = &["38.115556", "37.502669", "41.9", "0", "84.5", "-84.5", "2.25", "86", "abc"];

const PATTERNS: &[&str] =
    &["*", "s*", "?1", "[lm]1", "[^s]*", "a*", "h\\1", "*[0-9]", "nothing", "*a*", "", "any?"];

/// Patterns that make keys, and fields of hashes, out of elements.
const KEY_PATTERNS: &[&str] = &["*", "s*", "any*", "h*->a", "h1->*", "none*", "*->b"];

/// Ends of ranges of scores, of members and of stream ids.
const RANGE_ENDS: &[&str] = &[
    "-inf", "+inf", "(1", "1", "5", "(5", "-1", "-", "+", "[a", "(a", "[c", "(b", "0-0", "1-1", "(1-1",
    "5-0", "abc", "",
];

const STREAM_IDS: &[&str] =
    &["1-1", "1-2", "2-0", "2", "5-1", "10-0", "0-0", "5-*", "0", "$", "abc", "-", "+", "3-3"];

/// What seconds of blocking may be: 0 would be for ever.
const TIMEOUTS: &[&str] = &["0.01", "0.001", "-1", "abc", "1e400"];

/// Far times, so that nothing expires while both servers are at it; and times that are past.
const UNIX_SECONDS: &[&str] = &["33177117420", "33277117420", "1", "0", "-1", "abc", "9223372036854775807"];

const UNIX_MILLISECONDS: &[&str] =
    &["33177117420000", "33277117420123", "1", "0", "-1", "x", "9223372036854775807"];

/// Offsets that stay below what would make a large string.
const OFFSETS: &[&str] = &["0", "1", "5", "7", "40", "-1", "-3", "1000", "4294967296", "abc", "-0", "#1"];

/// Types of fields of bits.
const ENCODINGS: &[&str] =
    &["u8", "i8", "u1", "i1", "u5", "i16", "u32", "u63", "i63", "i64", "u64", "i0", "x8", "u08"];

/// What PFDEBUG may be asked.
const PFDEBUG: &[&str] = &["GETREG", "DECODE", "ENCODING", "TODENSE", "foo"];

/// What bits are set to, one or several.
const BITS: &[&str] = &["0", "1", "1", "0", "1", "-1", "5", "255", "256", "-1000", "65536"];

/// Words with a meaning for some command.
pub(super) const TOKENS: &[&str] = &[
    "NX",
    "XX",
    "GT",
    "LT",
    "GET",
    "KEEPTTL",
    "EX",
    "PX",
    "EXAT",
    "PXAT",
    "PERSIST",
    "CH",
    "INCR",
    "WITHSCORES",
    "LIMIT",
    "COUNT",
    "MATCH",
    "TYPE",
    "NOVALUES",
    "FIELDS",
    "BY",
    "REV",
    "BYSCORE",
    "BYLEX",
    "ASC",
    "DESC",
    "ALPHA",
    "STORE",
    "WEIGHTS",
    "AGGREGATE",
    "LEFT",
    "RIGHT",
    "BEFORE",
    "AFTER",
    "RANK",
    "MAXLEN",
    "REPLACE",
    "DB",
    "WITHVALUES",
    "FNX",
    "FXX",
    "MIN",
    "MAX",
    "BLOCK",
    "STREAMS",
    "IDX",
    "LEN",
    "WITHDIST",
    "WITHCOORD",
    "ANY",
    "KM",
    "BYTE",
    "BIT",
    "OVERFLOW",
    "SET",
];

/// A word for an argument that is neither a key nor a group nor a token.
pub(super) fn word(random: &mut Random, arg: &Arg) -> Vec<u8> {
    let odd = random.percent(8);
    match (arg.name, arg.kind) {
        (_, ArgKind::Integer) if arg.token == Some("BLOCK") => pick(random, &["1", "5", "-1", "abc"]),
        ("timeout", _) => pick(random, TIMEOUTS),
        ("min" | "max", _) => pick(random, RANGE_ENDS),
        ("cursor", _) => pick(random, if odd { &["abc", "", "1.5", "0x1"] } else { &["0"] }),
        // What is smaller gives pages, and their limits are each server's own affair.
        ("count", _) if arg.token == Some("COUNT") => {
            pick(random, if odd { &["-1", "0", "abc"] } else { &["10000"] })
        }
        ("destination-db" | "db", _) => pick(random, &["0"]),
        ("offset", _) => pick(random, OFFSETS),
        ("bit", _) => pick(random, if odd { ODD_INTEGERS } else { &["0", "1"] }),
        ("subcommand", _) => pick(random, PFDEBUG),
        ("encoding", _) => pick(random, ENCODINGS),
        ("value", ArgKind::Integer) if !odd => pick(random, BITS),
        ("type", ArgKind::String) => {
            pick(random, &["string", "list", "set", "hash", "zset", "stream", "HASH", "none"])
        }
        ("id" | "lastid" | "last-id" | "start-id" | "end-id", _) => pick(random, STREAM_IDS),
        ("unix-time-seconds", _) => pick(random, UNIX_SECONDS),
        ("unix-time-milliseconds", _) => pick(random, UNIX_MILLISECONDS),
        // Equal spans would make GT and LT depend on the millisecond.
        ("seconds", _) if !odd => (10_000 + random.below(1_000_000)).to_string().into_bytes(),
        ("milliseconds", _) if !odd => (10_000_000 + random.below(1_000_000_000)).to_string().into_bytes(),
        ("seconds" | "milliseconds", _) => {
            pick(random, &["0", "-1", "abc", "", "1.5", "9223372036854775807"])
        }
        (_, ArgKind::Integer | ArgKind::UnixTime) => pick(random, if odd { ODD_INTEGERS } else { INTEGERS }),
        ("longitude", _) => pick(random, LONGITUDES),
        ("latitude", _) => pick(random, LATITUDES),
        ("radius" | "width" | "height", _) => pick(random, LENGTHS),
        (_, ArgKind::Double) => pick(random, if odd { ODD_DOUBLES } else { DOUBLES }),
        (_, ArgKind::Pattern) if arg.token == Some("BY") => pick(random, KEY_PATTERNS),
        (_, ArgKind::Pattern) if arg.token == Some("GET") && random.percent(70) => pick(random, KEY_PATTERNS),
        (_, ArgKind::Pattern) => pick(random, PATTERNS),
        _ => random.pick(ELEMENTS).map(|element| element.to_vec()).unwrap_or_default(),
    }
}

/// A line that puts some members with one score into that key.
pub(super) fn one_score(random: &mut Random, key: &[u8]) -> Vec<Vec<u8>> {
    let mut line = vec![b"ZADD".to_vec(), key.to_vec()];
    for _ in 0..=random.below(4) {
        line.push(b"0".to_vec());
        line.push(random.pick(ELEMENTS).map(|element| element.to_vec()).unwrap_or_default());
    }
    line
}

/// A word that does not belong where it stands.
pub(super) fn stray(random: &mut Random) -> Vec<u8> {
    match random.below(4) {
        0 => pick(random, ODD_INTEGERS),
        1 => pick(random, ODD_DOUBLES),
        2 => pick(random, TOKENS),
        _ => pick(random, INTEGERS),
    }
}

fn pick(random: &mut Random, words: &[&str]) -> Vec<u8> {
    random.pick(words).map(|word| word.as_bytes().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_timeout_is_for_ever() {
        assert!(
            TIMEOUTS
                .iter()
                .all(|word| word.parse::<f64>().is_ok_and(|seconds| seconds != 0.0) || *word == "abc")
        );
    }

    #[test]
    fn every_key_is_looked_at() {
        let all: Vec<&str> = all_keys().collect();
        let mut random = Random::new(1);
        for _ in 0..200 {
            for group in [Group::String, Group::Generic, Group::Set, Group::Server] {
                let key = String::from_utf8(key(&mut random, group)).unwrap();
                assert!(all.contains(&key.as_str()), "{key}");
            }
        }
    }
}
