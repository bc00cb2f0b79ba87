//! From registers to a number (O. Ertl: New cardinality estimation algorithms for HyperLogLog sketches, 2017).

use super::{INDEX_BITS, REGISTERS, Registers};

/// The highest value that a register gets from an element.
const VALUE_MAX: usize = (u64::BITS - INDEX_BITS) as usize + 1;

/// 1 / (2 ln 2).
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// How many different elements made these registers. Values that no element gives do not count.
pub(super) fn estimate(registers: &Registers) -> u64 {
    let mut histogram = [0u32; u8::MAX as usize + 1];
    for value in registers {
        if let Some(count) = histogram.get_mut(usize::from(*value)) {
            *count += 1;
        }
    }
    let count = |value: usize| f64::from(histogram.get(value).copied().unwrap_or(0));
    let registers = f64::from(u32::try_from(REGISTERS).unwrap_or(u32::MAX));
    let mut sum = registers * tau((registers - count(VALUE_MAX)) / registers);
    for value in (1..VALUE_MAX).rev() {
        sum = 0.5 * (sum + count(value));
    }
    sum += registers * sigma(count(0) / registers);
    rounded(ALPHA * registers * registers / sum)
}

/// The sum of `x^(2^k) * 2^(k-1)` over all k, for the registers that nothing reached.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut sum, mut weight) = (x, 1.0);
    loop {
        x *= x;
        let before = sum;
        sum += x * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

/// Its counterpart for the registers that are full.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut sum, mut weight) = (1.0 - x, 1.0);
    loop {
        x = x.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a conversion that saturates is meant"
)]
fn rounded(number: f64) -> u64 {
    number.round() as u64
}
