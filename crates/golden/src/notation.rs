//! How command lines and replies are written in scripts.
//!
//! | reply | text |
//! |---|---|
//! | status | `OK` |
//! | error | `(error) ERR syntax error` |
//! | integer | `(integer) 1` |
//! | bulk string | `"text"`, other bytes as in a command line |
//! | null, null array | `(nil)`, `(nil array)` |
//! | array, set, push | a line per element after `1) `, `1~ ` or `1> `; `(empty array)` and so on |
//! | map | a line per pair: `1# key => value` |
//! | double, boolean, big number | `(double) 1.5`, `(true)`, `(big number) 1` |
//! | verbatim string | `(verbatim txt) "text"` |

use std::str::Utf8Chunk;

use selvedge_wire::Value;

/// Splits a command line into words. None if a quote does not end or an escape is unknown.
#[must_use]
pub fn parse_line(line: &str) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => parse_quoted(quoted)?,
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                (word.as_bytes().to_vec(), after)
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    Some(words)
}

/// Reads up to the closing quote. The word, and what follows the quote.
fn parse_quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut word = Vec::new();
    let mut rest = text;
    loop {
        let first = rest.chars().next()?;
        rest = rest.get(first.len_utf8()..)?;
        match first {
            '"' => return Some((word, rest)),
            '\\' => {
                let escape = rest.chars().next()?;
                rest = rest.get(escape.len_utf8()..)?;
                word.push(match escape {
                    'n' => b'\n',
                    'r' => b'\r',
                    't' => b'\t',
                    'a' => 7,
                    'b' => 8,
                    '\\' => b'\\',
                    '"' => b'"',
                    'x' => {
                        let digits = rest.get(..2)?;
                        rest = rest.get(2..)?;
                        u8::from_str_radix(digits, 16).ok()?
                    }
                    _ => return None,
                });
            }
            other => word.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Bytes in quotes, everything outside printable ASCII escaped.
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    let mut text = "\"".to_owned();
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            7 => text.push_str("\\a"),
            8 => text.push_str("\\b"),
            b'\\' => text.push_str("\\\\"),
            b'"' => text.push_str("\\\""),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\x{other:02x}")),
        }
    }
    text.push('"');
    text
}

/// How much of a reply is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All of it.
    Exact,
    /// Types and lengths of arrays, but `\u{2026}` for what integers and strings hold.
    Shape,
}

/// A reply as lines of text, without a line break at the end.
#[must_use]
pub fn render(value: &Value, detail: Detail) -> String {
    let exact = |text: String| if detail == Detail::Exact { text } else { "\u{2026}".to_owned() };
    match value {
        Value::Status(text) => text.clone(),
        Value::Error(text) => format!("(error) {text}"),
        Value::Integer(number) => format!("(integer) {}", exact(number.to_string())),
        Value::Bulk(bytes) => exact(quote(bytes)).replace('\u{2026}', "\"\u{2026}\""),
        Value::Null => "(nil)".to_owned(),
        Value::NullArray => "(nil array)".to_owned(),
        Value::Array(items) => list(items, ')', "array", detail),
        Value::Set(items) => list(items, '~', "set", detail),
        Value::Push(items) => list(items, '>', "push", detail),
        Value::Map(pairs) => {
            let lines = pairs.iter().enumerate().map(|(i, (key, value))| {
                let key = format!("{}# {} => ", i + 1, render(key, detail));
                indented(&key, &render(value, detail))
            });
            joined(lines, "map")
        }
        Value::Double(number) => format!("(double) {}", exact(number.to_string())),
        Value::Boolean(truth) => format!("({truth})"),
        Value::BigNumber(digits) => format!("(big number) {}", exact(digits.clone())),
        Value::Verbatim(format, text) => {
            format!("(verbatim {}) {}", String::from_utf8_lossy(format), exact(quote(text)))
        }
    }
}

fn list(items: &[Value], mark: char, name: &str, detail: Detail) -> String {
    let lines = items
        .iter()
        .enumerate()
        .map(|(i, item)| indented(&format!("{}{mark} ", i + 1), &render(item, detail)));
    joined(lines, name)
}

fn joined(lines: impl Iterator<Item = String>, name: &str) -> String {
    let text = lines.collect::<Vec<_>>().join("\n");
    if text.is_empty() { format!("(empty {name})") } else { text }
}

/// The text behind a mark, its further lines moved under its first.
fn indented(mark: &str, text: &str) -> String {
    let indent = format!("\n{}", " ".repeat(mark.chars().count()));
    format!("{mark}{}", text.replace('\n', &indent))
}

/// A reply's text as it looks after a trip through JSON, where a status is a string and all nulls are one. An error inside
/// an array is a string too.
#[must_use]
pub fn through_json(text: &str) -> String {
    lines_through(text, |value| value.to_owned())
}

/// [`through_json`], with each byte that is not UTF-8 replaced.
#[must_use]
pub fn through_json_text(text: &str) -> String {
    lines_through(text, |value| match parse_line(value).as_deref() {
        Some([word]) if value.starts_with('"') => quote(replaced(word).as_bytes()),
        _ => value.to_owned(),
    })
}

fn replaced(word: &[u8]) -> String {
    let chunk = |chunk: Utf8Chunk<'_>| chunk.valid().to_owned() + &"\u{fffd}".repeat(chunk.invalid().len());
    word.utf8_chunks().map(chunk).collect()
}

fn lines_through(text: &str, change: impl Fn(&str) -> String) -> String {
    let line = |line: &str| {
        let (marks, value) = line_through_json(line);
        format!("{marks}{}", change(&value))
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The marks of a line, and its value as JSON shows it.
fn line_through_json(line: &str) -> (&str, String) {
    let mut start = 0;
    // Marks of elements: blanks, digits, a bracket, a blank.
    while let Some(rest) = line.get(start..) {
        let blanks = rest.len() - rest.trim_start().len();
        let digits = rest.trim_start().bytes().take_while(u8::is_ascii_digit).count();
        let after = rest.get(blanks + digits..).unwrap_or_default();
        if digits == 0 || !after.starts_with(") ") {
            break;
        }
        start += blanks + digits + 2;
    }
    let (marks, value) = line.split_at(start);
    let value = match value {
        "(nil array)" => "(nil)".to_owned(),
        status if !status.starts_with(['(', '"']) => quote(status.as_bytes()),
        other => match other.strip_prefix("(error) ") {
            Some(text) if !marks.is_empty() => quote(text.as_bytes()),
            _ => other.to_owned(),
        },
    };
    (marks, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_quoting() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(
            parse_line(&format!("SET {} v", quote(&all))).unwrap(),
            [b"SET".to_vec(), all, b"v".to_vec()]
        );
        assert_eq!(parse_line(r#"GET "" "#).unwrap(), [b"GET".to_vec(), Vec::new()]);
        assert_eq!(parse_line(r#"GET "open"#), None);
        assert_eq!(parse_line(r#"GET "\q""#), None);
    }

    #[test]
    fn nested_replies_line_up() {
        let value = Value::Array(vec![
            Value::Bulk(b"0".to_vec()),
            Value::Array(vec![Value::Integer(1), Value::Null]),
            Value::Map(vec![(Value::Status("a".to_owned()), Value::Array(Vec::new()))]),
        ]);
        assert_eq!(
            render(&value, Detail::Exact),
            "1) \"0\"\n2) 1) (integer) 1\n   2) (nil)\n3) 1# a => (empty array)"
        );
        assert_eq!(render(&Value::Array(vec![Value::Bulk(b"x".to_vec())]), Detail::Shape), "1) \"\u{2026}\"");
    }

    #[test]
    fn json_knows_no_status_and_one_null() {
        assert_eq!(through_json("OK"), "\"OK\"");
        assert_eq!(
            through_json("1) PONG\n2) 1) (nil array)\n   2) OK"),
            "1) \"PONG\"\n2) 1) (nil)\n   2) \"OK\""
        );
        assert_eq!(through_json("(error) ERR x"), "(error) ERR x");
        assert_eq!(through_json("1) (error) ERR x"), "1) \"ERR x\"");
        assert_eq!(through_json(r#""\xff""#), r#""\xff""#);
        assert_eq!(through_json_text(r#"1) "a\xff\xc3\xa4""#), r#"1) "a\xef\xbf\xbd\xc3\xa4""#);
        assert_eq!(through_json_text(r#""\xe2\x82c""#), r#""\xef\xbf\xbd\xef\xbf\xbdc""#);
    }
}
