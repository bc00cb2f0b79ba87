//! A disk in memory that knows what is durable, can run full, fail and lose power.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::disk::{Disk, DiskFile};

#[derive(Debug, Default, Clone)]
pub(crate) struct MemoryDisk(Arc<State>);

#[derive(Debug)]
struct State {
    files: Mutex<BTreeMap<String, Arc<MemoryFile>>>,
    room_bytes: Arc<AtomicUsize>,
    fail_sync: Arc<AtomicBool>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            files: Mutex::default(),
            room_bytes: Arc::new(AtomicUsize::new(usize::MAX / 2)),
            fail_sync: Arc::default(),
        }
    }
}

#[derive(Debug)]
struct MemoryFile {
    live: Mutex<Vec<u8>>,
    durable: Mutex<Vec<u8>>,
    room_bytes: Arc<AtomicUsize>,
    fail_sync: Arc<AtomicBool>,
}

impl MemoryDisk {
    /// A disk that holds one file.
    pub(crate) fn with_file(name: &str, bytes: &[u8]) -> Self {
        let disk = Self::default();
        disk.create(name).unwrap().write_at(0, bytes).unwrap();
        disk.open(name).unwrap().sync().unwrap();
        disk
    }

    /// What a power cut leaves.
    pub(crate) fn after_power_cut(&self) -> Self {
        let after = Self::default();
        for (name, file) in self.0.files.lock().iter() {
            let bytes = file.durable.lock().clone();
            after.create(name).unwrap().write_at(0, &bytes).unwrap();
            after.open(name).unwrap().sync().unwrap();
        }
        after
    }

    pub(crate) fn content(&self, name: &str) -> Vec<u8> {
        self.0.files.lock()[name].live.lock().clone()
    }

    pub(crate) fn set_room_bytes(&self, bytes: usize) {
        self.0.room_bytes.store(bytes, Ordering::SeqCst);
    }

    pub(crate) fn fail_sync(&self, fail: bool) {
        self.0.fail_sync.store(fail, Ordering::SeqCst);
    }
}

impl Disk for MemoryDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.files.lock().keys().cloned().collect())
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.0.files.lock().get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(file)
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = Arc::new(MemoryFile {
            live: Mutex::default(),
            durable: Mutex::default(),
            room_bytes: Arc::clone(&self.0.room_bytes),
            fail_sync: Arc::clone(&self.0.fail_sync),
        });
        self.0.files.lock().insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.0.files.lock();
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        if let Some(file) = self.0.files.lock().remove(name) {
            self.0.room_bytes.fetch_add(file.live.lock().len(), Ordering::SeqCst);
        }
        Ok(())
    }
    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn read_all(&self) -> io::Result<Vec<u8>> {
        Ok(self.live.lock().clone())
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut live = self.live.lock();
        let offset = usize::try_from(offset).unwrap();
        let grows = (offset + bytes.len()).saturating_sub(live.len());
        if grows > self.room_bytes.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room_bytes.fetch_sub(grows, Ordering::SeqCst);
        let len = live.len().max(offset + bytes.len());
        live.resize(len, 0);
        live[offset..offset + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        if self.fail_sync.load(Ordering::SeqCst) {
            return Err(io::Error::other("planted sync failure"));
        }
        *self.durable.lock() = self.live.lock().clone();
        Ok(())
    }
}
