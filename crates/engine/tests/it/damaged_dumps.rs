//! RESTORE of payloads that are no values, or almost none: each is refused, or is a value that every command can work with.

use crc::{CRC_64_REDIS, Crc};
use selvedge_golden::Target;
use selvedge_wire::Value;

use crate::solo::Solo;

/// Payloads that made some Redis fail, a line of hexadecimal digits each: those of the tests of Redis 7.0.15.
const KNOWN: &str = include_str!("damaged_dumps.hex");

/// Values of every type as Redis 8.2.3 dumps them, streams with groups also as 7.0.15 does.
const WHOLE: &str = include_str!("whole_dumps.hex");

/// What can be asked of a key `k` of any type, and what can be done to it in the end.
const COMMANDS: &[&str] = &[
    "TYPE k",
    "OBJECT ENCODING k",
    "MEMORY USAGE k SAMPLES 0",
    "GET k",
    "GETRANGE k 0 -1",
    "BITCOUNT k",
    "PFCOUNT k",
    "LLEN k",
    "LRANGE k 0 -1",
    "LPOS k a COUNT 0",
    "SMEMBERS k",
    "SCARD k",
    "SISMEMBER k a",
    "HGETALL k",
    "HLEN k",
    "HTTL k FIELDS 1 a",
    "ZRANGE k 0 -1 WITHSCORES",
    "ZCARD k",
    "ZCOUNT k -inf +inf",
    "ZRANGE k - + BYLEX",
    "GEOPOS k a",
    "SSCAN k 0 COUNT 100",
    "HSCAN k 0 COUNT 100",
    "ZSCAN k 0 COUNT 100",
    "XLEN k",
    "XRANGE k - +",
    "XREVRANGE k + - COUNT 2",
    "XREAD COUNT 3 STREAMS k 0",
    "XREAD STREAMS k +",
    "XINFO STREAM k",
    "XINFO STREAM k FULL COUNT 0",
    "XINFO GROUPS k",
    "XINFO CONSUMERS k mygroup",
    "XPENDING k mygroup",
    "XPENDING k mygroup - + 10",
    "DUMP k",
    "COPY k copy",
    "XREADGROUP GROUP mygroup name COUNT 5 STREAMS k >",
    "XREADGROUP GROUP mygroup name COUNT 5 STREAMS k 0",
    "XAUTOCLAIM k mygroup other 0 0",
    "XDEL k 1-1",
    "XADD k * f v",
    "XTRIM k MAXLEN = 1 DELREF",
    "APPEND k x",
    "RPUSH k x",
    "SADD k x",
    "HSET k x y",
    "ZADD k 1 x",
    "ZREMRANGEBYRANK k 0 0",
    "DEL k",
];

fn payloads(lines: &str) -> Vec<Vec<u8>> {
    let byte = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
    lines.lines().map(|line| line.as_bytes().chunks(2).map(byte).collect()).collect()
}

/// Whether it is a value; if so, every command has been run on it.
fn try_payload(target: &mut Solo, payload: &[u8]) -> bool {
    target.reset().unwrap();
    let mut run =
        |words: &[&[u8]]| target.run(&words.iter().map(|word| word.to_vec()).collect::<Vec<_>>()).unwrap();
    match run(&[b"RESTORE", b"k", b"0", payload]) {
        Value::Error(error) => {
            let known = ["ERR Bad data format", "ERR DUMP payload version or checksum are wrong"];
            assert!(known.contains(&error.as_str()), "{error}");
            false
        }
        reply => {
            assert_eq!(reply, Value::Status("OK".to_owned()));
            for command in COMMANDS {
                run(&command.split(' ').map(str::as_bytes).collect::<Vec<_>>());
            }
            true
        }
    }
}

#[test]
fn what_made_redis_fail_is_refused_or_is_a_value() {
    let mut target = Solo::new();
    let payloads = payloads(KNOWN);
    assert!(payloads.len() > 60);
    let values = payloads.iter().filter(|payload| try_payload(&mut target, payload)).count();
    assert!(values < 10, "{values} of them are values");
}

/// One byte after the other becomes another one, with the checksum that belongs to it.
#[test]
fn a_changed_byte_is_refused_or_makes_another_value() {
    let crc = Crc::<u64>::new(&CRC_64_REDIS);
    let mut target = Solo::new();
    let (mut values, mut tried) = (0, 0);
    for mut payload in [payloads(KNOWN), payloads(WHOLE)].concat() {
        let body_bytes = payload.len() - 8;
        for at in 0..body_bytes - 2 {
            let before = payload[at];
            for other in [before ^ 1, before.wrapping_add(0x7f), 0xff] {
                payload[at] = other;
                let checksum = crc.checksum(&payload[..body_bytes]);
                payload[body_bytes..].copy_from_slice(&checksum.to_le_bytes());
                values += usize::from(try_payload(&mut target, &payload));
                tried += 1;
            }
            payload[at] = before;
        }
    }
    assert!(values > tried / 100 && values < tried, "{values} of {tried} are values");
}

#[test]
fn whole_payloads_are_values() {
    let mut target = Solo::new();
    for payload in payloads(WHOLE) {
        assert!(try_payload(&mut target, &payload), "{payload:x?}");
    }
}
