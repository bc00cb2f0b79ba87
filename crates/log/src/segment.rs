//! A segment: a preallocated, zero-filled file with a header and records.

use std::io;
use std::sync::Arc;

use crate::Sequence;
use crate::disk::{Disk, DiskFile};
use crate::error::OpenError;
use crate::limits::{ZERO_FILL_BYTES, ZERO_SYNC_BYTES};
use crate::options::LogId;

/// Where records begin: behind a page that is never written again, so that no torn write of a record reaches the header.
pub(crate) const HEADER_BYTES: usize = 4096;

const MAGIC: [u8; 8] = *b"SELVLOG\0";

/// The newest format that this binary reads and the one that it writes.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// The first page of a segment. Magic, version and checksum keep their places in every version, and so does the page
/// that the checksum covers: that is how a version that is too new is told from a flipped bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) segment_id: [u8; 16],
    pub(crate) log_id: LogId,
    pub(crate) first_sequence: Sequence,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut rest = Vec::with_capacity(HEADER_BYTES);
        rest.extend_from_slice(&self.segment_id);
        rest.extend_from_slice(&self.log_id.0);
        rest.extend_from_slice(&self.first_sequence.to_le_bytes());
        rest.resize(HEADER_BYTES - CHECKSUM_END, 0);
        let mut page = Vec::with_capacity(HEADER_BYTES);
        page.extend_from_slice(&MAGIC);
        page.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&page), &rest);
        page.extend_from_slice(&checksum.to_le_bytes());
        page.extend_from_slice(&rest);
        page
    }

    pub(crate) fn decode(bytes: &[u8], file: &str) -> Result<Self, OpenError> {
        let damaged = |reason| OpenError::Damaged { file: file.to_owned(), offset: 0, reason };
        let cut_off = || damaged("the header is cut off");
        let page = bytes.get(..HEADER_BYTES).ok_or_else(cut_off)?;
        let (start, after) = page.split_first_chunk::<12>().ok_or_else(cut_off)?;
        let (checksum, rest) = after.split_first_chunk::<4>().ok_or_else(cut_off)?;
        let (magic, version) = start.split_first_chunk::<8>().ok_or_else(cut_off)?;
        if *magic != MAGIC {
            return Err(damaged("this is no log segment"));
        }
        if crc32c::crc32c_append(crc32c::crc32c(start), rest) != u32::from_le_bytes(*checksum) {
            return Err(damaged("the header's checksum does not match"));
        }
        let version = version.first_chunk().map_or(0, |version| u32::from_le_bytes(*version));
        if version > FORMAT_VERSION {
            return Err(OpenError::NewerVersion { file: file.to_owned(), version, known: FORMAT_VERSION });
        }
        let (segment_id, rest) = rest.split_first_chunk::<16>().ok_or_else(cut_off)?;
        let (log_id, rest) = rest.split_first_chunk::<16>().ok_or_else(cut_off)?;
        let first_sequence = rest.first_chunk::<8>().ok_or_else(cut_off)?;
        Ok(Self {
            segment_id: *segment_id,
            log_id: LogId(*log_id),
            first_sequence: u64::from_le_bytes(*first_sequence),
        })
    }
}

/// Where the header's checksum ends.
const CHECKSUM_END: usize = 16;

/// An open segment.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) file: Arc<dyn DiskFile>,
    /// Its name on the disk: `spare-...` until the first record is about to be written.
    pub(crate) name: String,
    pub(crate) segment_id: [u8; 16],
    pub(crate) capacity_bytes: u64,
}

/// The name of the segment that begins with this sequence.
pub(crate) fn file_name(first_sequence: Sequence) -> String {
    format!("log-{first_sequence:020}.seg")
}

/// The sequence that a segment's name says. Only names that [`file_name`] makes are names of segments.
pub(crate) fn parse_file_name(name: &str) -> Option<Sequence> {
    let first_sequence = name.strip_prefix("log-")?.strip_suffix(".seg")?.parse().ok()?;
    (file_name(first_sequence) == name).then_some(first_sequence)
}

/// Whether a file was prepared and never used.
pub(crate) fn is_spare(name: &str) -> bool {
    name.starts_with("spare-")
}

/// Prepares a segment: really writes zeros, so that a later write can neither lack room nor change the file's extent,
/// which halves the time of a sync. Gives up when `go_on` says so.
pub(crate) fn prepare(
    disk: &dyn Disk,
    segment_id: [u8; 16],
    capacity_bytes: u64,
    mut go_on: impl FnMut() -> bool,
) -> io::Result<Segment> {
    let name = format!("spare-{:032x}.seg", u128::from_be_bytes(segment_id));
    let file = disk.create(&name)?;
    if let Err(error) = reserve(&*file, capacity_bytes, &mut go_on) {
        drop(file);
        // The space that was taken is given back; the first error is the one to tell.
        let _ = disk.remove(&name);
        return Err(error);
    }
    Ok(Segment { file, name, segment_id, capacity_bytes })
}

fn reserve(file: &dyn DiskFile, capacity_bytes: u64, go_on: &mut dyn FnMut() -> bool) -> io::Result<()> {
    let mut offset = 0;
    while offset < capacity_bytes {
        if !go_on() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let end = capacity_bytes.min(offset + ZERO_SYNC_BYTES);
        zero(file, offset, end)?;
        file.sync()?;
        offset = end;
    }
    Ok(())
}

/// Writes zeros from `from` to `to`.
pub(crate) fn zero(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; ZERO_FILL_BYTES];
    let mut offset = from;
    while offset < to {
        let len = usize::try_from(to - offset).unwrap_or(usize::MAX).min(ZERO_FILL_BYTES);
        file.write_at(offset, zeros.get(..len).unwrap_or(&zeros))?;
        offset += len as u64;
    }
    Ok(())
}

/// Puts a prepared segment into use: header, sync, name, directory.
pub(crate) fn start(disk: &dyn Disk, segment: &Segment, header: &Header) -> io::Result<()> {
    segment.file.write_at(0, &header.encode())?;
    segment.file.sync()?;
    disk.rename(&segment.name, &file_name(header.first_sequence))?;
    disk.sync_directory()
}
