//! What all connections share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_node::Database;

use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::tokens::Tokens;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) database: Arc<Database>,
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) metrics: Metrics,
    pub(crate) clients: Clients,
    /// Turns that are running: they are waited for when the server stops.
    pub(crate) turns: AtomicUsize,
    pub(crate) resp_port: u16,
}

/// The open RESP connections, for CLIENT LIST.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    next_id: AtomicU64,
    open: Mutex<BTreeMap<u64, Arc<Client>>>,
}

/// What others may know of a connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) peer: String,
    pub(crate) local: String,
    pub(crate) connected_ms: u64,
    pub(crate) about: Mutex<About>,
}

/// The part of it that changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) library_name: String,
    pub(crate) library_version: String,
    pub(crate) user: &'static str,
    pub(crate) last_command: &'static str,
    pub(crate) is_resp3: bool,
}

impl Clients {
    pub(crate) fn open(&self, peer: String, local: String, connected_ms: u64) -> Arc<Client> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        let client = Arc::new(Client { id, peer, local, connected_ms, about: Mutex::default() });
        self.open.lock().insert(id, Arc::clone(&client));
        client
    }

    pub(crate) fn close(&self, id: u64) {
        self.open.lock().remove(&id);
    }

    pub(crate) fn all(&self) -> Vec<Arc<Client>> {
        self.open.lock().values().cloned().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.open.lock().len()
    }
}

impl Client {
    /// The line of CLIENT INFO and CLIENT LIST.
    pub(crate) fn line(&self, now_ms: u64) -> String {
        let about = self.about.lock().clone();
        format!(
            "id={} addr={} laddr={} fd=0 name={} age={} idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 \
             qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd={} \
             user={} redir=-1 resp={} lib-name={} lib-ver={}\n",
            self.id,
            self.peer,
            self.local,
            about.name,
            now_ms.saturating_sub(self.connected_ms) / 1000,
            about.last_command,
            about.user,
            if about.is_resp3 { 3 } else { 2 },
            about.library_name,
            about.library_version,
        )
    }
}
