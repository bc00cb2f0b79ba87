//! The counters of one serving thread.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use selvedge_node::{Command, table};

use crate::limits::{ERROR_WORD_BYTES_MAX, ERROR_WORDS_MAX};

/// Buckets of a histogram of durations: up to 1 µs, up to 2 µs, up to 4 µs and so on, the last without end.
pub(crate) const LATENCY_BUCKETS: usize = 26;

/// The longest duration of a bucket in microseconds. `None`: the last one has no bound.
pub(crate) fn bucket_bound_us(bucket: usize) -> Option<u64> {
    (bucket + 1 < LATENCY_BUCKETS).then(|| 1 << bucket)
}

fn bucket(us: u64) -> usize {
    // The exponent of the next power of two.
    let exponent = u64::BITS - us.saturating_sub(1).leading_zeros();
    (exponent as usize).min(LATENCY_BUCKETS - 1)
}

thread_local! {
    static OWN: OnceCell<Arc<Counters>> = const { OnceCell::new() };
}

/// Counters that one thread writes and any thread reads: no count is a locked operation on memory that is shared.
#[derive(Debug)]
pub(crate) struct Counters {
    /// By [`Command::number`].
    commands: Box<[CommandCounters]>,
    /// Errors by their first word. Locked for errors only, and by this thread unless somebody reads.
    errors: Mutex<BTreeMap<String, u64>>,
}

/// What is counted of one command.
#[derive(Debug, Default)]
pub(crate) struct CommandCounters {
    /// Calls by their duration.
    pub(crate) calls: [AtomicU64; LATENCY_BUCKETS],
    pub(crate) total_ns: AtomicU64,
    /// Calls that ran and were answered with an error.
    pub(crate) failed: AtomicU64,
    /// Calls that were refused before they ran.
    pub(crate) rejected: AtomicU64,
}

impl Counters {
    pub(crate) fn new() -> Self {
        let commands = (0..table::COUNT_ALL).map(|_| CommandCounters::default()).collect();
        Self { commands, errors: Mutex::default() }
    }

    /// Makes them the counters of the calling thread, for good.
    pub(crate) fn install(self: Arc<Self>) {
        // A thread serves one server: the second call would change nothing.
        let _ = OWN.with(|own| own.set(self));
    }

    /// Runs `count` with the counters of the calling thread. Threads that serve nobody count nothing.
    pub(crate) fn own(count: impl FnOnce(&Self)) {
        OWN.with(|own| own.get().map(|own| count(own)));
    }

    /// A command ran. `error` is the text it was answered with, if that was an error.
    pub(crate) fn ran(&self, command: &Command, took: Duration, error: Option<&str>) {
        if let Some(counters) = self.commands.get(usize::from(command.number)) {
            let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            if let Some(calls) = counters.calls.get(bucket(us)) {
                raise(calls, 1);
            }
            raise(&counters.total_ns, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
            if error.is_some() {
                raise(&counters.failed, 1);
            }
        }
        if let Some(text) = error {
            self.error(text);
        }
    }

    /// A command line was refused before it ran. `None`: no command has that name.
    pub(crate) fn rejected(&self, command: Option<&Command>, error: &str) {
        if let Some(counters) = command.and_then(|command| self.commands.get(usize::from(command.number))) {
            raise(&counters.rejected, 1);
        }
        self.error(error);
    }

    fn error(&self, text: &str) {
        let word = text.split(' ').next().unwrap_or_default();
        let mut errors = self.errors.lock();
        if let Some(count) = errors.get_mut(word) {
            *count += 1;
        } else if errors.len() < ERROR_WORDS_MAX && word.len() <= ERROR_WORD_BYTES_MAX {
            errors.insert(word.to_owned(), 1);
        }
    }

    /// The commands' counters, by number.
    pub(crate) fn commands(&self) -> &[CommandCounters] {
        &self.commands
    }

    /// The errors by their first word.
    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        self.errors.lock().clone()
    }
}

/// Adds to a counter that only this thread writes.
fn raise(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(by), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_into_the_bucket_that_bounds_them() {
        for (us, bound) in [
            (0, Some(1)),
            (1, Some(1)),
            (2, Some(2)),
            (3, Some(4)),
            (4, Some(4)),
            (5, Some(8)),
            (1 << 40, None),
        ] {
            assert_eq!(bucket_bound_us(bucket(us)), bound, "{us}");
        }
        for number in 0..LATENCY_BUCKETS - 1 {
            let bound = bucket_bound_us(number).unwrap();
            assert_eq!(bucket(bound), number);
            assert_eq!(bucket(bound + 1), number + 1);
        }
    }

    #[test]
    fn words_of_errors_are_bounded() {
        let counters = Counters::new();
        for number in 0..ERROR_WORDS_MAX * 2 {
            counters.rejected(None, &format!("WORD{number} text"));
        }
        counters.rejected(None, &"X".repeat(ERROR_WORD_BYTES_MAX + 1));
        counters.rejected(None, "WORD0 again");
        let errors = counters.errors();
        assert_eq!(errors.len(), ERROR_WORDS_MAX);
        assert_eq!(errors.get("WORD0"), Some(&2));
    }
}
