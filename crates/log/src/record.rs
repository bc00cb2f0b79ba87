//! A record: length, checksum, sequence, `synced_upto`, payload. Little-endian, padded to eight bytes.

use crate::Sequence;

/// Bytes before the payload.
pub(crate) const HEAD_BYTES: usize = 24;

/// Records begin at multiples of this.
pub(crate) const ALIGNMENT: usize = 8;

/// The bytes that a record with such a payload takes.
pub(crate) fn framed_bytes(payload_bytes: usize) -> usize {
    (HEAD_BYTES + payload_bytes).next_multiple_of(ALIGNMENT)
}

/// The checksum that a segment's records continue: no record is valid in another segment.
pub(crate) fn segment_seed(segment_id: &[u8; 16]) -> u32 {
    crc32c::crc32c(segment_id)
}

/// Appends a record to `out`.
pub(crate) fn encode(
    out: &mut Vec<u8>,
    seed: u32,
    sequence: Sequence,
    synced_upto: Sequence,
    parts: &[&[u8]],
) {
    let payload_bytes: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(payload_bytes).unwrap_or(u32::MAX);
    let start = out.len();
    let mut crc = crc32c::crc32c_append(seed, &length.to_le_bytes());
    crc = crc32c::crc32c_append(crc, &sequence.to_le_bytes());
    crc = crc32c::crc32c_append(crc, &synced_upto.to_le_bytes());
    for part in parts {
        crc = crc32c::crc32c_append(crc, part);
    }
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&synced_upto.to_le_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
    out.resize(start + framed_bytes(payload_bytes), 0);
}

/// A whole record as found in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) sequence: Sequence,
    pub(crate) synced_upto: Sequence,
    pub(crate) payload: &'a [u8],
    pub(crate) framed_bytes: usize,
}

/// The record at the front of `bytes`, if a whole one is there.
pub(crate) fn decode(bytes: &[u8], seed: u32) -> Option<Record<'_>> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (synced_upto, rest) = rest.split_first_chunk::<8>()?;
    let payload = rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let framed_bytes = framed_bytes(payload.len());
    if framed_bytes > bytes.len() || u64::from_le_bytes(*sequence) == 0 {
        return None;
    }
    let mut actual = crc32c::crc32c_append(seed, length);
    actual = crc32c::crc32c_append(actual, sequence);
    actual = crc32c::crc32c_append(actual, synced_upto);
    actual = crc32c::crc32c_append(actual, payload);
    if actual != u32::from_le_bytes(*crc) && cfg!(not(selvedge_fault = "skip_crc")) {
        return None;
    }
    Some(Record {
        sequence: u64::from_le_bytes(*sequence),
        synced_upto: u64::from_le_bytes(*synced_upto),
        payload,
        framed_bytes,
    })
}
