//! Dense registers: six bits each, the lowest bits of a byte first.

use super::{REGISTERS, Registers};

const BITS: usize = 6;
const MAX: u8 = (1 << BITS) - 1;

/// Bytes of all registers.
pub(super) const BYTES: usize = REGISTERS * BITS / 8;

/// Makes a register at least `value`. Whether it was less.
pub(super) fn raise(bytes: &mut [u8], index: usize, value: u8) -> bool {
    let (at, shift) = (index * BITS / 8, index * BITS % 8);
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let pair = u16::from_le_bytes([byte(at), byte(at + 1)]);
    let mask = u16::from(MAX) << shift;
    let value = u16::from(value.min(MAX)) << shift;
    if pair & mask >= value {
        return false;
    }
    let raised = (pair & !mask | value).to_le_bytes();
    // The last register ends with the last byte.
    bytes.iter_mut().skip(at).zip(raised).for_each(|(place, byte)| *place = byte);
    true
}

/// Makes each of `registers` at least what it is here.
pub(super) fn add_to(bytes: &[u8], registers: &mut Registers) {
    let (triples, _) = bytes.as_chunks::<3>();
    let (fours, _) = registers.as_chunks_mut::<4>();
    for ([a, b, c], four) in triples.iter().zip(fours) {
        let values = [*a, a >> 6 | b << 2, b >> 4 | c << 4, c >> 2].map(|value| value & MAX);
        four.iter_mut().zip(values).for_each(|(register, value)| *register = (*register).max(value));
    }
}
