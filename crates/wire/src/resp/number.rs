//! The lines that begin a request and each of its arguments: a kind, a number, CR LF.

use memchr::memchr;

/// What is known of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Its end has not arrived.
    Unfinished,
    /// Its end is farther than it may be.
    Endless,
    /// The line without its end, and its length with it.
    Whole { line: &'a [u8], taken: usize },
}

/// A line of the given kind with up to three digits, and its length: nearly every line there is.
///
/// `None` says nothing but that [`read_line`] has to look.
pub(crate) fn short_number(input: &[u8], kind: u8) -> Option<(i64, usize)> {
    match *input {
        [first, a @ b'0'..=b'9', b'\r', _, ..] if first == kind => Some((digit(a), 4)),
        [first, a @ b'1'..=b'9', b @ b'0'..=b'9', b'\r', _, ..] if first == kind => {
            Some((digit(a) * 10 + digit(b), 5))
        }
        [first, a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b'\r', _, ..] if first == kind => {
            Some((digit(a) * 100 + digit(b) * 10 + digit(c), 6))
        }
        _ => None,
    }
}

fn digit(byte: u8) -> i64 {
    i64::from(byte - b'0')
}

/// The line at the front of `input`, of which `searched` bytes hold no end. As in Redis, what follows the carriage
/// return is not looked at, and a line is too long when more than `bytes_max` bytes have no end.
pub(crate) fn read_line(input: &[u8], searched: usize, bytes_max: usize) -> Line<'_> {
    let window = input.get(..bytes_max.saturating_add(1)).unwrap_or(input);
    // The last byte searched may be the carriage return, seen without its companion.
    let from = searched.saturating_sub(1);
    match memchr(b'\r', window.get(from..).unwrap_or_default()) {
        None if window.len() > bytes_max => Line::Endless,
        None => Line::Unfinished,
        Some(end) => {
            let end = from + end;
            match input.get(..end) {
                Some(line) if input.len() >= end + 2 => Line::Whole { line, taken: end + 2 },
                _ => Line::Unfinished,
            }
        }
    }
}

/// A number as Redis' `string2ll` takes it: no sign but a minus, no leading zero, no blank, within 64 bits.
pub(crate) fn parse(digits: &[u8]) -> Option<i64> {
    match digits {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] | [b'-', b'1'..=b'9', ..] => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_strict_as_in_redis() {
        for (text, number) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("01", None),
            ("-0", None),
            ("+1", None),
            ("", None),
            ("-", None),
            (" 1", None),
            ("1 ", None),
            ("1x", None),
        ] {
            assert_eq!(parse(text.as_bytes()), number, "{text:?}");
        }
    }

    #[test]
    fn short_numbers_agree_with_the_rest() {
        for number in 0..1000_i64 {
            let line = format!("${number}\r\n");
            assert_eq!(short_number(line.as_bytes(), b'$'), Some((number, line.len())));
            assert_eq!(short_number(line.as_bytes(), b'*'), None);
            assert_eq!(short_number(&line.as_bytes()[..line.len() - 1], b'$'), None);
        }
        for line in ["$00\r\n", "$01\r\n", "$012\r\n", "$1234\r\n", "$\r\n", "$-1\r\n"] {
            assert_eq!(short_number(line.as_bytes(), b'$'), None);
        }
    }

    #[test]
    fn lines_end_however_they_arrive() {
        let input = b"*12\r\nrest";
        for searched in 0..=4 {
            assert_eq!(read_line(input, searched, 64), Line::Whole { line: b"*12", taken: 5 });
        }
        assert_eq!(read_line(b"*12\r", 0, 64), Line::Unfinished);
        assert_eq!(read_line(&[b'1'; 64], 0, 64), Line::Unfinished);
        assert_eq!(read_line(&[b'1'; 65], 64, 64), Line::Endless);
    }
}
