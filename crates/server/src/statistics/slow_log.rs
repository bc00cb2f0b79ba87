//! The slow log: the latest commands that took long, with their arguments cut short.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use selvedge_node::Args;
use smallvec::SmallVec;

use crate::limits::{SLOW_ARGUMENT_BYTES_MAX, SLOW_ARGUMENTS_MAX};

/// What stands for a secret.
const REDACTED: &[u8] = b"(redacted)";

/// Parameters of CONFIG SET whose values are secrets, in Redis' names: ours has none of them, but clients try.
const SECRET_PARAMETERS: &[&[u8]] =
    &[b"requirepass", b"masterauth", b"masteruser", b"tls-key-file-pass", b"tls-client-key-file-pass"];

/// The latest slow commands.
#[derive(Debug)]
pub(crate) struct SlowLog {
    /// Negative: nothing is slow.
    threshold_us: AtomicI64,
    length_max: AtomicU64,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    next_id: i64,
    /// The newest first.
    commands: VecDeque<SlowCommand>,
}

/// One slow command.
#[derive(Debug, Clone)]
pub(crate) struct SlowCommand {
    pub(crate) id: i64,
    /// Seconds since the Unix epoch.
    pub(crate) at_s: i64,
    pub(crate) took_us: i64,
    pub(crate) arguments: Vec<Vec<u8>>,
    pub(crate) peer: String,
    pub(crate) name: String,
}

impl Default for SlowLog {
    /// One that keeps nothing.
    fn default() -> Self {
        Self { threshold_us: AtomicI64::new(-1), length_max: AtomicU64::new(0), entries: Mutex::default() }
    }
}

impl SlowLog {
    /// Sets from when on a command is slow, in microseconds; negative: never.
    pub(crate) fn set_threshold_us(&self, threshold_us: i64) {
        self.threshold_us.store(threshold_us, Ordering::Relaxed);
    }

    /// Sets how many commands are kept. What is kept beyond that goes with the next slow command.
    pub(crate) fn set_length_max(&self, length_max: u64) {
        self.length_max.store(length_max, Ordering::Relaxed);
    }

    /// Whether a command that took that long belongs in here. One relaxed load.
    pub(crate) fn is_slow(&self, took: Duration) -> bool {
        let threshold_us = self.threshold_us.load(Ordering::Relaxed);
        u64::try_from(threshold_us).is_ok_and(|threshold_us| took.as_micros() >= u128::from(threshold_us))
    }

    /// Keeps a command.
    #[cold]
    pub(crate) fn push(&self, at_s: i64, took: Duration, args: Args<'_>, peer: &str, name: &str) {
        let length_max = usize::try_from(self.length_max.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let mut entries = self.entries.lock();
        let id = entries.next_id;
        entries.next_id += 1;
        entries.commands.push_front(SlowCommand {
            id,
            at_s,
            took_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            arguments: shown(args),
            peer: peer.to_owned(),
            name: name.to_owned(),
        });
        entries.commands.truncate(length_max);
    }

    /// The newest commands, at most that many.
    pub(crate) fn newest(&self, count: usize) -> Vec<SlowCommand> {
        self.entries.lock().commands.iter().take(count).cloned().collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.lock().commands.len()
    }

    /// Forgets all. Numbers go on.
    pub(crate) fn clear(&self) {
        self.entries.lock().commands.clear();
    }
}

/// The arguments as they are kept: few, short, and without secrets.
fn shown(args: Args<'_>) -> Vec<Vec<u8>> {
    let kept = if args.len() > SLOW_ARGUMENTS_MAX { SLOW_ARGUMENTS_MAX - 1 } else { args.len() };
    let mut shown: Vec<Vec<u8>> = Vec::with_capacity(kept + 1);
    let is_secret = secrets(args);
    for (index, argument) in args.iter().enumerate().take(kept) {
        shown.push(if is_secret(index) {
            REDACTED.to_vec()
        } else {
            match argument.split_at_checked(SLOW_ARGUMENT_BYTES_MAX) {
                Some((start, rest)) if !rest.is_empty() => {
                    [start, format!("... ({} more bytes)", rest.len()).as_bytes()].concat()
                }
                _ => argument.to_vec(),
            }
        });
    }
    if kept < args.len() {
        shown.push(format!("... ({} more arguments)", args.len() - kept).into_bytes());
    }
    shown
}

/// The words of a command line, but for its secrets.
pub(crate) fn without_secrets<'a>(args: Args<'a>) -> SmallVec<[&'a [u8]; 8]> {
    let is_secret = secrets(args);
    args.iter().enumerate().map(|(index, word)| if is_secret(index) { REDACTED } else { *word }).collect()
}

/// Tells which words of a command line are secrets.
fn secrets(args: Args<'_>) -> impl Fn(usize) -> bool + '_ {
    let word = |index: usize| args.get(index).copied().unwrap_or_default();
    let is = move |index: usize, name: &[u8]| word(index).eq_ignore_ascii_case(name);
    move |index| {
        if is(0, b"auth") {
            return index > 0;
        }
        if is(0, b"hello") {
            // HELLO version AUTH user password, the options in any order.
            return (1..=2).any(|back| index > back && is(index - back, b"auth"));
        }
        let is_value = is(0, b"config") && is(1, b"set") && index >= 3 && index % 2 == 1;
        is_value && SECRET_PARAMETERS.iter().any(|name| is(index - 1, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let shown = shown(&words);
        shown.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn secrets_are_never_kept() {
        assert_eq!(kept("AUTH secret"), "AUTH (redacted)");
        assert_eq!(kept("auth default secret"), "auth (redacted) (redacted)");
        assert_eq!(
            kept("HELLO 3 SETNAME x AUTH default secret"),
            "HELLO 3 SETNAME x AUTH (redacted) (redacted)"
        );
        assert_eq!(
            kept("HELLO 3 AUTH default secret SETNAME x"),
            "HELLO 3 AUTH (redacted) (redacted) SETNAME x"
        );
        assert_eq!(kept("CONFIG SET requirepass secret save x"), "CONFIG SET requirepass (redacted) save x");
        assert_eq!(kept("CONFIG SET save x RequirePass secret"), "CONFIG SET save x RequirePass (redacted)");
        assert_eq!(kept("SET auth hello"), "SET auth hello");
    }

    #[test]
    fn long_lines_are_cut() {
        let long = "x".repeat(SLOW_ARGUMENT_BYTES_MAX + 72);
        assert_eq!(kept(&format!("SET k {long}")), format!("SET k {}... (72 more bytes)", "x".repeat(128)));
        assert_eq!(kept(&"x".repeat(128)), "x".repeat(128));
        let many = vec!["k"; 41].join(" ");
        assert!(kept(&many).ends_with("k k ... (10 more arguments)"), "{}", kept(&many));
        assert_eq!(kept(&vec!["k"; 32].join(" ")), vec!["k"; 32].join(" "));
    }

    #[test]
    fn the_oldest_go_first() {
        let log = SlowLog::default();
        assert!(!log.is_slow(Duration::MAX));
        log.set_threshold_us(100);
        log.set_length_max(2);
        assert!(log.is_slow(Duration::from_micros(100)) && !log.is_slow(Duration::from_micros(99)));
        for _ in 0..3 {
            log.push(0, Duration::from_micros(5), &[b"GET", b"a"], "", "");
        }
        assert_eq!(log.newest(10).iter().map(|entry| entry.id).collect::<Vec<_>>(), [2, 1]);
        log.clear();
        log.push(0, Duration::ZERO, &[b"GET"], "", "");
        assert_eq!(log.newest(10).first().map(|entry| entry.id), Some(3));
        log.set_threshold_us(-1);
        assert!(!log.is_slow(Duration::MAX));
    }
}
