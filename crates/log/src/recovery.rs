//! Reading a log back, and telling a torn tail from damage.

use std::collections::VecDeque;
use std::io;

use crate::Sequence;
use crate::disk::{Disk, DiskFile};
use crate::error::OpenError;
use crate::limits::FIRST_SEQUENCE;
use crate::options::LogId;
use crate::record::{self, ALIGNMENT, HEAD_BYTES};
use crate::segment::{self, HEADER_BYTES, Header, Segment};

/// Receives the records of a log in order.
pub trait RecoveryVisitor {
    /// A whole record.
    ///
    /// # Errors
    /// A text ends the recovery: the record cannot be used.
    fn on_record(&mut self, sequence: Sequence, payload: &[u8]) -> Result<(), String>;

    /// Bytes read so far, of all.
    fn on_progress(&mut self, bytes_read: u64, bytes_total: u64);
}

/// Where appending goes on.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) segment: Segment,
    pub(crate) position: u64,
    pub(crate) last_sequence: Sequence,
    pub(crate) log_id: LogId,
}

/// What a reader of the segments may do to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The log is being opened: leftovers go and the tail is made durable.
    Own,
    /// Somebody else has it open: nothing is changed.
    Look,
}

/// Reads all segments. `None`: there is no log yet.
pub(crate) fn recover(
    disk: &dyn Disk,
    visitor: &mut dyn RecoveryVisitor,
    access: Access,
) -> Result<Option<Recovered>, OpenError> {
    let mut firsts = Vec::new();
    for name in disk.list()? {
        if segment::is_spare(&name) {
            if access == Access::Own {
                disk.remove(&name)?;
            }
        } else if let Some(first) = segment::parse_file_name(&name) {
            firsts.push(first);
        }
    }
    firsts.sort_unstable();
    let mut files = Vec::with_capacity(firsts.len());
    let mut bytes_total = 0;
    for first in &firsts {
        let file = disk.open(&segment::file_name(*first))?;
        bytes_total += file.bytes()?;
        files.push(file);
    }
    let mut bytes_read = 0;
    let mut end: Option<Recovered> = None;
    for (index, (first, file)) in firsts.iter().zip(files).enumerate() {
        let name = segment::file_name(*first);
        let damaged =
            |offset: usize, reason| OpenError::Damaged { file: name.clone(), offset: offset as u64, reason };
        let bytes = file.read_all()?;
        let header = Header::decode(&bytes, &name)?;
        if header.first_sequence != *first {
            return Err(damaged(0, "the header's sequence is not the name's"));
        }
        if end.as_ref().map_or(FIRST_SEQUENCE, |before| before.last_sequence + 1) != *first {
            return Err(damaged(0, "records before this segment are missing"));
        }
        if end.as_ref().is_some_and(|before| before.log_id != header.log_id) {
            return Err(damaged(0, "the segment belongs to another log"));
        }
        let scan = scan(&bytes, &header, visitor)?;
        match firsts.get(index + 1) {
            Some(next) if scan.next_sequence != *next => {
                return Err(damaged(
                    scan.end,
                    "the record is not whole, and the next segment says that it was",
                ));
            }
            Some(_) => {}
            None => {
                let seed = record::segment_seed(&header.segment_id);
                if was_synced(&bytes, scan.end, scan.next_sequence, seed) {
                    let reason = "the record is not whole, and a later one says that it was synced";
                    return Err(damaged(scan.end, reason));
                }
                if access == Access::Own {
                    make_durable(&*file, &name, &bytes, &scan)?;
                }
            }
        }
        bytes_read += bytes.len() as u64;
        visitor.on_progress(bytes_read, bytes_total.max(bytes_read));
        end = Some(Recovered {
            segment: Segment {
                file,
                name,
                segment_id: header.segment_id,
                capacity_bytes: bytes.len() as u64,
            },
            position: scan.end as u64,
            last_sequence: scan.next_sequence - 1,
            log_id: header.log_id,
        });
    }
    Ok(end)
}

/// Makes what was read back durable and what follows it zero: from here on the records count as synced, and bytes of a
/// torn write must never look like records again once others are written before them.
///
/// Records of which nothing says that they are synced are written once more. They may be in the kernel's cache alone,
/// and after a failed sync the kernel calls their pages clean: a sync that has nothing to write would prove nothing.
fn make_durable(file: &dyn DiskFile, name: &str, bytes: &[u8], scan: &Scan) -> io::Result<()> {
    let unconfirmed = bytes.get(scan.unconfirmed..scan.end).unwrap_or_default();
    file.write_at(scan.unconfirmed as u64, unconfirmed)?;
    let tail = bytes.get(scan.end..).unwrap_or_default();
    if let Some(stale) = tail.iter().rposition(|byte| *byte != 0) {
        tracing::info!(file = name, offset = scan.end, "the log ends in a torn record; clearing the tail");
        segment::zero(file, scan.end as u64, (scan.end + stale + 1) as u64)?;
    }
    file.sync()
}

struct Scan {
    /// Behind the last whole record.
    end: usize,
    next_sequence: Sequence,
    /// Where the records begin of which no later one says that they are synced.
    unconfirmed: usize,
}

fn scan(bytes: &[u8], header: &Header, visitor: &mut dyn RecoveryVisitor) -> Result<Scan, OpenError> {
    let seed = record::segment_seed(&header.segment_id);
    let mut end = HEADER_BYTES;
    let mut next_sequence = header.first_sequence;
    // Sequences and offsets of the records that are not confirmed yet, oldest first.
    let mut open = VecDeque::new();
    while let Some(record) = bytes.get(end..).and_then(|rest| record::decode(rest, seed)) {
        if record.sequence != next_sequence {
            break;
        }
        visitor
            .on_record(record.sequence, record.payload)
            .map_err(|reason| OpenError::Refused { sequence: record.sequence, reason })?;
        open.push_back((record.sequence, end));
        while open.front().is_some_and(|(sequence, _)| *sequence <= record.synced_upto) {
            open.pop_front();
        }
        end += record.framed_bytes;
        next_sequence += 1;
    }
    let unconfirmed = open.front().map_or(end, |(_, offset)| *offset);
    Ok(Scan { end, next_sequence, unconfirmed })
}

/// Whether a whole record behind `from` says that `sequence`, which is not whole, had been synced.
fn was_synced(bytes: &[u8], from: usize, sequence: Sequence, seed: u32) -> bool {
    let most = sequence + (bytes.len() / HEAD_BYTES) as u64;
    (from..bytes.len()).step_by(ALIGNMENT).any(|at| {
        let Some(rest) = bytes.get(at..) else { return false };
        // The sequence is looked at before the checksum: most places hold zeros or payload.
        let plausible = rest
            .get(8..16)
            .and_then(|field| field.try_into().ok())
            .is_some_and(|field| (sequence + 1..=most).contains(&u64::from_le_bytes(field)));
        plausible && record::decode(rest, seed).is_some_and(|record| record.synced_upto >= sequence)
    })
}
