//! Strings as base64: the standard alphabet, with padding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Writes bytes as base64 between quotes.
pub(crate) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    encode(out, bytes);
    out.push(b'"');
}

/// Writes `len` bytes out of pieces as base64 between quotes, without putting them together first.
pub(crate) fn write_base64_chunks(out: &mut Vec<u8>, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
    out.reserve(len.div_ceil(3) * 4 + 2);
    out.push(b'"');
    // Three bytes are one group of four characters. What a piece leaves over begins the next group.
    let mut group = [0_u8; 3];
    let mut filled = 0;
    let mut written = 0;
    for mut chunk in chunks {
        written += chunk.len();
        while filled > 0
            && let [byte, tail @ ..] = chunk
        {
            filled = put(out, &mut group, filled, *byte);
            chunk = tail;
        }
        let (groups, rest) = chunk.split_at(chunk.len() - chunk.len() % 3);
        encode(out, groups);
        for byte in rest {
            filled = put(out, &mut group, filled, *byte);
        }
    }
    debug_assert_eq!(written, len, "the length comes first and must be true");
    encode(out, group.get(..filled).unwrap_or_default());
    out.push(b'"');
}

/// Adds a byte to a group and writes the group when it is full. Gives how much of it is filled then.
fn put(out: &mut Vec<u8>, group: &mut [u8; 3], filled: usize, byte: u8) -> usize {
    if let Some(slot) = group.get_mut(filled) {
        *slot = byte;
    }
    if filled < 2 {
        return filled + 1;
    }
    encode(out, group);
    0
}

fn encode(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = out.get_mut(start..).map_or(0, |slot| STANDARD.encode_slice(bytes, slot).unwrap_or(0));
    debug_assert_eq!(start + written, out.len(), "four characters for every three bytes begun");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_read_like_the_whole(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..9)) {
            let whole = pieces.concat();
            let (mut expected, mut out) = (Vec::new(), Vec::new());
            write_base64(&mut expected, &whole);
            write_base64_chunks(&mut out, whole.len(), &mut pieces.iter().map(Vec::as_slice));
            prop_assert_eq!(&out, &expected);
            prop_assert_eq!(STANDARD.decode(&out[1..out.len() - 1]).unwrap(), whole);
        }
    }
}
