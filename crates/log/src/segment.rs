//! A segment: a preallocated, zero-filled file with a header and records.

use std::io;
use std::sync::Arc;

use crate::Sequence;
use crate::disk::{Disk, DiskFile};
use crate::error::OpenError;
use crate::limits::ZERO_FILL_BYTES;
use crate::options::LogId;

/// Where records begin.
pub(crate) const HEADER_BYTES: usize = 64;

const MAGIC: &[u8; 8] = b"SELVLOG\0";

/// The newest format that this binary reads and the one that it writes.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// The first bytes of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) segment_id: [u8; 16],
    pub(crate) log_id: LogId,
    pub(crate) first_sequence: Sequence,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.segment_id);
        bytes.extend_from_slice(&self.log_id.0);
        bytes.extend_from_slice(&self.first_sequence.to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes.resize(HEADER_BYTES, 0);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8], file: &str) -> Result<Self, OpenError> {
        let damaged = |reason| OpenError::Damaged { file: file.to_owned(), offset: 0, reason };
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(damaged("the header is cut off"))?;
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(damaged("the header is cut off"))?;
        let (segment_id, rest) = rest.split_first_chunk::<16>().ok_or(damaged("the header is cut off"))?;
        let (log_id, rest) = rest.split_first_chunk::<16>().ok_or(damaged("the header is cut off"))?;
        let (first_sequence, rest) = rest.split_first_chunk::<8>().ok_or(damaged("the header is cut off"))?;
        let (crc, _) = rest.split_first_chunk::<4>().ok_or(damaged("the header is cut off"))?;
        if magic != MAGIC {
            return Err(damaged("this is no log segment"));
        }
        let version = u32::from_le_bytes(*version);
        if version > FORMAT_VERSION {
            return Err(OpenError::NewerVersion { file: file.to_owned(), version, known: FORMAT_VERSION });
        }
        let covered = bytes.get(..HEADER_BYTES - 12).unwrap_or_default();
        if crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
            return Err(damaged("the header's checksum does not match"));
        }
        Ok(Self {
            segment_id: *segment_id,
            log_id: LogId(*log_id),
            first_sequence: u64::from_le_bytes(*first_sequence),
        })
    }
}

// Magic, version, two identities, sequence and checksum are 56 bytes; the checksum ends where the padding begins.
const _: () = assert!(8 + 4 + 16 + 16 + 8 + 4 == HEADER_BYTES - 8);

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

/// The sequence that a segment's name says.
pub(crate) fn parse_file_name(name: &str) -> Option<Sequence> {
    name.strip_prefix("log-")?.strip_suffix(".seg")?.parse().ok()
}

/// Whether a file was prepared and never used.
pub(crate) fn is_spare(name: &str) -> bool {
    name.starts_with("spare-")
}

/// Prepares a segment: really writes zeros, so that a later write can neither lack room nor change the file's extent,
/// which halves the time of a sync.
pub(crate) fn prepare(disk: &dyn Disk, segment_id: [u8; 16], capacity_bytes: u64) -> io::Result<Segment> {
    let name = format!("spare-{:032x}.seg", u128::from_be_bytes(segment_id));
    let file = disk.create(&name)?;
    let filled = zero(&*file, 0, capacity_bytes).and_then(|()| file.sync());
    if let Err(error) = filled {
        drop(file);
        // The space that was taken is given back; the first error is the one to tell.
        let _ = disk.remove(&name);
        return Err(error);
    }
    Ok(Segment { file, name, segment_id, capacity_bytes })
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
