//! Inline commands: what a person types into a raw connection.

use std::ops::Range;

use smallvec::SmallVec;

/// A quote that is not closed, or whose closing one is not followed by a blank.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unbalanced;

/// Splits a line into arguments: blanks separate, double quotes take escapes, single quotes take only `\'`.
///
/// The unescaped bytes go to `bytes`, the place of each argument in them to `arguments`. Source: `sdssplitargs` of
/// Redis, except that a zero byte is a byte like others: there it ends the line, or keeps it from ending.
pub(crate) fn split(
    line: &[u8],
    bytes: &mut Vec<u8>,
    arguments: &mut SmallVec<[Range<usize>; 16]>,
) -> Result<(), Unbalanced> {
    let mut rest = line;
    loop {
        while let [blank, tail @ ..] = rest
            && is_space(*blank)
        {
            rest = tail;
        }
        if rest.is_empty() {
            return Ok(());
        }
        let start = bytes.len();
        rest = argument(rest, bytes)?;
        arguments.push(start..bytes.len());
    }
}

/// Splits a line as an inline command is split. None if its quotes do not match.
#[must_use]
pub fn split_line(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut bytes, mut ranges) = (Vec::new(), SmallVec::new());
    split(line, &mut bytes, &mut ranges).ok()?;
    Some(ranges.into_iter().map(|range| bytes.get(range).unwrap_or_default().to_vec()).collect())
}

/// Reads one argument; gives what follows it.
fn argument<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match rest {
            // Fewer blanks end a bare argument than separate arguments. A surprise, but Redis' own.
            [] | [b' ' | b'\n' | b'\r' | b'\t', ..] => return Ok(rest),
            [b'"', tail @ ..] => return double_quoted(tail, bytes),
            [b'\'', tail @ ..] => return single_quoted(tail, bytes),
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match rest {
            [b'\\', b'x', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex(*high) << 4 | hex(*low));
                rest = tail;
            }
            [b'\\', escaped, tail @ ..] => {
                bytes.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest = tail;
            }
            [b'"', tail @ ..] => return closed(tail),
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
            [] => return Err(Unbalanced),
        }
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match rest {
            [b'\\', b'\'', tail @ ..] => {
                bytes.push(b'\'');
                rest = tail;
            }
            [b'\'', tail @ ..] => return closed(tail),
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
            [] => return Err(Unbalanced),
        }
    }
}

/// What follows a closing quote: a blank or nothing.
fn closed(rest: &[u8]) -> Result<&[u8], Unbalanced> {
    if rest.first().is_none_or(|byte| is_space(*byte)) { Ok(rest) } else { Err(Unbalanced) }
}

/// C's `isspace`, which has the vertical tab too.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line was asked of Redis 8.2.3 behind ECHO.
    #[test]
    fn lines_split_as_in_redis() {
        let cases: [(&[u8], &[&[u8]]); 12] = [
            (b"", &[]),
            (b"  \t ", &[]),
            (b"SET  a\tb ", &[b"SET", b"a", b"b"]),
            (b"foo\"bar\"", &[b"foobar"]),
            (b"\"\\x41\\xZ1\\n\\a\\q\"", &[b"AxZ1\n\x07q"]),
            (b"'a\\nb\\'c'", &[b"a\\nb'c"]),
            (b"a\x0bb", &[b"a\x0bb"]),
            (b"\x0bECHO a\x0b", &[b"ECHO", b"a\x0b"]),
            (b"\"a\"\x0c", &[b"a"]),
            (b"a\\", &[b"a\\"]),
            (b"\"\" ''", &[b"", b""]),
            (b"PING\r", &[b"PING"]),
        ];
        for (line, expected) in cases {
            assert_eq!(split_line(line).unwrap(), expected, "{}", line.escape_ascii());
        }
        for line in [&b"\"a"[..], b"\"a\"b", b"'a", b"'a'b", b"\"a\\\"", b"\"a\\", b"a'b'c"] {
            assert_eq!(split_line(line), None, "{}", line.escape_ascii());
        }
    }
}
