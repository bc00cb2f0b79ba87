//! The counters of all threads put together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use selvedge_node::{Command, table};

use crate::statistics::counters::{CommandCounters, Counters, LATENCY_BUCKETS};

/// The counters of every serving thread.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    threads: Mutex<Vec<Arc<Counters>>>,
    /// What CONFIG RESETSTAT leaves out. Counters themselves never go back: only their thread writes them, and
    /// Prometheus wants them to rise.
    reset: Mutex<Option<Totals>>,
}

/// Sums over the threads.
#[derive(Debug, Default, Clone)]
pub(crate) struct Totals {
    /// By [`Command::number`].
    commands: Vec<CommandTotals>,
    /// By the first word of an error.
    pub(crate) errors: BTreeMap<String, u64>,
}

/// What is known of one command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandTotals {
    /// Calls by duration; see [`bucket_bound_us`](crate::statistics::bucket_bound_us).
    pub(crate) calls: [u64; LATENCY_BUCKETS],
    pub(crate) total_ns: u64,
    pub(crate) failed: u64,
    pub(crate) rejected: u64,
}

impl Statistics {
    /// Counters for one more thread.
    pub(crate) fn thread(&self) -> Arc<Counters> {
        let counters = Arc::new(Counters::new());
        self.threads.lock().push(Arc::clone(&counters));
        counters
    }

    /// Everything since the start.
    pub(crate) fn since_start(&self) -> Totals {
        let mut totals =
            Totals { commands: vec![CommandTotals::default(); table::COUNT_ALL], errors: BTreeMap::new() };
        for thread in self.threads.lock().iter() {
            for (total, counters) in totals.commands.iter_mut().zip(thread.commands()) {
                total.add(counters);
            }
            for (word, count) in thread.errors() {
                *totals.errors.entry(word).or_default() += count;
            }
        }
        totals
    }

    /// Everything since CONFIG RESETSTAT, or since the start.
    pub(crate) fn since_reset(&self) -> Totals {
        // Locked first: a reset in between would know of more than was counted here.
        let reset = self.reset.lock();
        let mut totals = self.since_start();
        if let Some(reset) = &*reset {
            totals.subtract(reset);
        }
        totals
    }

    /// Begins to count anew, for INFO and LATENCY HISTOGRAM.
    pub(crate) fn reset(&self) {
        let mut reset = self.reset.lock();
        *reset = Some(self.since_start());
    }
}

impl Totals {
    /// The commands and subcommands that were called or refused.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (&'static Command, &CommandTotals)> {
        table::all_numbered().zip(&self.commands).filter(|(_, totals)| totals.is_known())
    }

    /// Calls of all commands.
    pub(crate) fn calls(&self) -> u64 {
        self.commands.iter().map(CommandTotals::call_count).sum()
    }

    /// Answers that were errors.
    pub(crate) fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Calls of all commands by duration, and the nanoseconds of all.
    pub(crate) fn latency(&self) -> ([u64; LATENCY_BUCKETS], u64) {
        let mut calls = [0; LATENCY_BUCKETS];
        let mut total_ns: u64 = 0;
        for command in &self.commands {
            calls.iter_mut().zip(command.calls).for_each(|(sum, count)| *sum += count);
            total_ns = total_ns.wrapping_add(command.total_ns);
        }
        (calls, total_ns)
    }

    fn subtract(&mut self, other: &Self) {
        for (totals, less) in self.commands.iter_mut().zip(&other.commands) {
            totals.calls.iter_mut().zip(less.calls).for_each(|(count, less)| *count -= less);
            totals.total_ns = totals.total_ns.wrapping_sub(less.total_ns);
            totals.failed -= less.failed;
            totals.rejected -= less.rejected;
        }
        for (word, less) in &other.errors {
            if let Some(count) = self.errors.get_mut(word) {
                *count -= less;
            }
        }
        self.errors.retain(|_, count| *count > 0);
    }
}

impl CommandTotals {
    /// How often it ran.
    pub(crate) fn call_count(&self) -> u64 {
        self.calls.iter().sum()
    }

    fn is_known(&self) -> bool {
        self.rejected > 0 || self.calls.iter().any(|count| *count > 0)
    }

    fn add(&mut self, counters: &CommandCounters) {
        for (sum, calls) in self.calls.iter_mut().zip(&counters.calls) {
            *sum += calls.load(Ordering::Relaxed);
        }
        self.total_ns = self.total_ns.wrapping_add(counters.total_ns.load(Ordering::Relaxed));
        self.failed += counters.failed.load(Ordering::Relaxed);
        self.rejected += counters.rejected.load(Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn threads_are_put_together_and_a_reset_begins_anew() {
        let statistics = Statistics::default();
        let get = table::find(b"get").unwrap();
        let set_name = table::find(b"client|setname").unwrap();
        let (one, two) = (statistics.thread(), statistics.thread());
        one.ran(get, Duration::from_micros(3), None);
        two.ran(get, Duration::from_micros(5), Some("WRONGTYPE of a kind"));
        two.rejected(Some(set_name), "ERR wrong number of arguments");
        let known = |totals: &Totals| {
            let commands = totals.commands();
            commands
                .map(|(command, totals)| (command.name, totals.call_count(), totals.failed, totals.rejected))
                .collect::<Vec<_>>()
        };
        let totals = statistics.since_reset();
        assert_eq!(known(&totals), [("get", 2, 1, 0), ("client|setname", 0, 0, 1)]);
        assert_eq!(totals.latency().1, 8000);
        assert_eq!(totals.error_count(), 2);
        statistics.reset();
        assert_eq!(known(&statistics.since_reset()), []);
        one.ran(get, Duration::from_micros(3), Some("ERR x"));
        assert_eq!(known(&statistics.since_reset()), [("get", 1, 1, 0)]);
        assert_eq!(statistics.since_reset().errors.into_iter().collect::<Vec<_>>(), [("ERR".to_owned(), 1)]);
        assert_eq!(statistics.since_start().calls(), 3);
    }
}
