//! The list of expected failures: which cases fail, and why that is so.
//!
//! ```text
//! # A comment.
//!
//! reason: one database is all there is
//! unit/keyspace: MOVE basic usage
//! ```
//!
//! A case named `*` stands for every case of a file whose commands are not there yet. Names in brackets say how a file
//! ended: `(not run)` that it ran fewer cases than stock Redis passes, `(block) error` that a block failed outside of
//! its cases, `(aborted)`, `(timed out)` and `(server died)` what they say.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result, bail};

use super::files::FILES;
use super::output::{End, FileResult};

const REASON: &str = "reason: ";
/// Stands for every case of a file.
const ALL: &str = "*";

/// The list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The comment at the top.
    comment: Vec<String>,
    groups: Vec<Group>,
}

/// Cases that fail for the same reason.
#[derive(Debug, Default, PartialEq, Eq)]
struct Group {
    reason: String,
    /// File and case, as listed.
    cases: Vec<(String, String)>,
}

/// A case that is not as listed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Surprise {
    /// It fails and is not listed.
    Fails(String, String),
    /// It is listed and does not fail.
    Passes(String, String),
}

impl fmt::Display for Surprise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails(file, case) => write!(f, "fails, and is not listed: {file}: {case}"),
            Self::Passes(file, case) => {
                write!(f, "listed, and does not fail: {file}: {case} (take it off the list)")
            }
        }
    }
}

impl Expected {
    /// Reads the list.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut list = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            if line.starts_with('#') && list.groups.is_empty() {
                list.comment.push(line.to_owned());
            } else if let Some(reason) = line.strip_prefix(REASON.trim_end()) {
                list.groups.push(Group { reason: reason.trim().to_owned(), cases: Vec::new() });
            } else if !line.is_empty() {
                let (file, case) =
                    line.split_once(": ").with_context(|| format!("line {line_number}: no `file: case`"))?;
                let Some(group) = list.groups.last_mut() else {
                    bail!("line {line_number}: a case before the first reason");
                };
                group.cases.push((file.to_owned(), case.to_owned()));
            }
        }
        Ok(list)
    }

    /// The list as text; parsing it gives the same list.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for line in &self.comment {
            text.push_str(&format!("{line}\n"));
        }
        for group in &self.groups {
            text.push_str(format!("\n{REASON}{}", group.reason).trim_end_matches(' '));
            text.push('\n');
            for (file, case) in &group.cases {
                text.push_str(&format!("{file}: {case}\n"));
            }
        }
        text
    }

    /// How many lines name a case.
    pub(crate) fn len(&self) -> usize {
        self.cases().count()
    }

    fn cases(&self) -> impl Iterator<Item = &(String, String)> {
        self.groups.iter().flat_map(|group| &group.cases)
    }

    fn lists(&self, file: &str, case: &str) -> bool {
        self.cases().any(|(f, c)| f == file && (c == case || c == ALL))
    }

    /// What is wrong with the list itself, whatever runs.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut seen = BTreeSet::new();
        for group in &self.groups {
            if group.reason.is_empty() {
                mistakes.push(format!("{} cases have no reason", group.cases.len()));
            }
            for (file, case) in &group.cases {
                if !FILES.iter().any(|known| known.name == file) {
                    mistakes.push(format!("there is no file {file}"));
                }
                if !seen.insert((file, case)) {
                    mistakes.push(format!("{file}: {case} is listed twice"));
                }
                if case != ALL && seen.contains(&(file, &ALL.to_owned())) {
                    mistakes.push(format!("{file}: {case} is listed beside `{ALL}`"));
                }
            }
        }
        mistakes
    }

    /// The cases of these files that are not as listed.
    pub(super) fn compare(&self, results: &[FileResult]) -> Vec<Surprise> {
        let mut surprises = Vec::new();
        for result in results {
            let file = result.file.name;
            let failing = failing(result);
            for case in failing.iter().filter(|case| !self.lists(file, case)) {
                surprises.push(Surprise::Fails(file.to_owned(), case.clone()));
            }
            for (_, case) in self.cases().filter(|(f, _)| f == file) {
                let fails = if case == ALL { !failing.is_empty() } else { failing.contains(case) };
                if !fails {
                    surprises.push(Surprise::Passes(file.to_owned(), case.clone()));
                }
            }
        }
        surprises
    }

    /// Takes off what does not fail any more, and puts what fails unlisted into a last group without a reason.
    pub(super) fn update(&mut self, results: &[FileResult]) {
        let mut unlisted = Vec::new();
        for surprise in self.compare(results) {
            match surprise {
                Surprise::Fails(file, case) => unlisted.push((file, case)),
                Surprise::Passes(file, case) => {
                    let gone = (file, case);
                    self.groups.iter_mut().for_each(|group| group.cases.retain(|listed| *listed != gone));
                }
            }
        }
        self.groups.push(Group { reason: String::new(), cases: unlisted });
        self.groups.retain(|group| !group.cases.is_empty());
    }
}

/// What fails of a file: its cases by name, and in brackets how it ended.
fn failing(result: &FileResult) -> BTreeSet<String> {
    let mut failing: BTreeSet<String> = result
        .failed
        .iter()
        .map(|failure| failure.case.clone().unwrap_or_else(|| format!("(block) {}", failure.headline())))
        .collect();
    if result.not_run() > 0 {
        failing.insert("(not run)".to_owned());
    }
    let end = match &result.end {
        End::Whole => None,
        End::Aborted(_) => Some("(aborted)"),
        End::TimedOut => Some("(timed out)"),
        End::ServerDied(_) => Some("(server died)"),
    };
    failing.extend(end.map(str::to_owned));
    failing
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::output::{Failure, parse};
    use super::*;

    const LIST: &str = "# Top.\n\nreason: one\nunit/quit: a: b\nunit/quit: c\n\nreason: two\nunit/geo: *\n";

    fn result(passed: &[&str], failed: &[&str]) -> FileResult {
        let file = FILES.iter().find(|file| file.name == "unit/quit").unwrap();
        let mut result = parse(file, "The End\n", Duration::ZERO);
        result.passed = passed.iter().map(|name| (*name).to_owned()).collect();
        let failure = |name: &&str| Failure { case: Some((*name).to_owned()), message: String::new() };
        result.failed = failed.iter().map(failure).collect();
        result
    }

    #[test]
    fn the_list_is_written_as_it_was_read() {
        let list = Expected::parse(LIST).unwrap();
        assert_eq!(list.to_text(), LIST);
        assert_eq!(list.len(), 3);
        assert_eq!(list.mistakes(), Vec::<String>::new());
        assert!(Expected::parse("unit/quit: a\n").is_err());
        assert!(Expected::parse("reason: x\nquit\n").is_err());
    }

    #[test]
    fn both_kinds_of_surprise_are_found() {
        let list = Expected::parse(LIST).unwrap();
        let surprises = list.compare(&[result(&["c", "d"], &["a: b", "e"])]);
        let named = |case: &str| ("unit/quit".to_owned(), case.to_owned());
        let (passes, fails) = (named("c"), named("e"));
        assert_eq!(surprises, [Surprise::Fails(fails.0, fails.1), Surprise::Passes(passes.0, passes.1)]);
        assert_eq!(list.compare(&[result(&["d"], &["a: b", "c"])]), []);
    }

    #[test]
    fn cases_that_did_not_run_are_a_failure() {
        let list = Expected::parse("").unwrap();
        let surprises = list.compare(&[result(&["d"], &[])]);
        assert_eq!(surprises, [Surprise::Fails("unit/quit".to_owned(), "(not run)".to_owned())]);
    }

    #[test]
    fn an_update_leaves_nothing_but_reasons_to_write() {
        let mut list = Expected::parse(LIST).unwrap();
        let now = [result(&["c", "d"], &["a: b", "e"])];
        list.update(&now);
        assert_eq!(list.compare(&now), []);
        assert_eq!(list.mistakes(), ["1 cases have no reason"]);
        assert_eq!(Expected::parse(&list.to_text()).unwrap(), list);
    }

    #[test]
    fn mistakes_of_the_list_are_found() {
        let list =
            Expected::parse("reason: x\nunit/gone: a\nunit/quit: *\nunit/quit: b\nunit/quit: b\n").unwrap();
        assert_eq!(list.mistakes().len(), 4);
    }
}
