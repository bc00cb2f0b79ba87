//! Strings as JSON text.

/// Bytes looked at together. The compiler turns the test of so many into a few vector instructions.
const BLOCK_BYTES: usize = 32;

/// Writes bytes as a JSON string. Each byte that is not part of UTF-8 becomes U+FFFD, as in Go, which the service is
/// written in.
pub fn write_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    match std::str::from_utf8(bytes) {
        Ok(_) => write_escaped(out, bytes),
        Err(_) => {
            for chunk in bytes.utf8_chunks() {
                write_escaped(out, chunk.valid().as_bytes());
                for _ in chunk.invalid() {
                    out.extend_from_slice("\u{fffd}".as_bytes());
                }
            }
        }
    }
    out.push(b'"');
}

fn write_escaped(out: &mut Vec<u8>, text: &[u8]) {
    for block in text.chunks(BLOCK_BYTES) {
        if block.iter().fold(false, |found, byte| found | must_escape(*byte)) {
            block.iter().for_each(|byte| write_byte(out, *byte));
        } else {
            out.extend_from_slice(block);
        }
    }
}

fn must_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn write_byte(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        control @ ..0x20 => {
            let low = control & 0xf;
            let low = if low < 10 { b'0' + low } else { b'a' + low - 10 };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (control >> 4), low]);
        }
        plain => out.push(plain),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        write_string(&mut out, bytes);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_must_be_escaped_is() {
        assert_eq!(string(b""), r#""""#);
        assert_eq!(
            string("\"a\\b\n\r\t\0\u{1f}\u{7f}é🧵/".as_bytes()),
            "\"\\\"a\\\\b\\n\\r\\t\\u0000\\u001f\u{7f}é🧵/\""
        );
    }

    #[test]
    fn each_byte_that_is_not_text_is_one_replacement() {
        assert_eq!(string(b"a\xffb\xe2\x82c"), "\"a\u{fffd}b\u{fffd}\u{fffd}c\"");
    }

    proptest! {
        #[test]
        fn text_reads_back_the_same(text in any::<String>(), times in 1_usize..8) {
            let text = text.repeat(times);
            prop_assert_eq!(serde_json::from_str::<String>(&string(text.as_bytes())).unwrap(), text);
        }

        #[test]
        fn bytes_always_give_json(bytes in any::<Vec<u8>>()) {
            prop_assert!(serde_json::from_str::<String>(&string(&bytes)).is_ok());
        }
    }
}
