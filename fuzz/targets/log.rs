//! Segments of a log, with records out of order, damaged or made up: what is read back is the prefix that a naive reader
//! finds, or damage is reported and nothing is changed. Whatever was accepted is there again the next time, and goes on.
#![no_main]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use selvedge_log::{
    Disk, DiskFile, Durability, Log, LogId, OpenError, Options, RecoveryVisitor, Sequence, limits,
};

const NAME: &str = "log-00000000000000000001.seg";
const HEADER_BYTES: usize = 4096;
const HEAD_BYTES: usize = 24;
const ALIGNMENT: usize = 8;
const SEGMENT_ID: [u8; 16] = [7; 16];
const INPUT_BYTES_MAX: usize = 2048;

/// A record of the input: how far its sequence and its `synced_upto` are from what they should be, where a bit of it is
/// flipped (0: nowhere), and its payload.
type Planned = (i8, i8, u8, Vec<u8>);

/// Which byte of the header is changed and how, if at all; the records; what follows them.
type Input<'a> = (Option<(u16, u8)>, Vec<Planned>, &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (flip, records, tail) = input;
    let mut bytes = header();
    if let Some(byte) = flip.and_then(|(at, _)| bytes.get_mut(usize::from(at) % HEADER_BYTES)) {
        *byte ^= flip.map_or(0, |(_, mask)| mask);
    }
    let header_is_whole = bytes == header();
    for (position, planned) in records.iter().enumerate() {
        if bytes.len() < HEADER_BYTES + INPUT_BYTES_MAX {
            bytes.extend(record(position as u64 + 1, planned));
        }
    }
    bytes.extend_from_slice(&tail[..tail.len().min(INPUT_BYTES_MAX)]);
    let disk = MemoryDisk::default();
    disk.put(NAME, bytes.clone());
    let (expected, end) = naive(&bytes);
    let synced = was_synced(&bytes, end, expected.len() as u64 + 1);
    match open(&disk) {
        Ok((log, found)) => {
            assert!(header_is_whole && !synced, "damage was not seen");
            assert_eq!(found, expected);
            assert!(disk.bytes(NAME)[end..].iter().all(|byte| *byte == 0), "the tail is cleared");
            let mut more = expected;
            more.push(b"goes on".to_vec());
            if log.admit(7).is_ok() {
                log.append(more.len() as u64, &[b"goes on"]).expect("it was admitted");
            } else {
                more.pop();
            }
            drop(log);
            let (_log, again) = open(&disk).expect("a log that was closed in order");
            assert_eq!(again, more);
        }
        Err(OpenError::Damaged { offset, .. }) => {
            assert_eq!(disk.bytes(NAME), bytes, "nothing is changed");
            assert!(!header_is_whole || synced, "what was torn is called damage");
            assert_eq!(offset, if header_is_whole { end as u64 } else { 0 });
        }
        Err(OpenError::NewerVersion { .. }) => assert!(!header_is_whole),
        Err(other) => panic!("{other}"),
    }
});

/// The first page of a segment as `docs/format.md` describes it.
fn header() -> Vec<u8> {
    let mut page = b"SELVLOG\0\x01\0\0\0\0\0\0\0".to_vec();
    page.extend_from_slice(&SEGMENT_ID);
    page.extend_from_slice(&[9; 16]);
    page.extend_from_slice(&1_u64.to_le_bytes());
    page.resize(HEADER_BYTES, 0);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&page[..12]), &page[16..]);
    page[12..16].copy_from_slice(&checksum.to_le_bytes());
    page
}

fn checksum(length: &[u8], sequence: &[u8], synced_upto: &[u8], payload: &[u8]) -> u32 {
    [length, sequence, synced_upto, payload]
        .iter()
        .fold(crc32c::crc32c(&SEGMENT_ID), |sum, part| crc32c::crc32c_append(sum, part))
}

fn record(sequence: u64, (off, synced_off, flip, payload): &Planned) -> Vec<u8> {
    let length = (payload.len() as u32).to_le_bytes();
    let synced_upto = sequence.wrapping_add_signed(i64::from(*synced_off) - 1).to_le_bytes();
    let sequence = sequence.wrapping_add_signed(i64::from(*off)).to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.extend_from_slice(&checksum(&length, &sequence, &synced_upto, payload).to_le_bytes());
    bytes.extend_from_slice(&sequence);
    bytes.extend_from_slice(&synced_upto);
    bytes.extend_from_slice(payload);
    if *flip != 0 {
        let at = usize::from(*flip) % bytes.len();
        bytes[at] ^= 1 << (flip % 8);
    }
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes
}

/// The record at `at` if a whole one is there: sequence, `synced_upto` and payload.
fn whole(bytes: &[u8], at: usize) -> Option<(u64, u64, &[u8])> {
    let head = bytes.get(at..at + HEAD_BYTES)?;
    let (length, crc, sequence, synced) = (&head[..4], &head[4..8], &head[8..16], &head[16..]);
    let number = |field: &[u8]| field.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let payload = bytes.get(at + HEAD_BYTES..)?.get(..usize::try_from(number(length)).ok()?)?;
    let is_whole = number(crc) == u64::from(checksum(length, sequence, synced, payload));
    is_whole.then_some((number(sequence), number(synced), payload))
}

/// The records up to the first that is not whole or not in line, and where they end.
fn naive(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let (mut found, mut end) = (Vec::<Vec<u8>>::new(), HEADER_BYTES);
    while let Some((sequence, _, payload)) = whole(bytes, end) {
        if sequence != found.len() as u64 + 1 {
            break;
        }
        end += (HEAD_BYTES + payload.len()).next_multiple_of(ALIGNMENT);
        found.push(payload.to_vec());
    }
    (found, end)
}

/// Whether a later record, as far away as there may be one, says that `sequence` was synced.
fn was_synced(bytes: &[u8], from: usize, sequence: u64) -> bool {
    let most = sequence + (bytes.len() / HEAD_BYTES) as u64;
    (from..bytes.len())
        .step_by(ALIGNMENT)
        .filter_map(|at| whole(bytes, at))
        .any(|(later, synced_upto, _)| later > sequence && later <= most && synced_upto >= sequence)
}

#[derive(Default)]
struct Collect(Vec<Vec<u8>>);

impl RecoveryVisitor for Collect {
    fn on_record(&mut self, sequence: Sequence, payload: &[u8]) -> Result<(), String> {
        assert_eq!(sequence, self.0.len() as u64 + 1);
        self.0.push(payload.to_vec());
        Ok(())
    }

    fn on_progress(&mut self, bytes_read: u64, bytes_total: u64) {
        assert!(bytes_read <= bytes_total);
    }
}

fn open(disk: &MemoryDisk) -> Result<(Log, Vec<Vec<u8>>), OpenError> {
    let mut last_id = 0_u128;
    let draw = move || {
        last_id += 1;
        Ok(last_id.to_le_bytes())
    };
    let options = Options::new(Durability::None, LogId([9; 16]), Box::new(draw));
    let mut records = Collect::default();
    let disk = Arc::new(disk.clone());
    let log = Log::open(disk, Options { segment_bytes: limits::SEGMENT_BYTES_MIN, ..options }, &mut records)?;
    Ok((log, records.0))
}

type Bytes = Arc<Mutex<Vec<u8>>>;

/// Files in memory that never fail.
#[derive(Debug, Clone, Default)]
struct MemoryDisk(Arc<Mutex<BTreeMap<String, Bytes>>>);

#[derive(Debug)]
struct MemoryFile(Bytes);

impl MemoryDisk {
    fn put(&self, name: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().insert(name.to_owned(), Arc::new(Mutex::new(bytes)));
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        self.0.lock().unwrap()[name].lock().unwrap().clone()
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for MemoryDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let files = self.0.lock().unwrap();
        Ok(Arc::new(MemoryFile(Arc::clone(files.get(name).ok_or_else(gone)?))))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.put(name, Vec::new());
        self.open(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.0.lock().unwrap();
        let file = files.remove(from).ok_or_else(gone)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().unwrap().remove(name).map(drop).ok_or_else(gone)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().len() as u64)
    }

    fn read_all(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.0.lock().unwrap();
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let to = from + bytes.len();
        let length = file.len().max(to);
        file.resize(length, 0);
        file[from..to].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
