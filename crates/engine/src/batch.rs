//! A batch: the mutations of one command, transaction or script, as they go into the log.

use std::ops::Range;

use crate::keyspace::{Effects, Garbage, Sequence};
use crate::mutation::{Decoder, Mutation};
use crate::time::HybridTime;
use crate::undo::Undo;

/// The only layout of a payload so far.
const CODEC: u8 = 1;

/// Where a header has its count: behind codec and flags.
const COUNT_AT: Range<usize> = 2..6;

/// Bytes of room that a batch keeps from one use to the next.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// What stands in front of a batch's mutations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchHeader {
    /// Its place in the log.
    pub sequence: Sequence,
    /// How many mutations follow.
    pub count: u32,
    /// The id of the node that wrote it.
    pub origin: u64,
    /// When it was written.
    pub time: HybridTime,
    /// Reserved, 0.
    pub flags: u8,
}

/// Why a payload was refused. Nothing of it was applied. The same payload is refused on every node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The bytes end in the middle.
    #[error("batch is cut off")]
    CutOff,
    /// Written by a version that knows more.
    #[error("batch has the unknown codec {0}")]
    UnknownCodec(u8),
    /// Written by a version that knows more.
    #[error("batch has the unknown flags {0:#04x}")]
    UnknownFlags(u8),
    /// Written by a version that knows more.
    #[error("batch has an unknown mutation with tag {0}")]
    UnknownMutation(u8),
    /// A number is cut off, too large, or not in its shortest form.
    #[error("batch has a malformed number")]
    BadNumber,
    /// Neither front nor back.
    #[error("batch names an unknown end of a list")]
    BadEnd,
    /// Neither kept nor dropped.
    #[error("batch does not say what becomes of pending entries")]
    BadReferences,
    /// A stream that is none.
    #[error("batch has a stream that makes no sense")]
    BadStream,
    /// A score that is no number, or scores out of order.
    #[error("batch has a score that is no number or out of order")]
    BadScore,
    /// A write beyond the longest string.
    #[error("batch writes beyond the longest string")]
    StringTooLong,
    /// The records of a library's functions make no sense.
    #[error("batch holds a malformed library of functions")]
    BadLibrary,
    /// A JSON value, a place in a document or a text makes no sense.
    #[error("batch holds malformed JSON")]
    BadJson,
    /// Bytes are left over after the last mutation.
    #[error("batch does not end after its {0} mutations")]
    CountMismatch(u32),
    /// A mutation meets an entry of another type: the batch does not belong to this state.
    #[error("batch changes an entry of another type")]
    WrongType,
    /// The batch starts another database.
    #[error("batch belongs to a database with another hash seed")]
    OtherDatabase,
}

/// A place in a batch that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchMark {
    pub(crate) undo: usize,
    bytes: usize,
    count: u32,
    expired: u64,
    expired_fields: u64,
}

/// Collects mutations. Reused from command to command: its buffers stay.
#[derive(Debug, Default)]
pub struct Batch {
    header: BatchHeader,
    committed: Sequence,
    bytes: Vec<u8>,
    inverses: bool,
    pub(crate) undo: Vec<Undo>,
    garbage: Vec<Garbage>,
    expired: u64,
    expired_fields: u64,
}

impl Batch {
    /// An empty batch of this origin (the id of the writing node).
    #[must_use]
    pub fn new(origin: u64) -> Self {
        Self { header: BatchHeader { origin, ..BatchHeader::default() }, ..Self::default() }
    }

    /// Starts over for the batch `sequence`, stamped `time`. `committed` is the last sequence known committed: removals
    /// up to it need not be tracked any more.
    pub fn begin(&mut self, sequence: Sequence, time: HybridTime, committed: Sequence) {
        self.header = BatchHeader { sequence, time, count: 0, ..self.header };
        self.committed = committed;
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes.shrink_to(KEPT_BYTES_MAX);
        }
        self.discard_inverses();
        self.expired = 0;
        self.expired_fields = 0;
    }

    /// Whether to keep what [`crate::undo()`] needs. Stays as set.
    pub fn record_inverses(&mut self, on: bool) {
        self.inverses = on;
    }

    /// Forgets what [`crate::undo()`] would need: the batch stands.
    pub fn discard_inverses(&mut self) {
        let garbage = &mut self.garbage;
        self.undo.drain(..).for_each(|undo| undo.discard(garbage));
    }

    /// The place that the batch has come to: [`crate::undo_to`] goes back to it.
    #[must_use]
    pub fn mark(&self) -> BatchMark {
        BatchMark {
            undo: self.undo.len(),
            bytes: self.bytes.len(),
            count: self.header.count,
            expired: self.expired,
            expired_fields: self.expired_fields,
        }
    }

    /// Drops what was recorded after a mark, when it is undone.
    pub(crate) fn truncate(&mut self, mark: BatchMark) {
        self.bytes.truncate(mark.bytes);
        self.expired = mark.expired;
        self.expired_fields = mark.expired_fields;
        self.header.count = mark.count;
        self.write_count();
    }

    /// Whether nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.header.count == 0
    }

    /// Sequence, count, origin, time and flags.
    #[must_use]
    pub fn header(&self) -> BatchHeader {
        self.header
    }

    /// How many expired entries this batch removed.
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.expired
    }

    /// How many expired fields this batch removed, those of entries that went whole included.
    #[must_use]
    pub fn expired_fields(&self) -> u64 {
        self.expired_fields
    }

    /// Header and mutations, ready for the log. Empty if nothing was changed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.bytes
    }

    /// Big values that this batch replaced or removed. Dropping them takes time: do it where nobody waits.
    #[must_use]
    pub fn take_garbage(&mut self) -> Vec<Garbage> {
        std::mem::take(&mut self.garbage)
    }

    /// Appends a mutation without applying it. The door does this for entries; the owner of a new database for
    /// [`Mutation::Genesis`].
    pub fn record(&mut self, mutation: &Mutation<'_>) {
        if self.bytes.is_empty() {
            self.header.encode(&mut self.bytes);
        }
        mutation.encode(&mut self.bytes);
        self.header.count = self.header.count.saturating_add(1);
        self.write_count();
    }

    fn write_count(&mut self) {
        if let Some(place) = self.bytes.get_mut(COUNT_AT).and_then(|bytes| bytes.first_chunk_mut::<4>()) {
            *place = self.header.count.to_le_bytes();
        }
    }

    pub(crate) fn count_expired(&mut self) {
        self.expired += 1;
    }

    pub(crate) fn count_expired_fields(&mut self, count: usize) {
        self.expired_fields += count as u64;
    }

    /// What applying a mutation leaves behind.
    pub(crate) fn effects(&mut self) -> Effects<'_> {
        Effects {
            sequence: self.header.sequence,
            committed: self.committed,
            undo: self.inverses.then_some(&mut self.undo),
            garbage: &mut self.garbage,
        }
    }

    /// Starts over without a mutation, after an undo.
    pub(crate) fn reset(&mut self) {
        self.header.count = 0;
        self.bytes.clear();
        self.expired = 0;
        self.expired_fields = 0;
    }
}

impl BatchHeader {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[CODEC, self.flags]);
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.origin.to_le_bytes());
        out.extend_from_slice(&self.time.to_bits().to_le_bytes());
    }

    /// Splits a payload into its header and the mutations' bytes.
    ///
    /// # Errors
    /// [`BatchError`] if the header is cut off or from a later version.
    pub fn decode(payload: &[u8]) -> Result<(Self, &[u8]), BatchError> {
        let (&[codec], rest) = payload.split_first_chunk::<1>().ok_or(BatchError::CutOff)?;
        if codec != CODEC {
            return Err(BatchError::UnknownCodec(codec));
        }
        let (&[flags], rest) = rest.split_first_chunk::<1>().ok_or(BatchError::CutOff)?;
        if flags != 0 {
            return Err(BatchError::UnknownFlags(flags));
        }
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(BatchError::CutOff)?;
        let (sequence, rest) = rest.split_first_chunk::<8>().ok_or(BatchError::CutOff)?;
        let (origin, rest) = rest.split_first_chunk::<8>().ok_or(BatchError::CutOff)?;
        let (time, body) = rest.split_first_chunk::<8>().ok_or(BatchError::CutOff)?;
        let header = Self {
            sequence: u64::from_le_bytes(*sequence),
            count: u32::from_le_bytes(*count),
            origin: u64::from_le_bytes(*origin),
            time: HybridTime::from_bits(u64::from_le_bytes(*time)),
            flags,
        };
        Ok((header, body))
    }
}

/// Hands out the mutations of a payload, in order, and checks that there are as many as the header says.
///
/// # Errors
/// [`BatchError`] at the first byte that makes no sense; mutations before it were handed out.
pub fn decode_batch<'a>(
    payload: &'a [u8],
    visit: &mut dyn FnMut(&Mutation<'a>) -> Result<(), BatchError>,
) -> Result<BatchHeader, BatchError> {
    let (header, body) = BatchHeader::decode(payload)?;
    let mut decoder = Decoder::new(body);
    for _ in 0..header.count {
        visit(&decoder.next()?)?;
    }
    if !decoder.is_empty() {
        return Err(BatchError::CountMismatch(header.count));
    }
    Ok(header)
}
