//! The files of the suite that can run against an external server.

/// A file of the suite.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestFile {
    /// Its path below `tests/`, without the extension.
    pub(crate) name: &'static str,
    /// The cases that stock Redis 7.0.15 runs and passes with the same flags.
    pub(super) stock_cases: usize,
    /// How long it takes there, about.
    pub(super) seconds: u32,
    /// Whether `--slice` has it.
    pub(super) in_slice: bool,
}

const fn quick(name: &'static str, stock_cases: usize, seconds: u32) -> TestFile {
    TestFile { name, stock_cases, seconds, in_slice: true }
}

const fn long(name: &'static str, stock_cases: usize, seconds: u32) -> TestFile {
    TestFile { in_slice: false, ..quick(name, stock_cases, seconds) }
}

/// All of them, in the order of the table. Files that the suite itself skips on external servers are not here.
pub(crate) const FILES: &[TestFile] = &[
    quick("unit/type/hash", 72, 4),
    quick("unit/type/incr", 23, 1),
    long("unit/type/list", 219, 15),
    long("unit/type/list-2", 2, 18),
    long("unit/type/list-3", 11, 48),
    quick("unit/type/set", 95, 8),
    long("unit/type/stream", 63, 13),
    quick("unit/type/stream-cgroups", 48, 3),
    quick("unit/type/string", 75, 8),
    quick("unit/type/zset", 308, 16),
    quick("unit/bitfield", 16, 1),
    quick("unit/bitops", 45, 2),
    long("unit/dump", 9, 15),
    long("unit/expire", 58, 13),
    quick("unit/functions", 86, 2),
    long("unit/geo", 59, 22),
    long("unit/hyperloglog", 16, 50),
    long("unit/info-command", 3, 1),
    long("unit/introspection", 27, 1),
    long("unit/introspection-2", 37, 6),
    quick("unit/keyspace", 42, 1),
    long("unit/latency-monitor", 13, 7),
    long("unit/lazyfree", 2, 6),
    // Quick on stock Redis; here its cases of scripts that run too long wait longer than the slice has patience.
    long("unit/multi", 32, 4),
    long("unit/other", 10, 6),
    long("unit/pause", 14, 1),
    quick("unit/protocol", 19, 1),
    quick("unit/pubsub", 29, 1),
    long("unit/querybuf", 2, 2),
    long("unit/quit", 3, 1),
    long("unit/scan", 17, 6),
    quick("unit/scripting", 182, 5),
    long("unit/slowlog", 9, 1),
    quick("unit/sort", 52, 5),
    quick("unit/tracking", 51, 2),
    long("unit/violations", 1, 1),
];

impl TestFile {
    /// The last part of its name, by which it may be called too.
    pub(super) fn short_name(&self) -> &'static str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }
}

/// Every name, for a human.
pub(super) fn names() -> String {
    FILES.iter().map(TestFile::short_name).collect::<Vec<_>>().join(", ")
}
