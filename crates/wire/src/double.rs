//! Doubles as text, as Redis 8.2 prints them.

use std::io::Write as _;

use smallvec::SmallVec;

/// Room for every double: sign, `0.`, up to six zeros and 17 digits; or 17 digits, point and `e-324`.
pub type DoubleText = SmallVec<[u8; 32]>;

/// Integers up to half of i64's range are printed as such, whatever their number of digits. Redis' own bound.
const INTEGER_MAX: f64 = 4_611_686_018_427_387_904.0;

/// A double as Redis 8.2 prints it: the shortest digits that read back the same.
///
/// Where the exponent begins is a matter of the number of digits, not of the size alone: `1700000000.123`, but
/// `1.23456789012345e+4`. The rules are those of `d2string` and of fpconv behind it, compared with Redis 8.2.3. Of
/// several equally short texts Redis does not always choose the nearest in the 17th digit; this is always the nearest.
#[must_use]
pub fn double_text(value: f64) -> DoubleText {
    if value.is_nan() {
        return DoubleText::from_slice(b"nan");
    }
    let mut text = DoubleText::new();
    if value.is_sign_negative() {
        text.push(b'-');
    }
    let magnitude = value.abs();
    if magnitude.is_infinite() {
        text.extend_from_slice(b"inf");
    } else if magnitude <= INTEGER_MAX && magnitude.fract() == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "an integer within i64, as just checked")]
        #[expect(clippy::cast_sign_loss, reason = "a magnitude")]
        let integer = magnitude as u64;
        text.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
    } else {
        write_shortest(&mut text, magnitude);
    }
    text
}

fn write_shortest(text: &mut DoubleText, magnitude: f64) {
    let (digits, exponent) = shortest_digits(magnitude);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    // The value is `digits` times ten to the power of `scale`, and `d.ddd` times ten to the power of `exponent`.
    let scale = exponent - (count - 1);
    if scale >= 0 && exponent < count + 7 {
        text.extend_from_slice(&digits);
        text.extend((0..scale).map(|_| b'0'));
    } else if scale < 0 && (scale > -7 || exponent.abs() < 4) {
        if exponent < 0 {
            text.extend_from_slice(b"0.");
            text.extend((exponent + 1..0).map(|_| b'0'));
            text.extend_from_slice(&digits);
        } else {
            let (whole, fraction) =
                digits.split_at(digits.len().min(usize::try_from(exponent + 1).unwrap_or(0)));
            text.extend_from_slice(whole);
            text.push(b'.');
            text.extend_from_slice(fraction);
        }
    } else {
        let (first, rest) = digits.split_at(1.min(digits.len()));
        text.extend_from_slice(first);
        if !rest.is_empty() {
            text.push(b'.');
            text.extend_from_slice(rest);
        }
        text.push(b'e');
        text.push(if exponent < 0 { b'-' } else { b'+' });
        text.extend_from_slice(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
    }
}

/// The shortest digits of a positive double, without point, and the power of ten of the first one.
fn shortest_digits(magnitude: f64) -> (SmallVec<[u8; 24]>, i32) {
    let mut buffer = [0_u8; 32];
    let mut rest = buffer.as_mut_slice();
    let fits = write!(rest, "{magnitude:e}").is_ok();
    debug_assert!(fits, "17 digits, a point and an exponent of four characters fit into 32 bytes");
    let free = rest.len();
    let text = buffer.get(..buffer.len() - free).unwrap_or_default();
    let mut parts = text.splitn(2, |byte| *byte == b'e');
    let digits = parts.next().unwrap_or_default().iter().copied().filter(u8::is_ascii_digit).collect();
    let exponent = parts.next().and_then(|part| std::str::from_utf8(part).ok()?.parse().ok()).unwrap_or(0);
    (digits, exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::double_text;

    fn text(value: f64) -> String {
        String::from_utf8(double_text(value).to_vec()).unwrap()
    }

    /// Each line was asked of Redis 8.2.3 with ZADD and ZSCORE, except `nan` and `-0`.
    #[test]
    fn doubles_print_as_redis_prints_them() {
        for (value, expected) in [
            (3.0, "3"),
            (3.1, "3.1"),
            (-1.5, "-1.5"),
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (std::f64::consts::PI, "3.141592653589793"),
            (1e15, "1000000000000000"),
            (1e17, "100000000000000000"),
            (123_456_789_012_345_678.0, "123456789012345680"),
            (4e18, "4000000000000000000"),
            (5e18, "5e+18"),
            (9.3e18, "9.3e+18"),
            (1e20, "1e+20"),
            (1e21, "1e+21"),
            (6.02e23, "6.02e+23"),
            (1.5e300, "1.5e+300"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (1e-4, "0.0001"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-1e-7, "-1e-7"),
            (1.234e-5, "1.234e-5"),
            (123_456.789, "123456.789"),
            (1_700_000_000.123, "1700000000.123"),
            (1_234_567_890_123_456.5, "1234567890123456.5"),
            (12_345.678_901_234_5, "1.23456789012345e+4"),
            (-12_345.678_901_234_5, "-1.23456789012345e+4"),
            (1_234_567.891_234_567, "1.234567891234567e+6"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    proptest! {
        #[test]
        fn doubles_read_back_the_same(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            let read: f64 = text(value).parse().unwrap();
            prop_assert!(read == value || value.is_nan());
            prop_assert!(!double_text(value).spilled());
        }
    }
}
