//! Unsigned LEB128 numbers.

/// The most bytes a 64-bit number takes.
pub(crate) const BYTES_MAX: usize = 10;

/// An encoded number on the stack.
pub(crate) struct Varint {
    bytes: [u8; BYTES_MAX],
    len: usize,
}

impl Varint {
    pub(crate) fn new(mut value: u64) -> Self {
        let mut bytes = [0; BYTES_MAX];
        let mut len = 0;
        for slot in &mut bytes {
            len += 1;
            let low = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                *slot = low;
                break;
            }
            *slot = low | 0x80;
        }
        Self { bytes, len }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Appends a number.
pub(crate) fn put(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push((value & 0x7f) as u8);
    } else {
        out.extend_from_slice(Varint::new(value).as_slice());
    }
}

/// Appends a number that may be absent: 0 if it is, otherwise one more than it.
pub(crate) fn put_option(out: &mut Vec<u8>, value: Option<u64>) {
    put(out, value.map_or(0, |value| value.saturating_add(1)));
}

/// Reads the number at the front: its value and its length. None if it is cut off, too long or not the shortest form.
#[inline]
pub(crate) fn read(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((u64::from(first), 1));
    }
    read_long(bytes)
}

fn read_long(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(BYTES_MAX).enumerate() {
        let low = u64::from(byte & 0x7f);
        let shift = 7 * index;
        if shift == 63 && low > 1 {
            return None;
        }
        value |= low << shift;
        if byte & 0x80 == 0 {
            return (*byte != 0).then_some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_round_trip(value: u64, shift in 0u32..64) {
            let value = value >> shift;
            let mut out = Vec::new();
            put(&mut out, value);
            prop_assert_eq!(read(&out), Some((value, out.len())));
            prop_assert_eq!(read(&out[..out.len() - 1]), None);
        }

        #[test]
        fn whatever_reads_is_the_shortest_form(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            if let Some((value, len)) = read(&bytes) {
                let shortest = Varint::new(value);
                prop_assert_eq!(shortest.as_slice(), &bytes[..len]);
            }
        }
    }
}
