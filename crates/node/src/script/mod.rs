//! Scripts and functions: finding them, running them under the locks they need, and undoing what fails.

mod admin;
mod beside;
mod host;
mod library;
mod program;
mod run;
mod watch;

pub(crate) use run::Within;
pub(crate) use watch::Pace;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use selvedge_script::{Interpreter, ScriptError};

use crate::clock::Clock;
use crate::limits::{INTERPRETERS_KEPT, SCRIPTS_BYTES_MAX};
use crate::script::watch::Watches;

/// What a database has for its scripts.
#[derive(Debug)]
pub(crate) struct Scripts {
    known: RwLock<Known>,
    idle: Mutex<Vec<Interpreter>>,
    pub(crate) watches: Watches,
}

/// The scripts that EVALSHA finds: a cache, which nobody logs.
#[derive(Debug, Default)]
struct Known {
    texts: HashMap<String, Arc<[u8]>>,
    bytes: usize,
}

impl Scripts {
    pub(crate) fn new(clock: Arc<dyn Clock>, busy_reply_threshold_ms: u64, time_ms_max: u64) -> Self {
        Self {
            known: RwLock::default(),
            idle: Mutex::default(),
            watches: Watches::new(clock, busy_reply_threshold_ms, time_ms_max),
        }
    }

    /// The text of a known script.
    pub(crate) fn text(&self, sha1: &str) -> Option<Arc<[u8]>> {
        self.known.read().texts.get(sha1).cloned()
    }

    /// Makes a script known.
    pub(crate) fn learn(&self, sha1: &str, text: &Arc<[u8]>) {
        if self.known.read().texts.contains_key(sha1) {
            return;
        }
        let mut known = self.known.write();
        if known.bytes + text.len() > SCRIPTS_BYTES_MAX {
            // Clients send the text again when they are told that it is not known.
            *known = Known::default();
        }
        known.bytes += text.len();
        known.texts.insert(sha1.to_owned(), Arc::clone(text));
    }

    /// How many scripts are known, and the bytes of their texts.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let known = self.known.read();
        (known.texts.len(), known.bytes)
    }

    /// Forgets all scripts.
    pub(crate) fn forget(&self) {
        *self.known.write() = Known::default();
    }

    /// An interpreter for one run.
    pub(crate) fn take(&self) -> Result<Interpreter, ScriptError> {
        let idle = self.idle.lock().pop();
        idle.map_or_else(Interpreter::new, Ok)
    }

    /// Keeps an interpreter for the next run, unless the last one used it up.
    pub(crate) fn give(&self, interpreter: Interpreter) {
        if interpreter.is_spent() {
            return;
        }
        let mut idle = self.idle.lock();
        if idle.len() < INTERPRETERS_KEPT {
            idle.push(interpreter);
        }
    }
}
