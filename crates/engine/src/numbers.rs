//! Integers as text, read as strictly as Redis reads them.

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
}
