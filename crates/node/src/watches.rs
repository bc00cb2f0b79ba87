//! Watched keys: a transaction runs only if none of them changed since its connection watched it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_engine::entry::EntryRef;
use selvedge_engine::mutation::Touched;
use selvedge_engine::types::DataType;
use selvedge_engine::{CommandError, Lookup as _, ReadCx, Scope};

use crate::database::Database;
use crate::execute::{HashedKeys, scope};

/// The keys that one connection watches. Dropping it watches nothing.
#[derive(Debug)]
pub struct Watch {
    watches: Arc<Watches>,
    is_broken: Arc<AtomicBool>,
    /// Each with whether time could take it away: only then is it looked at again.
    keys: HashMap<Box<[u8]>, bool>,
    bytes: usize,
}

/// Who watches which key.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// How many keys are watched; read without the lock, because nearly always none is.
    count: AtomicUsize,
    by_key: Mutex<HashMap<Box<[u8]>, Vec<Watcher>>>,
}

#[derive(Debug)]
struct Watcher {
    is_broken: Arc<AtomicBool>,
    was_alive: bool,
}

impl Watch {
    /// Watches nothing any more.
    pub fn clear(&mut self) {
        if !self.keys.is_empty() {
            let mut by_key = self.watches.by_key.lock();
            for key in std::mem::take(&mut self.keys).into_keys() {
                if let Some(watchers) = by_key.get_mut(&key) {
                    watchers.retain(|watcher| !Arc::ptr_eq(&watcher.is_broken, &self.is_broken));
                    if watchers.is_empty() {
                        by_key.remove(&key);
                    }
                }
            }
            self.bytes = 0;
            self.watches.count.store(by_key.len(), Ordering::Release);
        }
        self.is_broken.store(false, Ordering::Release);
    }

    /// How many keys are watched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Bytes of the keys that are watched.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether no key is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Watches {
    pub(crate) fn is_idle(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Breaks the watches of what a mutation changed.
    pub(crate) fn touch(&self, touched: Touched<'_>) {
        let by_key = self.by_key.lock();
        let break_all = |key: &[u8]| {
            for watcher in by_key.get(key).into_iter().flatten() {
                watcher.is_broken.store(true, Ordering::Release);
            }
        };
        match touched {
            Touched::Nothing => {}
            Touched::One(key) => break_all(key),
            Touched::Two(first, second) => {
                break_all(first);
                break_all(second);
            }
            // What was not there is not there now either, or its watch is broken already.
            Touched::Everything => {
                for watcher in by_key.values().flatten().filter(|watcher| watcher.was_alive) {
                    watcher.is_broken.store(true, Ordering::Release);
                }
            }
        }
    }
}

impl Database {
    /// A watch on nothing yet.
    #[must_use]
    pub fn new_watch(&self) -> Watch {
        Watch {
            watches: Arc::clone(&self.watches),
            is_broken: Arc::default(),
            keys: HashMap::new(),
            bytes: 0,
        }
    }

    /// Watches more keys. What has expired is removed first, so that its removal breaks no watch.
    ///
    /// # Errors
    /// [`CommandError::Busy`]: a script holds everything for long. Keys in front of the one that was met may be watched.
    pub fn watch(&self, watch: &mut Watch, keys: &[&[u8]]) -> Result<(), CommandError> {
        let busy = |_| self.scripts.watches.busy();
        self.wait_for_scripts().map_err(busy)?;
        for key in keys {
            if watch.keys.contains_key(*key) {
                continue;
            }
            let hashed: HashedKeys<'_> = std::iter::once((*key, self.keyspace.hash(key))).collect();
            self.remove_met(&hashed);
            // Under the lane nothing changes between the look at the key and the entry in the registry.
            let _lane = self.lock_lane().map_err(busy)?;
            let (was_alive, expires) = self.is_alive_and_expires(key, &hashed);
            let watcher = Watcher { is_broken: Arc::clone(&watch.is_broken), was_alive };
            let mut by_key = self.watches.by_key.lock();
            by_key.entry(Box::from(*key)).or_default().push(watcher);
            self.watches.count.store(by_key.len(), Ordering::Release);
            watch.keys.insert(Box::from(*key), expires);
            watch.bytes += key.len();
        }
        Ok(())
    }

    /// Whether every watched key is as it was, as far as this can be said while others may write.
    #[must_use]
    pub fn is_unchanged(&self, watch: &Watch) -> bool {
        watch.is_empty() || self.holds(watch)
    }

    /// Whether every watched key is as it was. For good only under the write lane.
    pub(crate) fn holds(&self, watch: &Watch) -> bool {
        // Time takes keys away without a mutation; an expiry that came later is a mutation. While a script holds them for
        // long, nobody can say.
        let expiring = watch.keys.iter().filter(|(_, expires)| **expires);
        let keys: HashedKeys<'_> = expiring.map(|(key, _)| (&**key, self.keyspace.hash(key))).collect();
        !watch.is_broken.load(Ordering::Acquire) && self.are_alive(&keys).unwrap_or(true)
    }

    /// Whether the key is there, and whether time may take it away. While a script holds it for long: both, for all one knows.
    fn is_alive_and_expires(&self, key: &[u8], hashed: &HashedKeys<'_>) -> (bool, bool) {
        let gives_up = || self.scripts.watches.is_busy();
        let Some(guards) = self.keyspace.read_unless(&scope(false, hashed), &gives_up) else {
            return (true, true);
        };
        let cx = ReadCx::new(&self.keyspace, &guards, self.clock.now());
        let entry = cx.entry(key);
        // A hash goes with the last of its fields.
        let may_expire =
            |entry: EntryRef<'_>| entry.expire_at_ms().is_some() || entry.data_type() == DataType::Hash;
        (entry.is_some(), entry.is_some_and(may_expire))
    }

    /// None: a script holds them for long.
    fn are_alive(&self, keys: &HashedKeys<'_>) -> Option<bool> {
        let guards = match scope(false, keys) {
            Scope::None => return Some(true),
            scope => self.keyspace.read_unless(&scope, &|| self.scripts.watches.is_busy())?,
        };
        let cx = ReadCx::new(&self.keyspace, &guards, self.clock.now());
        Some(keys.iter().all(|(key, _)| cx.exists(key)))
    }
}
