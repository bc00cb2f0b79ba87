//! A [`Disk`] in memory that knows what a crash would leave: it runs full, fails, holds syncs back and loses power.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::disk::{Disk, DiskFile};

/// Bytes that a real disk writes at once; a crash keeps or loses each such sector of what was not synced.
const SECTOR_BYTES: usize = 512;

/// Files in memory. Each has its *live* bytes, which reads see, and its *durable* bytes, which are what was live at its
/// last sync; names likewise. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryDisk {
    shared: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u64, Bytes>,
    next_file: u64,
    live_names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    bytes_max: Option<u64>,
    fail_syncs: bool,
    panic_on_sync: bool,
    fail_writes: bool,
    hold_syncs: bool,
    held: usize,
}

#[derive(Debug, Default, Clone)]
struct Bytes {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// What a sync would have to write. As in a kernel, a failed sync forgets it all the same.
    dirty: Vec<Range<usize>>,
}

impl MemoryDisk {
    /// An empty disk without limits or faults.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A disk that holds one file.
    pub(crate) fn with_file(name: &str, bytes: &[u8]) -> Self {
        let disk = Self::new();
        disk.replace(name, bytes.to_vec());
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock()
    }

    /// What another process finds after this one was killed: everything that was written.
    pub(crate) fn after_kill(&self) -> Self {
        self.copy(|bytes| bytes.live.clone(), false)
    }

    /// What is there after a loss of power that took everything that was not synced.
    pub(crate) fn after_power_loss(&self) -> Self {
        self.copy(|bytes| bytes.durable.clone(), true)
    }

    /// What is there after a loss of power that kept some sectors of what was not synced: `keep` is asked for each.
    pub(crate) fn after_torn_power_loss(&self, mut keep: impl FnMut() -> bool) -> Self {
        let torn = |bytes: &Bytes| {
            let mut left = bytes.durable.clone();
            for (index, sector) in bytes.live.chunks(SECTOR_BYTES).enumerate() {
                let from = index * SECTOR_BYTES;
                let to = from + sector.len();
                if bytes.durable.get(from..to) != Some(sector) && keep() {
                    left.resize(left.len().max(to), 0);
                    if let Some(place) = left.get_mut(from..to) {
                        place.copy_from_slice(sector);
                    }
                }
            }
            left
        };
        self.copy(torn, true)
    }

    fn copy(&self, mut bytes_of: impl FnMut(&Bytes) -> Vec<u8>, durable_names: bool) -> Self {
        let state = self.state();
        let names = if durable_names { &state.durable_names } else { &state.live_names };
        let mut copy = State { next_file: state.next_file, ..State::default() };
        for (name, id) in names {
            let bytes = state.files.get(id).map(&mut bytes_of).unwrap_or_default();
            copy.files.insert(*id, Bytes { live: bytes.clone(), durable: bytes, dirty: Vec::new() });
            copy.live_names.insert(name.clone(), *id);
        }
        copy.durable_names = copy.live_names.clone();
        Self { shared: Arc::new(Inner { state: Mutex::new(copy), changed: Condvar::default() }) }
    }

    /// The live bytes of a file; empty if there is none.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let state = self.state();
        let bytes = state.live_names.get(name).and_then(|id| state.files.get(id));
        bytes.map(|bytes| bytes.live.clone()).unwrap_or_default()
    }

    /// Replaces a file, durably: for tests that damage one.
    pub(crate) fn replace(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        let id = state.make(name);
        state.durable_names.insert(name.to_owned(), id);
        state.files.insert(id, Bytes { live: bytes.clone(), durable: bytes, dirty: Vec::new() });
    }

    /// Limits the sum of the lengths of all files; writes above it fail with `StorageFull`. `None` lifts the limit.
    pub(crate) fn limit_bytes(&self, bytes_max: Option<u64>) {
        self.state().bytes_max = bytes_max;
    }

    /// Lets every sync of a file or the directory fail from now on, or no longer.
    pub(crate) fn fail_syncs(&self, fail: bool) {
        self.state().fail_syncs = fail;
    }

    /// Lets every sync of a file panic from now on.
    pub(crate) fn panic_on_sync(&self) {
        self.state().panic_on_sync = true;
    }

    /// Lets every write fail from now on, or no longer.
    pub(crate) fn fail_writes(&self, fail: bool) {
        self.state().fail_writes = fail;
    }

    /// Holds every sync of a file until it is let go.
    pub(crate) fn hold_syncs(&self, hold: bool) {
        self.state().hold_syncs = hold;
        self.shared.changed.notify_all();
    }

    /// Waits until a sync is being held.
    pub(crate) fn wait_for_held_sync(&self) {
        let mut state = self.state();
        while state.held == 0 {
            self.shared.changed.wait(&mut state);
        }
    }
}

impl State {
    fn make(&mut self, name: &str) -> u64 {
        if let Some(id) = self.live_names.get(name) {
            return *id;
        }
        self.next_file += 1;
        self.live_names.insert(name.to_owned(), self.next_file);
        self.files.insert(self.next_file, Bytes::default());
        self.next_file
    }

    fn used(&self) -> u64 {
        self.live_names
            .values()
            .filter_map(|id| self.files.get(id))
            .map(|bytes| bytes.live.len() as u64)
            .sum()
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such file")
}

fn broken(what: &str) -> io::Error {
    io::Error::other(format!("planned failure of a {what}"))
}

impl Disk for MemoryDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().live_names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        let id = state.make(name);
        if let Some(bytes) = state.files.get_mut(&id) {
            bytes.live.clear();
            bytes.dirty.clear();
        }
        Ok(Arc::new(MemoryFile { disk: self.clone(), id }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let id = *self.state().live_names.get(name).ok_or_else(gone)?;
        Ok(Arc::new(MemoryFile { disk: self.clone(), id }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        let id = state.live_names.remove(from).ok_or_else(gone)?;
        state.live_names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.state().live_names.remove(name).map(|_| ()).ok_or_else(gone)
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.fail_syncs {
            return Err(broken("sync"));
        }
        state.durable_names = state.live_names.clone();
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    id: u64,
}

impl DiskFile for MemoryFile {
    fn bytes(&self) -> io::Result<u64> {
        let state = self.disk.state();
        state.files.get(&self.id).map(|bytes| bytes.live.len() as u64).ok_or_else(gone)
    }

    fn read_all(&self) -> io::Result<Vec<u8>> {
        let state = self.disk.state();
        state.files.get(&self.id).map(|bytes| bytes.live.clone()).ok_or_else(gone)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        if state.fail_writes {
            return Err(broken("write"));
        }
        let used = state.used();
        let bytes_max = state.bytes_max.unwrap_or(u64::MAX);
        let file = state.files.get_mut(&self.id).ok_or_else(gone)?;
        let live = &mut file.live;
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let to = from + bytes.len();
        if to > live.len() {
            if used + (to - live.len()) as u64 > bytes_max {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on the memory disk"));
            }
            live.resize(to, 0);
        }
        if let Some(place) = live.get_mut(from..to) {
            place.copy_from_slice(bytes);
        }
        file.dirty.push(from..to);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        // What is written while the sync goes on is not covered by it.
        let file = state.files.get_mut(&self.id).ok_or_else(gone)?;
        let covered: Vec<_> = std::mem::take(&mut file.dirty)
            .into_iter()
            .map(|range| (range.start, file.live.get(range).unwrap_or_default().to_vec()))
            .collect();
        state.held += 1;
        self.disk.shared.changed.notify_all();
        while state.hold_syncs {
            self.disk.shared.changed.wait(&mut state);
        }
        state.held -= 1;
        if state.panic_on_sync {
            drop(state);
            panic!("planned panic of a sync");
        }
        if state.fail_syncs {
            return Err(broken("sync"));
        }
        let durable = &mut state.files.get_mut(&self.id).ok_or_else(gone)?.durable;
        for (from, bytes) in covered {
            let to = from + bytes.len();
            durable.resize(durable.len().max(to), 0);
            durable[from..to].copy_from_slice(&bytes);
        }
        Ok(())
    }
}
