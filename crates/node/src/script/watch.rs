//! Watching scripts that run: how long they may, who ends them, and what others are told meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_script::{Stop, Watch};

use crate::clock::Clock;
use crate::limits::SCRIPT_INLINE;

/// On which thread a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// On one that others wait for: it is given up when it takes long.
    Shared,
    /// On its own.
    Own,
}

/// All scripts that run.
#[derive(Debug)]
pub(crate) struct Watches {
    clock: Arc<dyn Clock>,
    busy_us: u64,
    most_us: u64,
    running: Mutex<Vec<Arc<Run>>>,
    /// How many of them others are not to wait for. Read without the lock by every command.
    slow: Arc<AtomicUsize>,
}

/// One script that runs.
#[derive(Debug)]
pub(crate) struct Run {
    clock: Arc<dyn Clock>,
    started_us: u64,
    busy_us: u64,
    most_us: u64,
    pace: Pace,
    is_killed: AtomicBool,
    is_slow: AtomicBool,
    slow: Arc<AtomicUsize>,
    /// What FUNCTION STATS tells of it.
    pub(crate) name: String,
    pub(crate) words: Vec<Vec<u8>>,
    is_function: bool,
}

/// Ends the watch of a run, however it ended.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    watches: &'a Watches,
    run: Arc<Run>,
}

impl Watches {
    pub(crate) fn new(clock: Arc<dyn Clock>, busy_ms: u64, most_ms: u64) -> Self {
        Self {
            clock,
            busy_us: busy_ms.saturating_mul(1000),
            most_us: most_ms.saturating_mul(1000),
            running: Mutex::default(),
            slow: Arc::default(),
        }
    }

    /// Whether a script has held everything for so long that others are not to wait for it.
    pub(crate) fn is_busy(&self) -> bool {
        self.slow.load(Ordering::Acquire) > 0
    }

    /// Starts to watch a run.
    pub(crate) fn begin(&self, name: &str, words: &[&[u8]], is_function: bool, pace: Pace) -> Watched<'_> {
        let run = Arc::new(Run {
            clock: Arc::clone(&self.clock),
            started_us: self.clock.monotonic_us(),
            busy_us: self.busy_us,
            most_us: self.most_us,
            pace,
            is_killed: AtomicBool::new(false),
            is_slow: AtomicBool::new(false),
            slow: Arc::clone(&self.slow),
            name: name.to_owned(),
            words: if pace == Pace::Own {
                words.iter().map(|word| word.to_vec()).collect()
            } else {
                Vec::new()
            },
            is_function,
        });
        if pace == Pace::Own {
            // What runs on a shared thread is over before anybody could ask for it.
            self.running.lock().push(Arc::clone(&run));
        }
        Watched { watches: self, run }
    }

    /// Asks scripts, or functions, to end. False if none runs.
    pub(crate) fn kill(&self, functions: bool) -> bool {
        let running = self.running.lock();
        let mut any = false;
        for run in running.iter().filter(|run| run.is_function == functions) {
            run.is_killed.store(true, Ordering::Release);
            any = true;
        }
        any
    }

    /// A function that runs, with its time so far in milliseconds.
    pub(crate) fn running_function(&self) -> Option<(Arc<Run>, u64)> {
        let running = self.running.lock();
        let run = running.iter().find(|run| run.is_function)?;
        Some((Arc::clone(run), run.elapsed_us() / 1000))
    }
}

impl Watched<'_> {
    pub(crate) fn watch(&self) -> Arc<dyn Watch> {
        Arc::clone(&self.run) as Arc<dyn Watch>
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if self.run.pace == Pace::Own {
            self.watches.running.lock().retain(|run| !Arc::ptr_eq(run, &self.run));
        }
        if self.run.is_slow.load(Ordering::Acquire) {
            self.watches.slow.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Run {
    fn elapsed_us(&self) -> u64 {
        self.clock.monotonic_us().saturating_sub(self.started_us)
    }
}

impl Watch for Run {
    fn stop(&self) -> Option<Stop> {
        let elapsed_us = self.elapsed_us();
        if self.pace == Pace::Shared {
            let is_long = u128::from(elapsed_us) > SCRIPT_INLINE.as_micros();
            return is_long.then_some(Stop::TakesLong);
        }
        if self.is_killed.load(Ordering::Acquire) {
            return Some(Stop::Killed);
        }
        if elapsed_us > self.most_us {
            return Some(Stop::OutOfTime);
        }
        if elapsed_us > self.busy_us && !self.is_slow.swap(true, Ordering::AcqRel) {
            self.slow.fetch_add(1, Ordering::AcqRel);
        }
        None
    }
}
