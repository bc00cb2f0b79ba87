//! Client tracking: clients that cache what they read are told when it may have changed.
//!
//! See [`Tracking`] for why nothing is missed, and RFC 0014.

mod inbox;
mod table;
#[cfg(test)]
mod tests;
mod tracker;

pub use inbox::{Inbox, News, Notice};
pub use tracker::{Reader, Tracker, TrackingMode, TrackingOptions};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_engine::mutation::Touched;

use crate::database::Database;
use crate::limits::{TRACKED_KEYS_MAX, TRACKING_SWEEP_KEYS};
use table::Table;
use tracker::TrackerState;

/// Who read which key, and who listens to which prefix.
///
/// **No change is missed.** A read is remembered while the shards of its keys are locked for it. A batch is looked at after its
/// shards are free again. So a change that the read did not see was applied after the read gave its locks back, and whoever looks
/// at that batch finds what the read left here. A change that it did see may be looked at later still; then the client is told
/// once too often. What it is told waits in its inbox until the replies of its turn are written, so that a value never
/// overtakes the notice that it is old.
///
/// Its lock is taken behind those of shards, and while it is held no shard is locked.
#[derive(Debug)]
pub(crate) struct Tracking {
    /// How many clients there are; read without the lock, because nearly always there is none.
    count: AtomicUsize,
    keys_max: AtomicUsize,
    /// Somebody left whose keys are still in the table.
    needs_sweep: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clients: Vec<Arc<TrackerState>>,
    table: Table,
    listeners: BTreeMap<Box<[u8]>, Vec<Arc<TrackerState>>>,
    /// Where the sweep goes on, counted down.
    sweep_at: usize,
    /// What was in the table before everything was flushed, for the background to free.
    flushed: Vec<Table>,
}

/// What is known about tracking, for INFO.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackingCounts {
    /// Clients that are told.
    pub clients: usize,
    /// Keys that somebody read.
    pub keys: usize,
    /// Pairs of a key and a client.
    pub items: usize,
    /// Prefixes that somebody listens to.
    pub prefixes: usize,
}

impl Default for Tracking {
    fn default() -> Self {
        Self {
            count: AtomicUsize::new(0),
            keys_max: AtomicUsize::new(TRACKED_KEYS_MAX),
            needs_sweep: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }
}

impl Tracking {
    pub(crate) fn is_idle(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn enter(&self, client: &Arc<TrackerState>) {
        let mut state = self.state.lock();
        state.clients.push(Arc::clone(client));
        self.count.store(state.clients.len(), Ordering::Release);
    }

    fn leave(&self, client: &Arc<TrackerState>) {
        let mut state = self.state.lock();
        state.clients.retain(|other| !Arc::ptr_eq(other, client));
        for prefix in client.with_prefixes(std::mem::take) {
            if let Some(listeners) = state.listeners.get_mut(&prefix) {
                listeners.retain(|other| !Arc::ptr_eq(other, client));
                if listeners.is_empty() {
                    state.listeners.remove(&prefix);
                }
            }
        }
        if state.table.len() > 0 {
            state.sweep_at = state.table.len();
            self.needs_sweep.store(true, Ordering::Release);
        }
        self.count.store(state.clients.len(), Ordering::Release);
    }

    fn add_prefixes(&self, client: &Arc<TrackerState>, prefixes: &[&[u8]]) {
        let mut state = self.state.lock();
        client.with_prefixes(|known| {
            for prefix in prefixes {
                if !known.iter().any(|other| **other == **prefix) {
                    known.push(Box::from(*prefix));
                    state.listeners.entry(Box::from(*prefix)).or_default().push(Arc::clone(client));
                }
            }
            known.sort_unstable();
        });
    }

    fn remember<'k>(&self, client: &Arc<TrackerState>, keys: impl IntoIterator<Item = &'k [u8]>) {
        let keys_max = self.keys_max.load(Ordering::Relaxed);
        let mut state = self.state.lock();
        for key in keys {
            state.table.insert(key, client);
            state.table.shrink_to(keys_max, 1);
        }
    }

    /// Begins to look at what a batch changed. `writer`: the client whose command it was.
    pub(crate) fn look(&self, writer: Option<u64>) -> Looking<'_> {
        Looking { tracking: self, writer, broadcast: BTreeMap::new() }
    }

    fn set_keys_max(&self, keys_max: usize) {
        self.keys_max.store(keys_max, Ordering::Relaxed);
        while !self.state.lock().table.shrink_to(keys_max, TRACKING_SWEEP_KEYS) {}
    }

    /// Forgets some of what clients read that are gone. False: nothing is left to do.
    pub(crate) fn sweep(&self) -> bool {
        if !self.needs_sweep.load(Ordering::Acquire) {
            return false;
        }
        let mut state = self.state.lock();
        if let Some(table) = state.flushed.pop() {
            drop(state);
            drop(table);
            return true;
        }
        let State { table, sweep_at, .. } = &mut *state;
        *sweep_at = table.sweep(*sweep_at, TRACKING_SWEEP_KEYS);
        let is_done = *sweep_at == 0;
        if is_done {
            table.give_back();
            self.needs_sweep.store(false, Ordering::Release);
        }
        !is_done
    }

    fn counts(&self) -> TrackingCounts {
        let state = self.state.lock();
        TrackingCounts {
            clients: state.clients.len(),
            keys: state.table.len(),
            items: state.table.items(),
            prefixes: state.listeners.len(),
        }
    }
}

/// A look at one batch. When it ends, those who listen to prefixes are told.
#[derive(Debug)]
pub(crate) struct Looking<'a> {
    tracking: &'a Tracking,
    writer: Option<u64>,
    /// The changed keys by the prefixes that somebody listens to.
    broadcast: BTreeMap<Box<[u8]>, BTreeSet<Box<[u8]>>>,
}

impl Looking<'_> {
    /// Tells those who read what a mutation changed.
    pub(crate) fn touch(&mut self, touched: Touched<'_>) {
        match touched {
            Touched::Nothing => {}
            Touched::One(key) => self.touch_key(key),
            Touched::Two(first, second) => {
                self.touch_key(first);
                self.touch_key(second);
            }
            Touched::Everything => {
                let mut state = self.tracking.state.lock();
                let table = std::mem::take(&mut state.table);
                if table.len() > 0 {
                    // Large, perhaps: the background frees it.
                    state.flushed.push(table);
                    self.tracking.needs_sweep.store(true, Ordering::Release);
                }
                state.clients.iter().for_each(|client| client.tell(News::Everything, self.writer));
            }
        }
    }

    fn touch_key(&mut self, key: &[u8]) {
        let mut state = self.tracking.state.lock();
        if let Some((key, readers)) = state.table.remove(key) {
            for reader in readers {
                reader.tell(News::Keys(vec![Arc::clone(&key)]), self.writer);
            }
        }
        if state.listeners.is_empty() {
            return;
        }
        let longest = state.listeners.keys().map(|prefix| prefix.len()).max().unwrap_or_default();
        for length in 0..=longest.min(key.len()) {
            let prefix = key.get(..length).unwrap_or_default();
            if state.listeners.contains_key(prefix) {
                self.broadcast.entry(Box::from(prefix)).or_default().insert(Box::from(key));
            }
        }
    }
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        if self.broadcast.is_empty() {
            return;
        }
        let state = self.tracking.state.lock();
        for (prefix, keys) in std::mem::take(&mut self.broadcast) {
            let keys: Vec<Arc<[u8]>> = keys.into_iter().map(Arc::from).collect();
            for listener in state.listeners.get(&prefix).into_iter().flatten() {
                listener.tell(News::Keys(keys.clone()), self.writer);
            }
        }
    }
}

impl Database {
    /// Begins to tell a client about keys that may have changed. `inbox` is its connection's own.
    #[must_use]
    pub fn track(&self, client: u64, inbox: &Arc<Inbox>, options: TrackingOptions) -> Tracker {
        let state = Arc::new(TrackerState::new(client, inbox, options));
        self.tracking.enter(&state);
        Tracker::new(Arc::clone(&self.tracking), state)
    }

    /// Sets how many keys are remembered at most, 0: any number. Clients are told of those that are forgotten.
    pub fn set_tracked_keys_max(&self, keys_max: usize) {
        self.tracking.set_keys_max(keys_max);
    }

    /// How many keys are remembered at most, 0: any number.
    #[must_use]
    pub fn tracked_keys_max(&self) -> usize {
        self.tracking.keys_max.load(Ordering::Relaxed)
    }

    /// Figures about tracking.
    #[must_use]
    pub fn tracking_counts(&self) -> TrackingCounts {
        self.tracking.counts()
    }
}
