//! The abuses, by the data they are aimed at.

use std::fmt;

use anyhow::Result;

use super::client::{Client, Line, words};

/// Elements, fields and members of the large values.
const LARGE: u64 = 1_000_000;
/// Keys of the large keyspace.
const KEYS: u64 = 1_000_000;
/// Keys that FLUSHALL removes.
const FLUSHED_KEYS: u64 = 5_000_000;
/// Elements in a command of those that fill.
const BATCH: u64 = 500;
/// The default of `--transaction-bytes-max`.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Bytes of a pattern that is built to explode.
const PATTERN_BYTES: usize = 1 << 20;

/// What a reply was like.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The first error in it.
    pub(super) error: Option<String>,
    /// Its last status or integer.
    pub(super) text: String,
    /// Its bulk strings.
    pub(super) items: u64,
    /// The bytes in them.
    pub(super) bytes: u64,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.error, self.items) {
            (Some(error), _) => write!(f, "`{error}`"),
            (None, 0) if self.text.is_empty() => write!(f, "nothing"),
            (None, 0) => write!(f, "{}", self.text),
            (None, items) => write!(f, "{items} items, {} KB", self.bytes / 1000),
        }
    }
}

/// A kind of bad input.
#[derive(Debug)]
pub(super) struct Abuse {
    pub(super) name: &'static str,
    /// What is sent before each time; it does not count as the abuse, but others wait for it too.
    pub(super) before: fn() -> Vec<Line>,
    pub(super) line: fn() -> Line,
}

/// Abuses of the same data.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) prepare: fn(&mut Client) -> Result<()>,
    pub(super) abuses: &'static [Abuse],
}

const fn abuse(name: &'static str, line: fn() -> Line) -> Abuse {
    Abuse { name, before: Vec::new, line }
}

/// All of them.
pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "nothing",
        prepare: |_| Ok(()),
        abuses: &[
            abuse("(PING)", || words("PING")),
            abuse("SETRANGE s 4294967295 x", || words("SETRANGE s 4294967295 x")),
            abuse("SETRANGE s 536870911 x", || words("SETRANGE s 536870911 x")),
            abuse("GETRANGE s 0 -1 of 512 MB", || words("GETRANGE s 0 -1")),
            Abuse {
                name: "DEL s of 512 MB",
                before: || vec![words("SETRANGE s 536870911 x")],
                line: || words("DEL s"),
            },
            abuse("ZUNION 2 a b WEIGHTS nan 1", || words("ZUNION 2 a b WEIGHTS nan 1")),
            abuse("HEXPIREAT h 99999999999999999 FIELDS 1 f", || {
                words("HEXPIREAT h 99999999999999999 FIELDS 1 f")
            }),
        ],
    },
    Group {
        name: "a million keys",
        prepare: |client| client.fill((0..KEYS / BATCH).map(|at| many("MSET", None, at, true))),
        abuses: &[
            abuse("KEYS *", || words("KEYS *")),
            abuse("KEYS with 1 MB of a*", || vec![b"KEYS".to_vec(), b"a*".repeat(PATTERN_BYTES / 2)]),
            abuse("SCAN 0 COUNT 1000000000", || words("SCAN 0 COUNT 1000000000")),
            abuse("SCAN 0 MATCH none COUNT 1000000000", || words("SCAN 0 MATCH none COUNT 1000000000")),
            abuse("DBSIZE", || words("DBSIZE")),
            abuse("RANDOMKEY", || words("RANDOMKEY")),
        ],
    },
    Group {
        name: "lists of a million elements",
        prepare: |client| client.fill((0..LARGE / BATCH).map(|at| many("RPUSH", Some("l"), at, false))),
        abuses: &[
            abuse("LRANGE l from the least to the largest integer", || {
                words("LRANGE l -9223372036854775808 9223372036854775807")
            }),
            abuse("LREM l 0 absent", || words("LREM l 0 absent")),
            abuse("LINSERT l BEFORE absent x", || words("LINSERT l BEFORE absent x")),
            abuse("LPOS l absent", || words("LPOS l absent")),
            abuse("LINDEX l 500000", || words("LINDEX l 500000")),
            abuse("LSET l 500000 x", || words("LSET l 500000 x")),
            abuse("LINSERT l BEFORE m:500000 x", || words("LINSERT l BEFORE m:00500000 x")),
            abuse("COPY l c REPLACE", || words("COPY l c REPLACE")),
            abuse("SORT l BY w* LIMIT 0 10", || words("SORT l BY w* LIMIT 0 10")),
            abuse("SORT l ALPHA LIMIT 0 10", || words("SORT l ALPHA LIMIT 0 10")),
            abuse("SORT l ALPHA STORE sorted", || words("SORT l ALPHA STORE sorted")),
            Abuse {
                name: "LREM c 0 of one that is there, in a copy",
                before: || vec![words("COPY l c REPLACE")],
                line: || words("LREM c 0 m:00000007"),
            },
            Abuse {
                name: "LTRIM c 1 0",
                before: || vec![words("COPY l c REPLACE")],
                line: || words("LTRIM c 1 0"),
            },
            Abuse { name: "DEL c", before: || vec![words("COPY l c REPLACE")], line: || words("DEL c") },
        ],
    },
    Group {
        name: "hashes of a million fields",
        prepare: |client| {
            client.fill((0..LARGE / BATCH).map(|at| many("HSET", Some("h"), at, true)))?;
            client.fill((0..LARGE / BATCH).map(|at| many("HSET", Some("due"), at, true)))
        },
        abuses: &[
            abuse("HGETALL h", || words("HGETALL h")),
            abuse("HKEYS h", || words("HKEYS h")),
            abuse("HLEN h", || words("HLEN h")),
            abuse("HSCAN h 0 COUNT 1000000000", || words("HSCAN h 0 COUNT 1000000000")),
            abuse("HRANDFIELD h 1000000 WITHVALUES", || words("HRANDFIELD h 1000000 WITHVALUES")),
            abuse("HRANDFIELD h -1000000", || words("HRANDFIELD h -1000000")),
            abuse("COPY h c REPLACE", || words("COPY h c REPLACE")),
            Abuse { name: "DEL c", before: || vec![words("COPY h c REPLACE")], line: || words("DEL c") },
            Abuse {
                name: "HLEN due, with fields that are due all the time",
                before: expiring_fields,
                line: || words("HLEN due"),
            },
            abuse("EVAL of HGETALL", || {
                vec![
                    b"EVAL".to_vec(),
                    b"return #redis.call('hgetall',KEYS[1])".to_vec(),
                    b"1".to_vec(),
                    b"h".to_vec(),
                ]
            }),
        ],
    },
    Group {
        name: "sets of a million members",
        prepare: |client| {
            client.fill((0..LARGE / BATCH).map(|at| many("SADD", Some("m"), at, false)))?;
            client
                .fill((0..LARGE / BATCH).map(|at| many("SADD", Some("n"), at + LARGE / BATCH / 2, false)))?;
            client.call(&words("SADD few m:00000001 m:00000002")).map(drop)
        },
        abuses: &[
            abuse("SMEMBERS m", || words("SMEMBERS m")),
            abuse("SUNION m n", || words("SUNION m n")),
            abuse("SINTER m n", || words("SINTER m n")),
            abuse("SDIFF m n", || words("SDIFF m n")),
            abuse("SINTERCARD 2 m n", || words("SINTERCARD 2 m n")),
            abuse("SUNIONSTORE d m n", || words("SUNIONSTORE d m n")),
            abuse("SINTER m few", || words("SINTER m few")),
            abuse("SRANDMEMBER m 1000000", || words("SRANDMEMBER m 1000000")),
            abuse("SORT m BY w* LIMIT 0 10", || words("SORT m BY w* LIMIT 0 10")),
            Abuse {
                name: "SPOP c 1000000",
                before: || vec![words("COPY m c REPLACE")],
                line: || words("SPOP c 1000000"),
            },
        ],
    },
    Group {
        name: "sorted sets of a million members",
        prepare: |client| {
            client.fill((0..LARGE / BATCH).map(|at| scored("z", at, false)))?;
            client.fill((0..LARGE / BATCH).map(|at| scored("lex", at, true)))
        },
        abuses: &[
            abuse("ZRANGE z 0 -1 WITHSCORES", || words("ZRANGE z 0 -1 WITHSCORES")),
            abuse("ZRANGEBYLEX lex - +", || words("ZRANGEBYLEX lex - +")),
            abuse("ZLEXCOUNT lex - +", || words("ZLEXCOUNT lex - +")),
            abuse("ZRANGEBYSCORE z -inf +inf LIMIT 999990 10", || {
                words("ZRANGEBYSCORE z -inf +inf LIMIT 999990 10")
            }),
            abuse("ZUNION 2 z lex", || words("ZUNION 2 z lex")),
            abuse("ZUNIONSTORE d 2 z lex", || words("ZUNIONSTORE d 2 z lex")),
            abuse("ZRANGESTORE d z 0 -1", || words("ZRANGESTORE d z 0 -1")),
            abuse("COPY z c REPLACE", || words("COPY z c REPLACE")),
            Abuse {
                name: "ZREMRANGEBYRANK c 0 -1",
                before: || vec![words("COPY z c REPLACE")],
                line: || words("ZREMRANGEBYRANK c 0 -1"),
            },
            Abuse { name: "DEL c", before: || vec![words("COPY z c REPLACE")], line: || words("DEL c") },
            Abuse {
                name: "ZPOPMIN c 1000000",
                before: || vec![words("COPY z c REPLACE")],
                line: || words("ZPOPMIN c 1000000"),
            },
        ],
    },
    Group {
        name: "transactions",
        prepare: |_| Ok(()),
        abuses: &[
            Abuse {
                name: "MULTI, and a SET that no queue holds",
                before: || vec![words("DISCARD"), words("MULTI")],
                line: || vec![b"SET".to_vec(), b"k".to_vec(), vec![b'x'; QUEUE_BYTES_MAX + 1]],
            },
            Abuse {
                name: "EXEC of 10,000 SETs",
                before: || {
                    let sets = (0..10_000).map(|_| words("SET k v"));
                    [words("DISCARD"), words("MULTI")].into_iter().chain(sets).collect()
                },
                line: || words("EXEC"),
            },
            abuse("WATCH of a million keys", || watch(1_000_000)),
            Abuse { name: "WATCH of 10,000 keys", before: || vec![words("UNWATCH")], line: || watch(10_000) },
            Abuse {
                name: "EXEC of a PING behind a WATCH of 10,000 keys",
                before: || vec![watch(10_000), words("MULTI"), words("PING")],
                line: || words("EXEC"),
            },
        ],
    },
    Group {
        name: "five million keys",
        prepare: |client| client.fill((0..FLUSHED_KEYS / BATCH).map(|at| many("MSET", None, at, true))),
        abuses: &[abuse("FLUSHALL", || words("FLUSHALL"))],
    },
];

/// WATCH of that many keys.
fn watch(keys: u64) -> Line {
    let keys = (0..keys).map(|key| format!("watched:{key}").into_bytes());
    std::iter::once(b"WATCH".to_vec()).chain(keys).collect()
}

/// A command with the elements of a batch, each with a value or without.
fn many(command: &str, key: Option<&str>, batch: u64, with_values: bool) -> Line {
    let mut line = vec![command.as_bytes().to_vec()];
    line.extend(key.map(|key| key.as_bytes().to_vec()));
    for element in batch * BATCH..(batch + 1) * BATCH {
        line.push(format!("m:{element:08}").into_bytes());
        line.extend(with_values.then(|| b"value-of-16-byte".to_vec()));
    }
    line
}

/// The same for a sorted set, each member with a score of its own, or all with the same.
fn scored(key: &str, batch: u64, same: bool) -> Line {
    let mut line = vec![b"ZADD".to_vec(), key.as_bytes().to_vec()];
    for element in batch * BATCH..(batch + 1) * BATCH {
        line.push(if same { b"0".to_vec() } else { element.to_string().into_bytes() });
        line.push(format!("m:{element:08}").into_bytes());
    }
    line
}

/// Gives some more fields a life of a millisecond.
fn expiring_fields() -> Vec<Line> {
    let mut line = words("HPEXPIRE due 1 FIELDS 1000");
    line.extend((0..1000).map(|field| format!("m:{field:08}").into_bytes()));
    let mut again = words("HSET due");
    for field in 0..1000 {
        again.extend([format!("m:{field:08}").into_bytes(), b"x".to_vec()]);
    }
    vec![again, line]
}
