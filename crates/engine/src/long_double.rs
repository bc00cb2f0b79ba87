//! The 80-bit floating-point numbers of INCRBYFLOAT and HINCRBYFLOAT.
//!
//! Redis adds with the `long double` of x86 and prints with `%.17Lf`, trailing zeros cut. Clients see those digits, so
//! this does the same bit for bit, in software, on every platform.

use rustc_apfloat::ieee::X87DoubleExtended;
use rustc_apfloat::{Float, Round, Status};

/// The longest text that is read as a number, in bytes (Redis' `MAX_LONG_DOUBLE_CHARS`).
const TEXT_BYTES_MAX: usize = 5 * 1024;
/// Digits after the point that are printed.
const FRACTION_DIGITS: usize = 17;
/// 10 to the power of [`FRACTION_DIGITS`].
const FRACTION_SCALE: u128 = 100_000_000_000_000_000;
/// What is taken from the biased exponent to get the power of two of the mantissa's lowest bit.
const EXPONENT_OFFSET: i32 = 16_383 + 63;
/// Digits kept in one limb of a long decimal number.
const LIMB_DIGITS: usize = 9;
const LIMB: u64 = 1_000_000_000;

/// An 80-bit floating-point number that is not NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LongDouble(X87DoubleExtended);

impl LongDouble {
    /// Zero.
    pub(crate) const ZERO: Self = Self(X87DoubleExtended::ZERO);

    /// Reads what C's `strtold` reads to the end: decimal, hexadecimal, infinity. NaN and what is too large or rounds
    /// to zero are refused, as in Redis.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() >= TEXT_BYTES_MAX {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        let (negative, magnitude) = match text.as_bytes() {
            [b'-', ..] => (true, text.get(1..)?),
            [b'+', ..] => (false, text.get(1..)?),
            _ => (false, text),
        };
        let value = if magnitude.eq_ignore_ascii_case("inf") || magnitude.eq_ignore_ascii_case("infinity") {
            X87DoubleExtended::INFINITY
        } else {
            parse_finite(magnitude)?
        };
        Some(Self(if negative { -value } else { value }))
    }

    /// The sum. None if it is no number.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let sum = self.0.add_r(other.0, Round::NearestTiesToEven).value;
        (!sum.is_nan()).then_some(Self(sum))
    }

    /// Whether it is below zero, or the zero with a minus.
    pub(crate) fn is_negative(self) -> bool {
        self.0.is_negative()
    }

    /// Whether it is neither of the infinities.
    pub(crate) fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    /// A thousand times this, rounded up: seconds as milliseconds. None if that is no 64-bit integer.
    pub(crate) fn thousandfold(self) -> Option<i64> {
        let thousand = X87DoubleExtended::from_u128(1000).value;
        let product = self.0.mul_r(thousand, Round::NearestTiesToEven).value;
        let mut is_exact = false;
        let rounded = product.to_i128_r(64, Round::TowardPositive, &mut is_exact);
        if rounded.status.contains(Status::INVALID_OP) { None } else { i64::try_from(rounded.value).ok() }
    }

    /// The decimal text with up to 17 digits after the point. Meant for finite numbers.
    pub(crate) fn to_text(self) -> String {
        let bits = self.0.to_bits();
        let mantissa = bits & u128::from(u64::MAX);
        let biased = i32::try_from((bits >> 64) & 0x7fff).unwrap_or(0);
        // The smallest exponent is shared by the numbers below the normal ones.
        let exponent = biased.max(1) - EXPONENT_OFFSET;
        let mut text =
            if exponent >= 0 { integer_text(mantissa, exponent) } else { fraction_text(mantissa, -exponent) };
        if self.0.is_negative() && text != "0" {
            text.insert(0, '-');
        }
        text
    }
}

/// Reads digits without a sign, decimal or hexadecimal. None if they are too large or round to zero.
pub(crate) fn parse_finite<F: Float>(text: &str) -> Option<F> {
    let bytes = text.as_bytes();
    let parsed = match bytes {
        [b'0', b'x' | b'X', rest @ ..] => {
            check_grammar(rest, u8::is_ascii_hexdigit, b'p')?;
            if rest.iter().any(|byte| matches!(byte, b'p' | b'P')) {
                F::from_str_r(text, Round::NearestTiesToEven)
            } else {
                F::from_str_r(&format!("{text}p0"), Round::NearestTiesToEven)
            }
        }
        _ => {
            check_grammar(bytes, u8::is_ascii_digit, b'e')?;
            F::from_str_r(text, Round::NearestTiesToEven)
        }
    };
    let parsed = parsed.ok()?;
    let vanished = parsed.value.is_zero() && parsed.status.contains(Status::UNDERFLOW);
    (parsed.value.is_finite() && !vanished).then_some(parsed.value)
}

/// Checks for `digits[.digits][e[sign]digits]` with at least one digit before the exponent.
fn check_grammar(text: &[u8], is_digit: fn(&u8) -> bool, exponent_mark: u8) -> Option<()> {
    let split = text.iter().position(|byte| byte.to_ascii_lowercase() == exponent_mark);
    let (number, exponent) = match split {
        Some(at) => (text.get(..at)?, text.get(at + 1..)),
        None => (text, None),
    };
    let digits = number.iter().filter(|byte| is_digit(byte)).count();
    let points = number.iter().filter(|byte| **byte == b'.').count();
    if digits == 0 || points > 1 || digits + points != number.len() {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = match exponent {
            [b'+' | b'-', rest @ ..] => rest,
            _ => exponent,
        };
        if exponent.is_empty() || !exponent.iter().all(u8::is_ascii_digit) {
            return None;
        }
    }
    Some(())
}

/// `mantissa * 2^exponent`, exactly.
fn integer_text(mantissa: u128, exponent: i32) -> String {
    if exponent <= 64 {
        return (mantissa << exponent).to_string();
    }
    // Limbs of nine decimal digits, lowest first, doubled 29 bits at a time.
    let mut limbs: Vec<u64> = Vec::new();
    let mut rest = mantissa;
    while rest > 0 {
        limbs.push(u64::try_from(rest % u128::from(LIMB)).unwrap_or(0));
        rest /= u128::from(LIMB);
    }
    let mut left = exponent;
    while left > 0 {
        let step = left.min(29);
        let mut carry = 0;
        for limb in &mut limbs {
            let shifted = (*limb << step) + carry;
            *limb = shifted % LIMB;
            carry = shifted / LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
        left -= step;
    }
    let mut text = String::with_capacity(limbs.len() * LIMB_DIGITS);
    for (i, limb) in limbs.iter().rev().enumerate() {
        let digits = limb.to_string();
        if i > 0 {
            text.extend(std::iter::repeat_n('0', LIMB_DIGITS.saturating_sub(digits.len())));
        }
        text.push_str(&digits);
    }
    if text.is_empty() { "0".to_owned() } else { text }
}

/// `mantissa / 2^shift`, rounded to 17 digits after the point, half to even.
fn fraction_text(mantissa: u128, shift: i32) -> String {
    // Below 2^121, so a shift of 122 or more leaves less than half of the last digit.
    let scaled = mantissa * FRACTION_SCALE;
    let rounded = if shift >= 122 {
        0
    } else {
        let quotient = scaled >> shift;
        let rest = scaled & ((1 << shift) - 1);
        let half = 1u128 << (shift - 1);
        if rest > half || (rest == half && quotient % 2 == 1) { quotient + 1 } else { quotient }
    };
    let mut text = (rounded / FRACTION_SCALE).to_string();
    let fraction = rounded % FRACTION_SCALE;
    if fraction > 0 {
        let digits = fraction.to_string();
        text.push('.');
        text.extend(std::iter::repeat_n('0', FRACTION_DIGITS.saturating_sub(digits.len())));
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(a: &str, b: &str) -> String {
        let a = LongDouble::parse(a.as_bytes()).unwrap();
        a.plus(LongDouble::parse(b.as_bytes()).unwrap()).unwrap().to_text()
    }

    #[test]
    fn sums_print_as_on_x86() {
        assert_eq!(sum("10.5", "0.1"), "10.6");
        assert_eq!(sum("0.1", "0.2"), "0.3");
        assert_eq!(sum("3.0e3", "1.5"), "3001.5");
        assert_eq!(sum("0x10", "0x1p3"), "24");
        assert_eq!(sum("1.", ".5"), "1.5");
        assert_eq!(sum("-0", "-0"), "0");
        assert_eq!(sum("-1e-18", "0"), "0");
        assert_eq!(sum("1e-17", "0"), "0.00000000000000001");
        assert_eq!(sum("18446744073709551615", "0"), "18446744073709551615");
        assert_eq!(sum("1e30", "0"), "1000000000000000000024696061952");
        assert!(sum("1e4932", "0").len() == 4933);
    }

    #[test]
    fn what_is_no_finite_number_is_refused_as_in_redis() {
        for text in [
            "", " 1", "1 ", "+", "1e", "nan", "1e5000", "1e-5000", "1e+", ".", "0x", "1..2", "--1", "1_0",
            "é",
        ] {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
        }
        assert!(!LongDouble::parse(b"-inf").unwrap().is_finite());
        assert_eq!(LongDouble::parse(b"inf").unwrap().plus(LongDouble::parse(b"-inf").unwrap()), None);
    }
}
