//! Runs scripts and compares.

use std::fmt;
use std::path::{Path, PathBuf};

use selvedge_wire::{Protocol, Value};

use crate::notation::{self, Detail};
use crate::script::{Directive, Item, Order, Script};
use crate::target::{Fidelity, Target, TargetError};

/// Rewrites expected replies when set to 1.
const UPDATE_VARIABLE: &str = "SELVEDGE_GOLDEN_UPDATE";
const EXTENSION: &str = "script";

/// How a script went.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every reply was as expected.
    Passed,
    /// The target lacks something that the script needs.
    Skipped,
    /// What was wrong, for a human.
    Failed(String),
    /// The file was rewritten with other replies.
    Updated,
}

/// How a folder of scripts went.
#[derive(Debug, Default)]
pub struct Report {
    /// Scripts that passed.
    pub passed: usize,
    /// Scripts that the target cannot run.
    pub skipped: usize,
    /// Scripts that were rewritten.
    pub updated: usize,
    /// Scripts that failed, with the reason.
    pub failures: Vec<(PathBuf, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, reason) in &self.failures {
            writeln!(f, "{}\n{reason}\n", path.display())?;
        }
        let (passed, skipped, updated, failed) =
            (self.passed, self.skipped, self.updated, self.failures.len());
        write!(f, "scripts: {passed} passed, {skipped} skipped, {updated} updated, {failed} failed")
    }
}

/// Runs every script under a folder, in order of their paths.
#[must_use]
pub fn run_folder(target: &mut dyn Target, folder: &Path) -> Report {
    let mut report = Report::default();
    for path in scripts(folder) {
        match run_file(target, &path) {
            Outcome::Passed => report.passed += 1,
            Outcome::Skipped => report.skipped += 1,
            Outcome::Updated => report.updated += 1,
            Outcome::Failed(reason) => report.failures.push((path, reason)),
        }
    }
    report
}

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|extension| extension == EXTENSION) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Runs one script.
#[must_use]
pub fn run_file(target: &mut dyn Target, path: &Path) -> Outcome {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    let script = match Script::parse(&text) {
        Ok(script) => script,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    if !can_run(target, &script) {
        return Outcome::Skipped;
    }
    let mut run = Run::new(target);
    let answered = match run.script(&script) {
        Ok(Some(answered)) => answered,
        Ok(None) => return Outcome::Skipped,
        Err(error) => return Outcome::Failed(format!("{error}: {:?}", error)),
    };
    let mismatches = run.mismatches;
    if mismatches.is_empty() {
        return Outcome::Passed;
    }
    // A target that shows less than there is must not rewrite what others see.
    let is_faithful = target.fidelity() == Fidelity::Resp;
    if is_faithful && std::env::var(UPDATE_VARIABLE).is_ok_and(|value| value == "1") {
        return match std::fs::write(path, answered.to_text()) {
            Ok(()) => Outcome::Updated,
            Err(error) => Outcome::Failed(error.to_string()),
        };
    }
    Outcome::Failed(mismatches.join("\n"))
}

fn can_run(target: &dyn Target, script: &Script) -> bool {
    script.directives().all(|directive| match directive {
        Directive::Needs(need) => target.has(*need),
        Directive::DiffersFromRedis => !target.is_redis(),
        _ => true,
    })
}

/// What the directives in front of a command line say about its reply.
#[derive(Debug, Default)]
struct NextReply {
    order: Option<Order>,
    shape: bool,
    within: Option<u64>,
    times: Option<u64>,
    keep: Option<String>,
}

struct Run<'t> {
    target: &'t mut dyn Target,
    /// Whether replies are followed by events.
    shows_events: bool,
    next: NextReply,
    /// Replies that were kept, each with the word in braces that stands for it.
    kept: Vec<(String, Vec<u8>)>,
    mismatches: Vec<String>,
}

impl<'t> Run<'t> {
    fn new(target: &'t mut dyn Target) -> Self {
        Self {
            target,
            shows_events: false,
            next: NextReply::default(),
            kept: Vec::new(),
            mismatches: Vec::new(),
        }
    }

    /// The script with the replies that came. None if the target cannot go on.
    fn script(&mut self, script: &Script) -> Result<Option<Script>, TargetError> {
        self.target.reset()?;
        let mut answered = script.clone();
        for item in &mut answered.items {
            match item {
                Item::Text(_) => {}
                Item::Directive(directive, _) => {
                    if !self.directive(directive)? {
                        return Ok(None);
                    }
                }
                Item::Step { line, command, words, expected } => {
                    let next = std::mem::take(&mut self.next);
                    let mut value = self.repeat(words, next.times)?;
                    if let Some(name) = &next.keep {
                        self.keep(name, &mut value);
                    }
                    let events = if self.shows_events { self.target.take_events()? } else { Vec::new() };
                    if let Some(actual) = self.compare(value, &events, expected, &next) {
                        self.mismatches
                            .push(format!("line {line}: {command}\nexpected:\n{expected}\ngot:\n{actual}"));
                        *expected = actual;
                    }
                }
            }
        }
        Ok(Some(answered))
    }

    fn directive(&mut self, directive: &Directive) -> Result<bool, TargetError> {
        match directive {
            Directive::Needs(_) | Directive::DiffersFromRedis => {}
            Directive::Resp3(on) => {
                return self.target.set_protocol(if *on { Protocol::Resp3 } else { Protocol::Resp2 });
            }
            Directive::AdvanceMs(ms) => self.target.advance_ms(*ms),
            Directive::Unordered(order) => self.next.order = Some(*order),
            Directive::Shape => self.next.shape = true,
            Directive::Events(classes) => {
                self.shows_events = true;
                return self.target.watch_events(classes);
            }
            Directive::Within(range) => self.next.within = Some(*range),
            Directive::Times(count) => self.next.times = Some(*count),
            Directive::Keep(name) => self.next.keep = Some(name.clone()),
        }
        Ok(true)
    }

    fn repeat(&mut self, words: &[Vec<u8>], times: Option<u64>) -> Result<Value, TargetError> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| self.with_kept(word)).collect();
        let Some(times) = times else { return self.target.run(&words) };
        let mut last = Value::Null;
        for i in 1..=times {
            let numbered: Vec<Vec<u8>> = words.iter().map(|word| with_number(word, i)).collect();
            last = self.target.run(&numbered)?;
        }
        Ok(last)
    }

    /// Keeps a string for later command lines, and shows its name in its place.
    fn keep(&mut self, name: &str, value: &mut Value) {
        if let Value::Bulk(text) = value {
            let shown = format!("{{{name}}}");
            self.kept.retain(|(known, _)| *known != shown);
            self.kept.push((shown.clone(), std::mem::replace(text, shown.into_bytes())));
        }
    }

    fn with_kept(&self, word: &[u8]) -> Vec<u8> {
        let kept = self.kept.iter().find(|(shown, _)| shown.as_bytes() == word);
        kept.map_or(word, |(_, text)| text).to_vec()
    }

    /// The text of a reply that is not as expected.
    fn compare(
        &self,
        mut value: Value,
        events: &[String],
        expected: &str,
        next: &NextReply,
    ) -> Option<String> {
        if let (Some(range), Value::Integer(actual)) = (next.within, &value) {
            let wanted = expected.strip_prefix("(integer) ").and_then(|number| number.parse::<i64>().ok());
            if wanted.is_some_and(|wanted| wanted.abs_diff(*actual) <= range) {
                return None;
            }
        }
        if let Some(order) = next.order {
            sort(&mut value, order);
        }
        let mut actual = notation::render(&value, if next.shape { Detail::Shape } else { Detail::Exact });
        events.iter().for_each(|event| actual += &format!("\n@ {event}"));
        let same = match self.target.fidelity() {
            Fidelity::Resp => actual == expected,
            Fidelity::Json => notation::through_json(&actual) == notation::through_json(expected),
            Fidelity::JsonText => {
                notation::through_json_text(&actual) == notation::through_json_text(expected)
            }
        };
        (!same).then_some(actual)
    }
}

fn with_number(word: &[u8], number: u64) -> Vec<u8> {
    match std::str::from_utf8(word) {
        Ok(text) => text.replace("{i}", &number.to_string()).into_bytes(),
        Err(_) => word.to_vec(),
    }
}

fn sort(value: &mut Value, order: Order) {
    match value {
        Value::Array(items) if order.page => {
            if let Some(page) = items.get_mut(1) {
                sort(page, Order { page: false, ..order });
            }
        }
        Value::Array(items) if order.pairs => {
            let mut pairs: Vec<Vec<Value>> = items.chunks(2).map(<[Value]>::to_vec).collect();
            pairs.sort_by_key(|pair| pair.first().map(sort_key));
            *items = pairs.concat();
        }
        Value::Array(items) | Value::Set(items) | Value::Push(items) => items.sort_by_key(sort_key),
        Value::Map(pairs) => pairs.sort_by_key(|(key, _)| sort_key(key)),
        _ => {}
    }
}

fn sort_key(value: &Value) -> String {
    notation::render(value, Detail::Exact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Need;

    /// Answers every command with its words.
    struct Echo;

    impl Target for Echo {
        fn reset(&mut self) -> Result<(), TargetError> {
            Ok(())
        }
        fn run(&mut self, words: &[Vec<u8>]) -> Result<Value, TargetError> {
            Ok(Value::Array(words.iter().cloned().map(Value::Bulk).collect()))
        }
        fn set_protocol(&mut self, protocol: Protocol) -> Result<bool, TargetError> {
            Ok(protocol == Protocol::Resp2)
        }
        fn has(&self, _need: Need) -> bool {
            false
        }
        fn advance_ms(&mut self, _ms: u64) {}
    }

    fn mismatches(text: &str) -> Option<Vec<String>> {
        let mut echo = Echo;
        let mut run = Run::new(&mut echo);
        run.script(&Script::parse(text).unwrap()).unwrap()?;
        Some(run.mismatches)
    }

    #[test]
    fn replies_are_compared_as_the_directives_say() {
        assert_eq!(mismatches("> a b\n1) \"a\"\n2) \"b\"\n").unwrap().len(), 0);
        assert_eq!(mismatches("> b a\n1) \"a\"\n2) \"b\"\n").unwrap().len(), 1);
        assert_eq!(mismatches("! unordered\n> b a\n1) \"a\"\n2) \"b\"\n> b\n1) \"b\"\n").unwrap().len(), 0);
        assert_eq!(
            mismatches("! unordered pairs\n> b 1 a 2\n1) \"a\"\n2) \"2\"\n3) \"b\"\n4) \"1\"\n")
                .unwrap()
                .len(),
            0
        );
        assert_eq!(mismatches("! shape\n> x\n1) \"…\"\n").unwrap().len(), 0);
        assert_eq!(mismatches("! keep a\n> x\n1) \"x\"\n> {a}\n1) \"{a}\"\n").unwrap().len(), 0);
        assert_eq!(mismatches("! times 12\n> k{i}\n1) \"k12\"\n").unwrap().len(), 0);
    }

    #[test]
    fn a_target_without_a_protocol_skips() {
        assert_eq!(mismatches("! resp3\n> a\n"), None);
    }
}
