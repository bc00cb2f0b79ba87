//! Random commands against a real Redis: every reply is the same, in both protocols.

use selvedge_golden::{RespTarget, Target};
use selvedge_wire::{Protocol, Value};

use crate::random::Random;
use crate::solo::Solo;

/// What is run, and how much of it.
pub(crate) struct Differential {
    pub(crate) rounds: u64,
    /// Rounds after which the keys are new: long enough for values that outgrow their packed form.
    pub(crate) rounds_per_database: u64,
    /// Command lines that each database starts with.
    pub(crate) setup: &'static [&'static str],
    /// The next command line. Words stand between blanks; `""` is the empty one.
    pub(crate) command: fn(&mut Random) -> String,
    /// What of a reply is not left to chance.
    pub(crate) normal: fn(&[Vec<u8>], Value) -> Value,
}

impl Differential {
    /// Runs it, if a Redis is at hand, and shows each line with its reply. Returns whether it ran.
    pub(crate) fn run(&self, mut seen: impl FnMut(&[Vec<u8>], &Value)) -> bool {
        let Ok(address) = std::env::var("SELVEDGE_REDIS_ORACLE") else { return false };
        let mut redis = RespTarget::connect_redis(&address).unwrap();
        let mut ours = Solo::new();
        let mut random = Random(2026);
        for round in 0..self.rounds {
            if round % self.rounds_per_database == 0 {
                redis.reset().unwrap();
                ours.reset().unwrap();
                let protocol = if random.below(2) == 0 { Protocol::Resp2 } else { Protocol::Resp3 };
                redis.set_protocol(protocol).unwrap();
                ours.set_protocol(protocol).unwrap();
                for line in self.setup {
                    let line = words(line);
                    assert_eq!(ours.run(&line).unwrap(), redis.run(&line).unwrap());
                }
            }
            let line = words(&(self.command)(&mut random));
            let actual = (self.normal)(&line, ours.run(&line).unwrap());
            let expected = (self.normal)(&line, redis.run(&line).unwrap());
            let text: Vec<_> = line.iter().map(|word| String::from_utf8_lossy(word)).collect();
            assert_eq!(actual, expected, "round {round}: {text:?}");
            seen(&line, &expected);
        }
        true
    }
}

fn words(line: &str) -> Vec<Vec<u8>> {
    line.split_whitespace()
        .map(|word| if word == "\"\"" { Vec::new() } else { word.as_bytes().to_vec() })
        .collect()
}

/// A word as it stands in a command line.
pub(crate) fn quoted(word: &str) -> String {
    if word.is_empty() { "\"\"".to_owned() } else { word.to_owned() }
}

/// Lengths and nesting alone.
pub(crate) fn shape(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(shape).collect()),
        Value::Bulk(_) | Value::Double(_) => Value::Status("one".to_owned()),
        other => other,
    }
}
