//! Sparse registers: runs of equal ones.
//!
//! | bits | stands for |
//! |---|---|
//! | `00xxxxxx` | `x + 1` registers that are 0 |
//! | `01xxxxxx yyyyyyyy` | `xy + 1` registers that are 0 |
//! | `1vvvvvxx` | `x + 1` registers that are `v + 1` |

use smallvec::SmallVec;

use super::{Malformed, REGISTERS, Registers};

/// Registers of the longest run of zeros that takes one byte.
const SHORT_ZEROS_MAX: usize = 64;

/// The largest value of a register, and the longest run of such.
const VALUE_MAX: u8 = 32;
const VALUES_MAX: usize = 4;

/// Runs that are looked at for neighbours to be joined after a change.
const JOIN_RUNS: usize = 5;

/// Registers of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// 0: zeros.
    pub(crate) value: u8,
    /// How many.
    pub(crate) len: usize,
    /// Bytes that it takes.
    pub(crate) bytes: usize,
}

impl Run {
    /// The run that bytes begin with.
    fn first(bytes: &[u8]) -> Option<Self> {
        let (byte, rest) = bytes.split_first()?;
        let low = usize::from(byte & 0x3f);
        match byte {
            0x80.. => Some(Self { value: (byte >> 2 & 0x1f) + 1, len: usize::from(byte & 3) + 1, bytes: 1 }),
            0x40.. => Some(Self { value: 0, len: (low << 8 | usize::from(*rest.first()?)) + 1, bytes: 2 }),
            _ => Some(Self { value: 0, len: low + 1, bytes: 1 }),
        }
    }

    /// Whether it may take another value without being cut.
    fn is_single_byte(self) -> bool {
        self.len == 1 && self.bytes == 1
    }
}

/// What became of a register that was to be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raised {
    /// It was as high already.
    No,
    Yes,
    /// It cannot hold the value, or there would be too many bytes; nothing changed.
    DoesNotFit,
}

/// The runs of `bytes`. The last item is [`Malformed::Registers`] if they are not whole.
pub(crate) fn runs(bytes: &[u8]) -> impl Iterator<Item = Result<Run, Malformed>> {
    let mut rest = Some(bytes).filter(|bytes| !bytes.is_empty());
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let Some(run) = Run::first(bytes) else { return Some(Err(Malformed::Registers)) };
        rest = bytes.get(run.bytes..).filter(|bytes| !bytes.is_empty());
        Some(Ok(run))
    })
}

/// Makes each of `registers` at least what it is here.
pub(super) fn add_to(bytes: &[u8], registers: &mut Registers) -> Result<(), Malformed> {
    let mut rest = registers.as_mut_slice();
    for run in runs(bytes) {
        let run = run?;
        let these = rest.split_off_mut(..run.len).ok_or(Malformed::Registers)?;
        these.iter_mut().for_each(|register| *register = (*register).max(run.value));
    }
    if rest.is_empty() { Ok(()) } else { Err(Malformed::Registers) }
}

/// Appends the runs of that many zeros.
pub(super) fn push_zeros(bytes: &mut Vec<u8>, len: usize) {
    bytes.extend(encode(0, len));
}

/// Makes a register at least `value`, in bytes that begin at `start` and may grow to `bytes_max` together with what is in
/// front of them.
///
/// Which runs a change leaves is Redis' way, so that equal elements give equal bytes: the run is cut around the register,
/// and then neighbours of one value are joined within a few runs from the one before.
pub(super) fn raise(
    bytes: &mut Vec<u8>,
    start: usize,
    bytes_max: usize,
    index: usize,
    value: u8,
) -> Result<Raised, Malformed> {
    if value > VALUE_MAX {
        return Ok(Raised::DoesNotFit);
    }
    let (mut at, mut first, mut before) = (start, 0, start);
    let run = loop {
        let run = bytes.get(at..).and_then(Run::first).ok_or(Malformed::Registers)?;
        if index < first + run.len {
            break run;
        }
        before = at;
        at += run.bytes;
        first += run.len;
    };
    if run.value >= value {
        return Ok(Raised::No);
    }
    let mut new: SmallVec<[u8; 8]> = SmallVec::new();
    if run.is_single_byte() {
        new.extend(encode(value, 1));
    } else {
        new.extend(encode(run.value, index - first));
        new.extend(encode(value, 1));
        new.extend(encode(run.value, first + run.len - index - 1));
        let grows = new.len() > run.bytes;
        if grows && bytes.len() - run.bytes + new.len() > bytes_max {
            return Ok(Raised::DoesNotFit);
        }
    }
    bytes.splice(at..at + run.bytes, new);
    join(bytes, before);
    Ok(Raised::Yes)
}

/// Joins neighbours of one value, looking at a few runs from `at` on.
fn join(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOIN_RUNS {
        let Some(run) = bytes.get(at..).and_then(Run::first) else { return };
        let next = bytes.get(at + run.bytes..).and_then(Run::first);
        match next.filter(|next| run.value > 0 && next.value == run.value && run.len + next.len <= VALUES_MAX)
        {
            // What was joined may be joined again.
            Some(next) => {
                bytes.splice(at..at + run.bytes + next.bytes, encode(run.value, run.len + next.len));
            }
            None => at += run.bytes,
        }
    }
}

/// The bytes of a run of at most that many registers as there are, of values that one run holds; none if it is empty.
fn encode(value: u8, len: usize) -> impl Iterator<Item = u8> {
    let low = |number: usize| u8::try_from(number & 0xff).unwrap_or(0);
    let (first, second) = match (value, len) {
        (_, 0) => (None, None),
        (0, ..=SHORT_ZEROS_MAX) => (Some(low(len - 1)), None),
        (0, _) => (Some(0x40 | low((len - 1) >> 8)), Some(low(len - 1))),
        (value, _) => (Some(0x80 | (value - 1) << 2 | low(len - 1)), None),
    };
    first.into_iter().chain(second)
}

const _: () = assert!(REGISTERS <= 1 << 14, "one run of zeros holds all");
