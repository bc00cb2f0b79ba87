//! MONITOR: the line that shows a command to those who want to see all of them.

use std::io::Write as _;

use selvedge_engine::Args;
use selvedge_engine::time::Now;

use crate::database::Database;

/// Microseconds in a second.
const SECOND_US: u64 = 1_000_000;

impl Database {
    /// Whether somebody wants to see every command. One relaxed load.
    #[must_use]
    pub fn is_monitored(&self) -> bool {
        self.hub.is_monitored()
    }

    /// Shows a command of `source` to those who monitor: an address, or `lua`. Secrets are the caller's to leave out.
    pub fn show_command(&self, source: &str, args: Args<'_>) {
        self.hub.show(line(self.clock.now(), source, args));
    }
}

/// Time in seconds, database and source, and the words in quotes, as in Redis.
pub(crate) fn line(now: Now, source: &str, args: Args<'_>) -> Vec<u8> {
    let words = args.iter().map(|word| word.len() + 3).sum::<usize>();
    let mut line = Vec::with_capacity(32 + source.len() + words);
    let _ = write!(line, "{}.{:06} [0 {source}]", now.us() / SECOND_US, now.us() % SECOND_US);
    for word in args {
        line.extend_from_slice(b" \"");
        word.iter().for_each(|byte| quote(&mut line, *byte));
        line.push(b'"');
    }
    line
}

fn quote(line: &mut Vec<u8>, byte: u8) {
    match byte {
        b'\\' | b'"' => line.extend_from_slice(&[b'\\', byte]),
        b'\n' => line.extend_from_slice(b"\\n"),
        b'\r' => line.extend_from_slice(b"\\r"),
        b'\t' => line.extend_from_slice(b"\\t"),
        0x07 => line.extend_from_slice(b"\\a"),
        0x08 => line.extend_from_slice(b"\\b"),
        b' '..=b'~' => line.push(byte),
        _ => {
            let _ = write!(line, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printable_whatever_the_words_hold() {
        let now = Now::from_us(1_339_518_083_107_412);
        let words: [&[u8]; 3] = [b"SET", b"a\"\\\n\r\t\x07\x08\x01\xff", b""];
        assert_eq!(
            String::from_utf8(line(now, "127.0.0.1:60866", &words)).unwrap(),
            r#"1339518083.107412 [0 127.0.0.1:60866] "SET" "a\"\\\n\r\t\a\b\x01\xff" """#
        );
    }
}
