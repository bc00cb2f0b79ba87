//! Numbers as text, read as strictly as Redis reads them.

use rustc_apfloat::{Float, ieee};

use crate::long_double::parse_finite;

/// The longest text of a 64-bit integer, sign included.
const INTEGER_BYTES_MAX: usize = 20;

/// Reads a signed integer. Only the one canonical spelling counts: no blanks, no plus sign, no leading zeros, no `-0`.
#[must_use]
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    if text.len() > INTEGER_BYTES_MAX {
        return None;
    }
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    let magnitude = parse_digits(digits)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Reads a SCAN cursor: an unsigned integer, with the leading blanks, zeros and plus sign that `strtoull` lets pass.
#[must_use]
pub fn parse_cursor(text: &[u8]) -> Option<u64> {
    let text = match text.iter().position(|byte| !matches!(byte, b' ' | b'\t'..=b'\r')) {
        Some(start) => text.get(start..)?,
        None => return None,
    };
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    if digits.is_empty() { None } else { parse_digits(digits) }
}

/// Reads a score: decimal, hexadecimal or infinite. Blanks, NaN and what is too large or rounds to zero are refused.
#[must_use]
pub fn parse_score(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, magnitude) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?),
        [b'+', ..] => (false, text.get(1..)?),
        _ => (false, text),
    };
    let value = match magnitude.as_bytes() {
        [b'i' | b'I', ..] => magnitude.parse().ok()?,
        [b'0', b'x' | b'X', ..] => {
            f64::from_bits(u64::try_from(parse_finite::<ieee::Double>(magnitude)?.to_bits()).ok()?)
        }
        [b'0'..=b'9' | b'.', ..] => {
            let value: f64 = magnitude.parse().ok()?;
            let digits = magnitude.split(['e', 'E']).next()?;
            let vanished = value == 0.0 && digits.contains(|digit| matches!(digit, '1'..='9'));
            Some(value).filter(|value| value.is_finite() && !vanished)?
        }
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

/// Reads an end of a range of scores, which is looser: nothing is 0, too much is infinite, and a zero byte ends the text;
/// but it is decimal.
#[must_use]
pub fn parse_score_limit(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next()?;
    if text.is_empty() {
        return Some(0.0);
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

fn parse_digits(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_one_spelling() {
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "01",
            "-0",
            "00",
            "1.0",
            "0x1",
            "1e3",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
            "-99999999999999999999",
        ] {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text}");
        }
        for value in [0, 1, -1, 10, i64::MAX, i64::MIN, 1 << 53] {
            assert_eq!(parse_integer(value.to_string().as_bytes()), Some(value));
        }
    }

    #[test]
    fn cursors_are_read_as_strtoull_does() {
        for (text, value) in [("0", 0), ("007", 7), ("+5", 5), (" 5", 5), ("18446744073709551615", u64::MAX)]
        {
            assert_eq!(parse_cursor(text.as_bytes()), Some(value), "{text}");
        }
        for text in ["", "x", "-5", "5x", "5 ", "18446744073709551616", "+", " "] {
            assert_eq!(parse_cursor(text.as_bytes()), None, "{text}");
        }
    }

    /// Each line was asked of Redis 8.2.3 with ZADD and ZCOUNT.
    #[test]
    fn scores_are_read_as_by_redis() {
        for (text, score, limit) in [
            ("1", Some(1.0), Some(1.0)),
            ("+.5", Some(0.5), Some(0.5)),
            ("1.", Some(1.0), Some(1.0)),
            ("-1.5e-3", Some(-0.0015), Some(-0.0015)),
            ("0e99999", Some(0.0), Some(0.0)),
            ("1e-320", Some(1e-320), Some(1e-320)),
            ("-Infinity", Some(f64::NEG_INFINITY), Some(f64::NEG_INFINITY)),
            ("INF", Some(f64::INFINITY), Some(f64::INFINITY)),
            ("0x10", Some(16.0), None),
            ("-0x1p3", Some(-8.0), None),
            ("1e400", None, Some(f64::INFINITY)),
            ("1e-400", None, Some(0.0)),
            ("", None, Some(0.0)),
            ("1\0", None, Some(1.0)),
            ("nan", None, None),
            ("-nan", None, None),
            ("--5", None, None),
            ("+-inf", None, None),
            (" 1", None, None),
            ("1 ", None, None),
            ("1e", None, None),
            (".", None, None),
            ("+", None, None),
            ("1_0", None, None),
            ("infi", None, None),
            ("0x", None, None),
            ("(1", None, None),
        ] {
            assert_eq!(parse_score(text.as_bytes()), score, "{text}");
            assert_eq!(parse_score_limit(text.as_bytes()), limit, "{text}");
        }
    }
}
