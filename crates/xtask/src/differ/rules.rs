//! Which commands are run, how often, and how their replies are compared.

use selvedge_engine::table::{self, Command, Group, Run};

/// Commands that are left out, with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("command", "its replies are compared by golden scripts, against a list of differences"),
    ("dbsize", "Redis counts keys that expired until it meets them"),
    ("dump", "payloads are each server's own"),
    ("restore", "payloads are each server's own"),
    ("lastsave", "depends on the clock"),
    ("lolwut", "draws what it likes"),
    ("memory", "sizes are each server's own"),
    ("migrate", "needs a second server"),
    ("object", "encodings and idle times are each server's own"),
    ("pfcount", "Redis stores the estimate in the string, where GET shows it"),
    ("pfselftest", "takes Redis long"),
    ("wait", "there are no replicas"),
    ("waitaof", "there are no replicas"),
];

/// Families that are left out, with the reason: golden scripts compare them.
const FAMILIES_LEFT_OUT: &[(Group, &str)] = &[
    (Group::Json, "what is wrong with a path, and words too many, are told in other words"),
    (Group::Stream, "ids come from the clock of each server"),
];

/// Options that are left out, with the reason.
pub(super) const OPTIONS_LEFT_OUT: &[(&str, &str, &str)] = &[
    ("scan", "withtype", "is Upstash's, and not in Redis"),
    ("set", "ifeq-value", "came with 8.4"),
    ("set", "ifne-value", "came with 8.4"),
    ("set", "ifdeq-digest", "came with 8.4"),
    ("set", "ifdne-digest", "came with 8.4"),
];

/// The version of the oracle: what came later is left out.
const ORACLE_VERSION: (u32, u32) = (8, 2);

/// Commands that walk in steps, whose cursors and pages are each server's own: they are asked for everything at once.
pub(super) const WALKS: &[&str] = &["scan", "sscan", "hscan", "zscan"];

/// Commands about the connection or the process that are run all the same.
const CONNECTION_COMMANDS: &[&str] =
    &["discard", "echo", "exec", "multi", "ping", "select", "unwatch", "watch"];

/// Keys of sorted sets whose scores are all the same: what a range of members is in others, Redis does not say.
pub(super) const ONE_SCORE_KEYS: &[&str] = &["y1", "y2"];

/// How often a command is run, where it is not as often as most.
const WEIGHTS: &[(&str, usize)] =
    &[("flushall", 1), ("flushdb", 1), ("discard", 4), ("exec", 30), ("multi", 10), ("ping", 2), ("echo", 2)];

/// How often most commands are run.
const WEIGHT: usize = 20;

/// How often a command that waits is run: it costs its timeout.
const WEIGHT_OF_BLOCKING: usize = 1;

/// How replies are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Byte by byte.
    Exact,
    /// Elements in any order.
    Unordered,
    /// Elements in twos, and those in any order.
    UnorderedPairs,
    /// A cursor, and elements in any order behind it.
    Page,
    /// A cursor, and elements in twos in any order behind it.
    PageOfPairs,
    /// Types and lengths.
    Shape,
    /// Integers that are not negative may differ by that much.
    Within(u64),
}

const COMPARISONS: &[(Comparison, &[&str])] = &[
    (Comparison::Unordered, &["keys", "smembers", "sunion", "sinter", "sdiff", "hkeys", "hvals"]),
    (Comparison::UnorderedPairs, &["hgetall"]),
    (Comparison::Page, &["scan", "sscan"]),
    (Comparison::PageOfPairs, &["hscan", "zscan"]),
    (Comparison::Shape, &["randomkey", "srandmember", "hrandfield", "zrandmember", "spop", "time"]),
    (Comparison::Within(1), &["ttl", "expiretime", "httl", "hexpiretime"]),
    (Comparison::Within(2000), &["pttl", "pexpiretime", "hpttl", "hpexpiretime"]),
];

/// Commands that change what chance says: the key is deleted behind them, so that both keyspaces stay the same.
pub(super) const BY_CHANCE: &[&str] = &["spop"];

/// The commands that are run, each with its weight.
pub(super) fn commands() -> Vec<(&'static Command, usize)> {
    table::all()
        .filter(|command| !LEFT_OUT.iter().any(|(name, _)| *name == command.name))
        .filter(|command| !FAMILIES_LEFT_OUT.iter().any(|(group, _)| *group == command.group))
        .filter(|command| !command.is_ours() && is_in_oracle(command.since))
        .filter(|command| match command.run {
            Run::Read(_) | Run::Write(_) | Run::Blocking(_) | Run::BlockingRead(_) => true,
            // Scripts made of random words say nothing.
            Run::Script(_) | Run::Guard(_) | Run::Container => false,
            Run::Connection(_) => CONNECTION_COMMANDS.contains(&command.name),
        })
        .map(|command| (command, weight(command)))
        .collect()
}

fn is_in_oracle(since: &str) -> bool {
    let mut numbers = since.split('.').filter_map(|number| number.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version <= ORACLE_VERSION
}

fn weight(command: &Command) -> usize {
    let own = WEIGHTS.iter().find(|(name, _)| *name == command.name).map(|(_, weight)| *weight);
    own.unwrap_or(if is_blocking(command) { WEIGHT_OF_BLOCKING } else { WEIGHT })
}

/// Whether it may wait for what others write.
pub(super) fn is_blocking(command: &Command) -> bool {
    matches!(command.run, Run::Blocking(_) | Run::BlockingRead(_))
}

/// Whether it asks for a range of members.
pub(super) fn is_by_member(words: &[Vec<u8>]) -> bool {
    let is_named_so = words.first().is_some_and(|name| name.to_ascii_lowercase().ends_with(b"lex"))
        || words.first().is_some_and(|name| name.eq_ignore_ascii_case(b"zlexcount"));
    let ranges = words.first().is_some_and(|name| name.to_ascii_lowercase().starts_with(b"zrange"));
    is_named_so || ranges && words.iter().any(|word| word.eq_ignore_ascii_case(b"BYLEX"))
}

/// How replies to a command line are compared.
pub(super) fn comparison(words: &[Vec<u8>]) -> Comparison {
    let name = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let found = COMPARISONS.iter().find(|(_, names)| names.iter().any(|known| known.as_bytes() == name));
    match found.map_or(Comparison::Exact, |(comparison, _)| *comparison) {
        Comparison::PageOfPairs if words.iter().any(|word| word.eq_ignore_ascii_case(b"NOVALUES")) => {
            Comparison::Page
        }
        comparison => comparison,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_commands_that_touch_data_are_run() {
        let run = commands();
        let names: Vec<&str> = run.iter().map(|(command, _)| command.name).collect();
        for name in ["get", "hset", "lpush", "sadd", "expire", "multi"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!names.contains(&"command") && !names.contains(&"client"));
    }

    #[test]
    fn comparisons_go_by_name_in_any_case() {
        let words = |line: &str| line.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(comparison(&words("SMEMBERS k")), Comparison::Unordered);
        assert_eq!(comparison(&words("hscan k 0")), Comparison::PageOfPairs);
        assert_eq!(comparison(&words("hscan k 0 novalues")), Comparison::Page);
        assert_eq!(comparison(&words("get k")), Comparison::Exact);
    }
}
