//! The buffer between those who append and the one who writes.

use std::collections::VecDeque;

use crate::Sequence;
use crate::error::Refused;
use crate::limits::{ADMISSION_SLACK_BYTES, BUFFER_BYTES_MAX, RECORD_BYTES_MAX};
use crate::options::LogId;
use crate::record::{self, framed_bytes};
use crate::segment::{HEADER_BYTES, Header, Segment};
use crate::wait::Waiters;

/// Why a log takes nothing after its end.
pub(crate) const CLOSED: &str = "it is closed";

/// Bytes for one place of one segment.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) segment: Segment,
    /// Set when this run is the first of its segment.
    pub(crate) header: Option<Header>,
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) last_sequence: Sequence,
}

/// What is appended and not yet written. Behind the log's buffer lock.
#[derive(Debug)]
pub(crate) struct Buffer {
    log_id: LogId,
    segment: Segment,
    seed: u32,
    /// Where the next record goes in `segment`.
    position: u64,
    segment_bytes: u64,
    runs: VecDeque<Run>,
    recycled: Vec<u8>,
    buffered_bytes: usize,
    pub(crate) last_sequence: Sequence,
    pub(crate) spare: Option<Segment>,
    /// The capacity that somebody wants the next spare to have, or 0.
    pub(crate) wanted_bytes: u64,
    /// The last preparation failed: the capacity that was tried, and why.
    pub(crate) no_space: Option<(u64, String)>,
    /// Preparations that have ended, well or not.
    pub(crate) preparations: u64,
    /// The log's thread is changing segments: nobody else may write.
    pub(crate) is_changing: bool,
    pub(crate) closing: bool,
    pub(crate) room_waiters: Waiters,
}

impl Buffer {
    pub(crate) fn new(
        log_id: LogId,
        segment: Segment,
        position: u64,
        last_sequence: Sequence,
        segment_bytes: u64,
    ) -> Self {
        Self {
            log_id,
            seed: record::segment_seed(&segment.segment_id),
            segment,
            position,
            segment_bytes,
            runs: VecDeque::new(),
            recycled: Vec::new(),
            buffered_bytes: 0,
            last_sequence,
            spare: None,
            wanted_bytes: 0,
            no_space: None,
            preparations: 0,
            is_changing: false,
            closing: false,
            room_waiters: Waiters::default(),
        }
    }

    /// Room for a record with such a payload, in this segment or the prepared one?
    pub(crate) fn admit(&mut self, payload_bytes: usize) -> Result<(), Refused> {
        if self.closing {
            return Err(Refused::Failed(CLOSED.to_owned()));
        }
        if payload_bytes > RECORD_BYTES_MAX {
            return Err(Refused::TooLarge { max: RECORD_BYTES_MAX });
        }
        if self.buffered_bytes > BUFFER_BYTES_MAX {
            return Err(Refused::Wait);
        }
        let framed = framed_bytes(payload_bytes + ADMISSION_SLACK_BYTES);
        if self.has_place(framed) {
            return Ok(());
        }
        let wanted = self.want(framed);
        match &self.no_space {
            Some((bytes, reason)) if *bytes <= wanted => Err(Refused::NoSpace(reason.clone())),
            Some(_) | None => Err(Refused::Wait),
        }
    }

    /// Whether a record of this size fits into this segment or the prepared one.
    pub(crate) fn has_place(&self, framed: usize) -> bool {
        self.fits(framed)
            || self.spare.as_ref().is_some_and(|spare| segment_bytes_for(framed) <= spare.capacity_bytes)
    }

    fn fits(&self, framed: usize) -> bool {
        self.position + framed as u64 <= self.segment.capacity_bytes
    }

    /// Asks for a next segment that holds a record of this size. Returns its capacity.
    pub(crate) fn want(&mut self, framed: usize) -> u64 {
        let wanted = segment_bytes_for(framed).next_multiple_of(HEADER_BYTES as u64).max(self.segment_bytes);
        self.wanted_bytes = self.wanted_bytes.max(wanted);
        wanted
    }

    /// Appends a record that has a place, rolling over to the prepared segment when this one is full.
    pub(crate) fn append(&mut self, sequence: Sequence, synced_upto: Sequence, parts: &[&[u8]]) {
        let framed = framed_bytes(parts.iter().map(|part| part.len()).sum());
        let mut header = None;
        if !self.fits(framed) {
            let spare = self.spare.take().expect("the record has a place: in the spare, as it is not here");
            self.seed = record::segment_seed(&spare.segment_id);
            header =
                Some(Header { segment_id: spare.segment_id, log_id: self.log_id, first_sequence: sequence });
            self.segment = spare;
            self.position = HEADER_BYTES as u64;
            self.wanted_bytes = 0;
        }
        assert!(self.fits(framed), "the record has a place");
        if header.is_some() || self.runs.is_empty() {
            let (segment, offset) = (self.segment.clone(), self.position);
            let bytes = std::mem::take(&mut self.recycled);
            self.runs.push_back(Run { segment, header, offset, bytes, last_sequence: sequence });
        }
        if let Some(run) = self.runs.back_mut() {
            record::encode(&mut run.bytes, self.seed, sequence, synced_upto, parts);
            run.last_sequence = sequence;
        }
        self.position += framed as u64;
        self.buffered_bytes += framed;
        self.last_sequence = sequence;
    }

    /// Takes all that waits to be written. `recycled` is memory for what comes next.
    pub(crate) fn take_runs(&mut self, recycled: Vec<u8>) -> VecDeque<Run> {
        if self.recycled.capacity() < recycled.capacity() {
            self.recycled = recycled;
        }
        self.buffered_bytes = 0;
        std::mem::take(&mut self.runs)
    }

    pub(crate) fn buffered_bytes(&self) -> usize {
        self.buffered_bytes
    }

    /// Whether what waits to be written goes to another segment, or the log's thread is at such a change.
    pub(crate) fn changes_segment(&self) -> bool {
        self.is_changing || self.runs.iter().any(|run| run.header.is_some())
    }

    /// The capacity of a spare that is to be prepared now. The usual one is prepared when the current segment is half
    /// full, so that a small database takes one segment of disk.
    pub(crate) fn spare_bytes_needed(&self, segment_bytes: u64) -> Option<u64> {
        let wanted = self.wanted_bytes.max(segment_bytes);
        match &self.spare {
            Some(spare) => (spare.capacity_bytes < self.wanted_bytes).then_some(wanted),
            None => {
                let is_due = self.wanted_bytes > 0 || self.position >= self.segment.capacity_bytes / 2;
                is_due.then_some(wanted)
            }
        }
    }
}

/// Bytes of a segment that holds one record of this size.
fn segment_bytes_for(framed: usize) -> u64 {
    (HEADER_BYTES + framed) as u64
}
