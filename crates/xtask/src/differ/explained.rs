//! The list of differences that are known, with their reasons.
//!
//! ```text
//! # A comment.
//!
//! reason: COMMAND tips are about shards
//! command: (error) ERR x*
//! ours: *
//! ```
//!
//! Below a reason stand entries of two lines: a command (`*` for any) with a pattern of what Redis says, and one of what
//! we say. Patterns are those of KEYS, over replies as scripts write them, line breaks made blanks.

use anyhow::{Result, bail};
use selvedge_engine::glob;

use super::compare::Difference;

const OURS: &str = "ours: ";
const REASON: &str = "reason: ";

/// The list, and how often each entry was met.
#[derive(Debug, Default)]
pub(super) struct Explained {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    reason: String,
    command: String,
    redis: String,
    ours: String,
    met: usize,
}

impl Explained {
    /// Reads the list.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut list = Self::default();
        let mut reason = None;
        let mut open: Option<(&str, &str)> = None;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(text) = line.strip_prefix(REASON) {
                reason = Some(text.to_owned());
            } else if let Some(ours) = line.strip_prefix(OURS) {
                let (Some((command, redis)), Some(reason)) = (open.take(), reason.clone()) else {
                    bail!("line {number}: `{OURS}` without a command and a reason");
                };
                list.entries.push(Entry {
                    reason,
                    command: command.to_owned(),
                    redis: redis.to_owned(),
                    ours: ours.to_owned(),
                    met: 0,
                });
            } else if let Some(entry) = line.split_once(": ").filter(|_| open.is_none()) {
                open = Some(entry);
            } else {
                bail!("line {number}: neither a reason nor an entry");
            }
        }
        if open.is_some() {
            bail!("the last entry does not say what ours is");
        }
        Ok(list)
    }

    /// Whether the difference is one of the list.
    pub(super) fn covers(&mut self, difference: &Difference) -> bool {
        let one_line = |text: &str| text.replace('\n', " ");
        let (redis, ours) = (one_line(&difference.redis), one_line(&difference.ours));
        let matches = |pattern: &str, text: &str| glob::matches(pattern.as_bytes(), text.as_bytes());
        let found = self.entries.iter_mut().find(|entry| {
            matches(&entry.command, &difference.command)
                && matches(&entry.redis, &redis)
                && matches(&entry.ours, &ours)
        });
        found.map(|entry| entry.met += 1).is_some()
    }

    /// Each reason with how often it was met.
    pub(super) fn met(&self) -> Vec<(&str, usize)> {
        let mut reasons: Vec<(&str, usize)> = Vec::new();
        for entry in &self.entries {
            match reasons.iter_mut().find(|(reason, _)| *reason == entry.reason) {
                Some((_, met)) => *met += entry.met,
                None => reasons.push((&entry.reason, entry.met)),
            }
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "# Top.\n\nreason: because\nget: (error) ERR a*\nours: *\n*: (nil)\nours: (nil array)\n";

    fn difference(command: &str, redis: &str, ours: &str) -> Difference {
        Difference { index: 0, command: command.to_owned(), redis: redis.to_owned(), ours: ours.to_owned() }
    }

    #[test]
    fn entries_cover_what_they_match() {
        let mut list = Explained::parse(LIST).unwrap();
        assert!(list.covers(&difference("get", "(error) ERR abc", "1) x\n2) y")));
        assert!(!list.covers(&difference("set", "(error) ERR abc", "OK")));
        assert!(list.covers(&difference("blpop", "(nil)", "(nil array)")));
        assert_eq!(list.met(), [("because", 2)]);
    }

    #[test]
    fn halves_are_refused() {
        assert!(Explained::parse("reason: x\nget: a\n").is_err());
        assert!(Explained::parse("get: a\nours: b\n").is_err());
        assert!(Explained::parse("reason: x\nours: b\n").is_err());
    }
}
