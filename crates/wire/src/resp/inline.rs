//! Inline commands: what a person types into a raw connection.

/// Splits a line into arguments: blanks separate, double quotes take escapes, single quotes take only `\'`.
///
/// `None` if quotes are unbalanced or a closing quote is not followed by a blank. Source: Redis' inline commands.
pub(crate) fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut arguments = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Some(arguments);
        }
        let mut argument = Vec::new();
        loop {
            match rest {
                [] => break,
                [byte, ..] if byte.is_ascii_whitespace() => break,
                [b'"', tail @ ..] => {
                    rest = double_quoted(tail, &mut argument)?;
                    break;
                }
                [b'\'', tail @ ..] => {
                    rest = single_quoted(tail, &mut argument)?;
                    break;
                }
                [byte, tail @ ..] => {
                    argument.push(*byte);
                    rest = tail;
                }
            }
        }
        arguments.push(argument);
    }
}

/// Reads up to the closing quote; what follows must be a blank or the end.
fn double_quoted<'a>(mut rest: &'a [u8], argument: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [b'\\', b'x', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                argument.push(hex(*high) << 4 | hex(*low));
                rest = tail;
            }
            [b'\\', escaped, tail @ ..] => {
                argument.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest = tail;
            }
            [b'"', tail @ ..] => return ends(tail).then_some(tail),
            [byte, tail @ ..] => {
                argument.push(*byte);
                rest = tail;
            }
            [] => return None,
        }
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], argument: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [b'\\', b'\'', tail @ ..] => {
                argument.push(b'\'');
                rest = tail;
            }
            [b'\'', tail @ ..] => return ends(tail).then_some(tail),
            [byte, tail @ ..] => {
                argument.push(*byte);
                rest = tail;
            }
            [] => return None,
        }
    }
}

fn ends(rest: &[u8]) -> bool {
    rest.first().is_none_or(u8::is_ascii_whitespace)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}
