//! The open RESP connections, as CLIENT shows them.

mod client;
mod pause;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

pub(crate) use client::{About, Client, Ends, Flag, Kind, WaitEnd};
pub(crate) use pause::Pause;

/// The open RESP connections.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    last_id: AtomicU64,
    open: Mutex<BTreeMap<u64, Arc<Client>>>,
    blocked: AtomicUsize,
}

impl Clients {
    /// Takes a connection in.
    pub(crate) fn open(&self, ends: Ends, now_ms: u64) -> Arc<Client> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let client = Arc::new(Client::new(id, ends, now_ms));
        self.open.lock().insert(id, Arc::clone(&client));
        client
    }

    /// Takes it out again.
    pub(crate) fn close(&self, id: u64) {
        self.open.lock().remove(&id);
    }

    /// All of them, the oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Client>> {
        self.open.lock().values().cloned().collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.open.lock().len()
    }

    /// How many wait for something else than their client.
    pub(crate) fn blocked_count(&self) -> usize {
        self.blocked.load(Ordering::Relaxed)
    }

    /// Counts a connection as waiting until the guard goes.
    pub(crate) fn block(&self) -> Blocked<'_> {
        self.blocked.fetch_add(1, Ordering::Relaxed);
        Blocked(self)
    }
}

/// See [`Clients::block`].
pub(crate) struct Blocked<'a>(&'a Clients);

impl Drop for Blocked<'_> {
    fn drop(&mut self) {
        self.0.blocked.fetch_sub(1, Ordering::Relaxed);
    }
}
