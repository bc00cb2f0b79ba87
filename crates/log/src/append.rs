//! The buffer between those who append and the one who writes.

use std::collections::VecDeque;
use std::task::Waker;

use crate::Sequence;
use crate::error::{AppendError, Refused};
use crate::limits::{BUFFER_BYTES_MAX, RECORD_BYTES_MAX};
use crate::options::LogId;
use crate::record::{self, framed_bytes};
use crate::segment::{HEADER_BYTES, Header, Segment};

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

/// What is appended and not yet written, and who waits. Behind the log's buffer lock.
#[derive(Debug)]
pub(crate) struct Buffer {
    log_id: LogId,
    segment: Segment,
    seed: u32,
    /// Where the next record goes in `segment`.
    position: u64,
    runs: VecDeque<Run>,
    buffered_bytes: usize,
    pub(crate) last_sequence: Sequence,
    pub(crate) spare: Option<Segment>,
    /// The capacity that the next spare must have, beyond the usual.
    pub(crate) wanted_bytes: u64,
    pub(crate) no_space: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) closing: bool,
    pub(crate) waiters: Vec<(Sequence, Waker)>,
    pub(crate) room_waiters: Vec<Waker>,
}

impl Buffer {
    pub(crate) fn new(log_id: LogId, segment: Segment, position: u64, last_sequence: Sequence) -> Self {
        Self {
            log_id,
            seed: record::segment_seed(&segment.segment_id),
            segment,
            position,
            runs: VecDeque::new(),
            buffered_bytes: 0,
            last_sequence,
            spare: None,
            wanted_bytes: 0,
            no_space: None,
            failure: None,
            closing: false,
            waiters: Vec::new(),
            room_waiters: Vec::new(),
        }
    }

    /// Room for a record with such a payload, in this segment or the prepared one?
    pub(crate) fn admit(&mut self, payload_bytes: usize) -> Result<(), Refused> {
        if let Some(reason) = &self.failure {
            return Err(Refused::Failed(reason.clone()));
        }
        if self.closing {
            return Err(Refused::Failed("it is closed".to_owned()));
        }
        if payload_bytes > RECORD_BYTES_MAX {
            return Err(Refused::TooLarge { max: RECORD_BYTES_MAX });
        }
        if self.buffered_bytes > BUFFER_BYTES_MAX {
            return Err(Refused::Wait);
        }
        let framed = framed_bytes(payload_bytes) as u64;
        if self.position + framed <= self.segment.capacity_bytes {
            return Ok(());
        }
        let needed = HEADER_BYTES as u64 + framed;
        if self.spare.as_ref().is_some_and(|spare| needed <= spare.capacity_bytes) {
            return Ok(());
        }
        self.wanted_bytes = self.wanted_bytes.max(needed);
        match &self.no_space {
            Some(reason) => Err(Refused::NoSpace(reason.clone())),
            None => Err(Refused::Wait),
        }
    }

    /// Appends a record, rolling over to the prepared segment when this one is full.
    pub(crate) fn append(
        &mut self,
        sequence: Sequence,
        synced_upto: Sequence,
        parts: &[&[u8]],
    ) -> Result<(), AppendError> {
        assert_eq!(sequence, self.last_sequence + 1, "sequences are dense");
        if let Some(reason) = &self.failure {
            return Err(AppendError(reason.clone()));
        }
        let framed = framed_bytes(parts.iter().map(|part| part.len()).sum());
        let mut header = None;
        if self.position + framed as u64 > self.segment.capacity_bytes {
            let fits = |spare: &Segment| (HEADER_BYTES + framed) as u64 <= spare.capacity_bytes;
            if !self.spare.as_ref().is_some_and(fits) {
                return Err(AppendError("it was not admitted".to_owned()));
            }
            if let Some(spare) = self.spare.take() {
                self.seed = record::segment_seed(&spare.segment_id);
                header = Some(Header {
                    segment_id: spare.segment_id,
                    log_id: self.log_id,
                    first_sequence: sequence,
                });
                self.segment = spare;
                self.position = HEADER_BYTES as u64;
            }
        }
        if header.is_some() || self.runs.is_empty() {
            let (segment, offset) = (self.segment.clone(), self.position);
            self.runs.push_back(Run { segment, header, offset, bytes: Vec::new(), last_sequence: sequence });
        }
        if let Some(run) = self.runs.back_mut() {
            record::encode(&mut run.bytes, self.seed, sequence, synced_upto, parts);
            run.last_sequence = sequence;
        }
        self.position += framed as u64;
        self.buffered_bytes += framed;
        self.last_sequence = sequence;
        Ok(())
    }

    /// Takes all that waits to be written.
    pub(crate) fn take_runs(&mut self) -> VecDeque<Run> {
        self.buffered_bytes = 0;
        std::mem::take(&mut self.runs)
    }

    pub(crate) fn buffered_bytes(&self) -> usize {
        self.buffered_bytes
    }

    pub(crate) fn needs_spare(&self) -> bool {
        self.failure.is_none()
            && !self.closing
            && self.spare.as_ref().is_none_or(|spare| spare.capacity_bytes < self.wanted_bytes)
    }
}
