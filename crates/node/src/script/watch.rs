//! Watching scripts that run: how long they may, who ends them, and what others are told meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_engine::CommandError;
use selvedge_script::{Stop, Watch};

use crate::clock::Clock;
use crate::limits::{FUNCTION_LOAD_TIME_MAX, SCRIPT_INLINE};

/// On which thread a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// On one that others wait for: it is given up when it takes long.
    Shared,
    /// On its own.
    Own,
    /// On its own, and nobody waits for what it holds.
    Beside,
}

/// What runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Script,
    Function,
    /// A library on its way in, which holds nothing that others wait for.
    Library,
}

/// All scripts that run.
#[derive(Debug)]
pub(crate) struct Watches {
    clock: Arc<dyn Clock>,
    /// 0: others always wait.
    busy_us: AtomicU64,
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
    kind: Kind,
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
            busy_us: AtomicU64::new(busy_ms.saturating_mul(1000)),
            most_us: most_ms.saturating_mul(1000),
            running: Mutex::default(),
            slow: Arc::default(),
        }
    }

    /// Whether a script has held everything for so long that others are not to wait for it.
    pub(crate) fn is_busy(&self) -> bool {
        self.slow.load(Ordering::Acquire) > 0
    }

    /// What those are told who are not to wait.
    pub(crate) fn busy(&self) -> CommandError {
        let running = self.running.lock();
        let is_function =
            running.iter().any(|run| run.is_slow.load(Ordering::Acquire) && run.kind == Kind::Function);
        CommandError::Busy { kill: if is_function { "FUNCTION KILL" } else { "SCRIPT KILL" } }
    }

    /// Sets how long scripts that begin from now on run before others are not to wait for them. 0: they always are.
    pub(crate) fn set_busy_ms(&self, busy_ms: u64) {
        self.busy_us.store(busy_ms.saturating_mul(1000), Ordering::Relaxed);
    }

    /// What [`Watches::set_busy_ms`] set.
    pub(crate) fn busy_ms(&self) -> u64 {
        self.busy_us.load(Ordering::Relaxed) / 1000
    }

    /// Starts to watch a run.
    pub(crate) fn begin(&self, name: &str, words: &[&[u8]], kind: Kind, pace: Pace) -> Watched<'_> {
        let run = Arc::new(Run {
            clock: Arc::clone(&self.clock),
            started_us: self.clock.monotonic_us(),
            busy_us: Some(self.busy_us.load(Ordering::Relaxed)).filter(|us| *us > 0).unwrap_or(u64::MAX),
            most_us: match kind {
                Kind::Script | Kind::Function => self.most_us,
                Kind::Library => FUNCTION_LOAD_TIME_MAX.as_micros().try_into().unwrap_or(u64::MAX),
            },
            pace,
            is_killed: AtomicBool::new(false),
            is_slow: AtomicBool::new(false),
            slow: Arc::clone(&self.slow),
            name: name.to_owned(),
            words: if pace != Pace::Shared {
                words.iter().map(|word| word.to_vec()).collect()
            } else {
                Vec::new()
            },
            kind,
        });
        if pace != Pace::Shared {
            // What runs on a shared thread is over before anybody could ask for it.
            self.running.lock().push(Arc::clone(&run));
        }
        Watched { watches: self, run }
    }

    /// Asks scripts, or functions, to end.
    ///
    /// # Errors
    /// [`CommandError::NotBusy`] if nothing runs, [`CommandError::Busy`] if only the other kind does.
    pub(crate) fn kill(&self, functions: bool) -> Result<(), CommandError> {
        let running = self.running.lock();
        let mut any = false;
        for run in running.iter().filter(|run| (run.kind != Kind::Script) == functions) {
            run.is_killed.store(true, Ordering::Release);
            any = true;
        }
        let nothing_runs = running.is_empty();
        drop(running);
        match any {
            true => Ok(()),
            false if nothing_runs || !self.is_busy() => Err(CommandError::NotBusy),
            false => Err(self.busy()),
        }
    }

    /// Asks all that run to end: the database stops.
    pub(crate) fn kill_all(&self) {
        for run in self.running.lock().iter() {
            run.is_killed.store(true, Ordering::Release);
        }
    }

    /// A function that runs, with its time so far in milliseconds.
    pub(crate) fn running_function(&self) -> Option<(Arc<Run>, u64)> {
        let running = self.running.lock();
        let run = running.iter().find(|run| run.kind == Kind::Function)?;
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
        if self.run.pace != Pace::Shared {
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
        let holds_nothing = self.kind == Kind::Library || self.pace == Pace::Beside;
        let holds_up = !holds_nothing && elapsed_us > self.busy_us;
        if holds_up && !self.is_slow.swap(true, Ordering::AcqRel) {
            self.slow.fetch_add(1, Ordering::AcqRel);
        }
        None
    }
}
