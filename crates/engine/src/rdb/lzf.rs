//! LZF, by which Redis compresses long strings. We read it only: what we write is plain.
//!
//! A stream is a row of pieces. One that begins with a byte below 32 is a run of so many bytes and one more. Any other
//! repeats what was there before: three bits of length, thirteen bits of distance, both one less than what they count
//! (the length two less); a length of seven goes on in the next byte.

/// The most that a byte of the stream can unfold to: three bytes repeat 264 at the most.
const UNFOLDED_PER_BYTE_MAX: usize = 88;

/// A first byte below this one starts a run.
const REPEAT: u8 = 1 << 5;

/// How many bytes a stream of that length can unfold to.
pub(super) fn unfolded_max(stream_len: usize) -> usize {
    stream_len.saturating_mul(UNFOLDED_PER_BYTE_MAX)
}

/// The `len` bytes that were compressed. None if the stream does not unfold to exactly so many. They are
/// allocated at once: see [`unfolded_max`].
pub(super) fn decompress(mut stream: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(len);
    while let Some((first, rest)) = stream.split_first() {
        stream = rest;
        let room = len - out.len();
        if *first < REPEAT {
            let (run, rest) = stream.split_at_checked(usize::from(*first) + 1)?;
            stream = rest;
            out.extend_from_slice(Some(run).filter(|run| run.len() <= room)?);
            continue;
        }
        let mut count = usize::from(first >> 5) + 2;
        if first >> 5 == 7 {
            count += usize::from(take(&mut stream)?);
        }
        let back = (usize::from(first & 0x1f) << 8 | usize::from(take(&mut stream)?)) + 1;
        let start = out.len().checked_sub(back)?;
        if count > room {
            return None;
        }
        repeat(&mut out, start, count);
    }
    (out.len() == len).then_some(out)
}

/// Appends `count` bytes that begin at `start`. They may reach into themselves: then they repeat.
fn repeat(out: &mut Vec<u8>, start: usize, mut count: usize) {
    while count > 0 {
        let now = count.min(out.len() - start);
        out.extend_from_within(start..start + now);
        count -= now;
    }
}

fn take(stream: &mut &[u8]) -> Option<u8> {
    let (first, rest) = stream.split_first()?;
    *stream = rest;
    Some(*first)
}
