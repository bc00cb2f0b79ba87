//! Reading a log back, and telling a torn tail from damage.

use std::sync::Arc;

use crate::Sequence;
use crate::disk::Disk;
use crate::error::OpenError;
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

/// Reads all segments. `None`: there is no log yet.
pub(crate) fn recover(
    disk: &dyn Disk,
    visitor: &mut dyn RecoveryVisitor,
) -> Result<Option<Recovered>, OpenError> {
    let mut firsts = Vec::new();
    for name in disk.list()? {
        if segment::is_spare(&name) {
            disk.remove(&name)?;
        } else if let Some(first) = segment::parse_file_name(&name) {
            firsts.push(first);
        }
    }
    firsts.sort_unstable();
    let mut bytes_read = 0;
    let mut end: Option<Recovered> = None;
    for (index, first) in firsts.iter().enumerate() {
        let name = segment::file_name(*first);
        let damaged =
            |offset: usize, reason| OpenError::Damaged { file: name.clone(), offset: offset as u64, reason };
        let file = disk.open(&name)?;
        let bytes = file.read_all()?;
        let header = Header::decode(&bytes, &name)?;
        if header.first_sequence != *first {
            return Err(damaged(0, "the header's sequence is not the name's"));
        }
        if let Some(before) = &end {
            if before.last_sequence + 1 != *first {
                return Err(damaged(0, "records before this segment are missing"));
            }
            if before.log_id != header.log_id {
                return Err(damaged(0, "the segment belongs to another log"));
            }
        }
        let scan = scan(&bytes, &header, visitor)?;
        let is_last = index + 1 == firsts.len();
        if let Some(next) = firsts.get(index + 1)
            && scan.next_sequence != *next
        {
            return Err(damaged(scan.end, "the record is not whole, and the next segment says that it was"));
        }
        if is_last {
            let seed = record::segment_seed(&header.segment_id);
            if was_synced(&bytes, scan.end, scan.next_sequence, seed) {
                return Err(damaged(
                    scan.end,
                    "the record is not whole, and a later one says that it was synced",
                ));
            }
            let tail = bytes.get(scan.end..).unwrap_or_default();
            if let Some(stale) = tail.iter().rposition(|byte| *byte != 0) {
                // Bytes of a torn write could otherwise look like records again once others are written before them.
                tracing::info!(
                    file = name,
                    offset = scan.end,
                    "the log ends in a torn record; clearing the tail"
                );
                segment::zero(&*file, scan.end as u64, (scan.end + stale + 1) as u64)?;
                file.sync()?;
            }
        }
        bytes_read += bytes.len() as u64;
        let left = (firsts.len() - index - 1) as u64;
        visitor.on_progress(bytes_read, bytes_read + left * bytes.len() as u64);
        end = Some(Recovered {
            segment: Segment {
                file: Arc::clone(&file),
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

struct Scan {
    /// Behind the last whole record.
    end: usize,
    next_sequence: Sequence,
}

fn scan(bytes: &[u8], header: &Header, visitor: &mut dyn RecoveryVisitor) -> Result<Scan, OpenError> {
    let seed = record::segment_seed(&header.segment_id);
    let mut end = HEADER_BYTES;
    let mut next_sequence = header.first_sequence;
    while let Some(record) = bytes.get(end..).and_then(|rest| record::decode(rest, seed)) {
        if record.sequence != next_sequence {
            break;
        }
        visitor
            .on_record(record.sequence, record.payload)
            .map_err(|reason| OpenError::Refused { sequence: record.sequence, reason })?;
        end += record.framed_bytes;
        next_sequence += 1;
    }
    Ok(Scan { end, next_sequence })
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
