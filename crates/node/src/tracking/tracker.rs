//! One connection whose client caches what it reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::tracking::Tracking;
use crate::tracking::inbox::{Inbox, News, Notice};

/// Which keys a client is told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrackingMode {
    /// Those it read.
    #[default]
    Reads,
    /// Those it read right after it said so.
    OptIn,
    /// Those it read, unless it said otherwise right before.
    OptOut,
    /// All that begin with one of its prefixes.
    Broadcast,
}

/// Which notices there are, and where they go.
#[derive(Debug, Clone, Default)]
pub struct TrackingOptions {
    /// Which keys they are about.
    pub mode: TrackingMode,
    /// The connection that gets the notices instead, with its inbox.
    pub redirect: Option<(u64, Arc<Inbox>)>,
    /// Nothing is told about what the client itself changes.
    pub skips_own_writes: bool,
}

/// A connection that is told about keys. Dropping it ends that.
#[derive(Debug)]
pub struct Tracker {
    tracking: Arc<Tracking>,
    state: Arc<TrackerState>,
}

/// The same as others see it.
#[derive(Debug)]
pub(crate) struct TrackerState {
    pub(crate) client: u64,
    own: Arc<Inbox>,
    options: Mutex<TrackingOptions>,
    prefixes: Mutex<Vec<Box<[u8]>>>,
    is_alive: AtomicBool,
    is_broken: AtomicBool,
}

/// Who runs a command: what is changed is told to others, and what is read may be remembered.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) tracking: Arc<Tracking>,
    pub(crate) state: Arc<TrackerState>,
    pub(crate) remembers: bool,
}

impl Tracker {
    pub(super) fn new(tracking: Arc<Tracking>, state: Arc<TrackerState>) -> Self {
        Self { tracking, state }
    }

    /// Which keys it is told about.
    #[must_use]
    pub fn mode(&self) -> TrackingMode {
        self.state.options.lock().mode
    }

    /// Changes which notices there are from now on, and where they go. What was read before is not forgotten.
    pub fn set_options(&self, options: TrackingOptions) {
        *self.state.options.lock() = options;
        self.state.is_broken.store(false, Ordering::Release);
    }

    /// Adds prefixes to those it is told about.
    pub fn add_prefixes(&self, prefixes: &[&[u8]]) {
        self.tracking.add_prefixes(&self.state, prefixes);
    }

    /// The prefixes it is told about, in order.
    #[must_use]
    pub fn prefixes(&self) -> Vec<Box<[u8]>> {
        self.state.prefixes.lock().clone()
    }

    /// Whether the connection that notices go to was gone when one was sent.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state.is_broken.load(Ordering::Acquire)
    }

    /// Whether nothing is told about what the client itself changes.
    #[must_use]
    pub fn skips_own_writes(&self) -> bool {
        self.state.options.lock().skips_own_writes
    }

    /// The number of the connection that notices go to instead.
    #[must_use]
    pub fn redirect(&self) -> Option<u64> {
        self.state.options.lock().redirect.as_ref().map(|(client, _)| *client)
    }

    /// What a command is run as. `asked`: the client said right before that this one is to be an exception.
    #[must_use]
    pub fn reader(&self, asked: bool) -> Reader {
        let remembers = match self.mode() {
            TrackingMode::Reads => true,
            TrackingMode::OptIn => asked,
            TrackingMode::OptOut => !asked,
            TrackingMode::Broadcast => false,
        };
        Reader { tracking: Arc::clone(&self.tracking), state: Arc::clone(&self.state), remembers }
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        self.state.is_alive.store(false, Ordering::Release);
        self.tracking.leave(&self.state);
    }
}

impl TrackerState {
    pub(super) fn new(client: u64, own: &Arc<Inbox>, options: TrackingOptions) -> Self {
        Self {
            client,
            own: Arc::clone(own),
            options: Mutex::new(options),
            prefixes: Mutex::default(),
            is_alive: AtomicBool::new(true),
            is_broken: AtomicBool::new(false),
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.is_alive.load(Ordering::Acquire)
    }

    pub(super) fn with_prefixes<T>(&self, f: impl FnOnce(&mut Vec<Box<[u8]>>) -> T) -> T {
        f(&mut self.prefixes.lock())
    }

    /// Tells the client, unless the change is its own and it does not want to know.
    pub(super) fn tell(&self, news: News, writer: Option<u64>) {
        if !self.is_alive() {
            return;
        }
        let options = self.options.lock();
        if options.skips_own_writes && writer == Some(self.client) && news != News::Everything {
            return;
        }
        // An inbox of its own that is closed is the end of the client.
        let Some((client, target)) = &options.redirect else {
            let _ = self.own.put(Notice { news, is_redirected: false });
            return;
        };
        if target.put(Notice { news, is_redirected: true }).is_err() {
            self.is_broken.store(true, Ordering::Release);
            let news = News::RedirectBroken { client: *client };
            let _ = self.own.put(Notice { news, is_redirected: false });
        }
    }
}

impl Reader {
    /// The number of the connection.
    pub(crate) fn client(&self) -> u64 {
        self.state.client
    }

    /// Remembers that these keys were read. Called while their shards are still locked: see [`Tracking`].
    pub(crate) fn remember<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>) {
        if self.remembers {
            self.tracking.remember(&self.state, keys);
        }
    }
}
