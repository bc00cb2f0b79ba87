//! Replies as RESP bytes.

use crate::double::double_text;
use crate::reply::{Protocol, ReplySink, one_line};

/// Writes replies as RESP into a buffer.
#[derive(Debug)]
pub struct RespSink<'a> {
    out: &'a mut Vec<u8>,
    protocol: Protocol,
}

impl<'a> RespSink<'a> {
    /// A sink at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>, protocol: Protocol) -> Self {
        Self { out, protocol }
    }

    fn head(&mut self, kind: u8, number: i64) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number);
        self.out.reserve(digits.len() + 3);
        self.out.push(kind);
        self.out.extend_from_slice(digits.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn len_head(&mut self, kind: u8, len: usize) {
        match u8::try_from(len) {
            Ok(digit @ 0..=9) => self.out.extend_from_slice(&[kind, b'0' + digit, b'\r', b'\n']),
            Ok(digits @ 10..=99) => {
                self.out.extend_from_slice(&[kind, b'0' + digits / 10, b'0' + digits % 10, b'\r', b'\n']);
            }
            _ => self.head(kind, i64::try_from(len).unwrap_or(i64::MAX)),
        }
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.out.reserve(text.len() + 3);
        self.out.push(kind);
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }

    fn resp3(&self) -> bool {
        self.protocol == Protocol::Resp3
    }
}

impl ReplySink for RespSink<'_> {
    fn protocol(&self) -> Protocol {
        self.protocol
    }
    fn status(&mut self, text: &str) {
        if text == "OK" {
            self.out.extend_from_slice(b"+OK\r\n");
        } else {
            self.line(b'+', one_line(text).as_bytes());
        }
    }
    fn error(&mut self, text: &str) {
        self.line(b'-', one_line(text).as_bytes());
    }
    fn integer(&mut self, value: i64) {
        self.head(b':', value);
    }
    fn bulk(&mut self, bytes: &[u8]) {
        // One growth for head, bytes and end: a head has at most 23 bytes.
        self.out.reserve(bytes.len() + 25);
        self.len_head(b'$', bytes.len());
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
        self.len_head(b'$', len);
        self.out.reserve(len + 2);
        let start = self.out.len();
        chunks.for_each(|chunk| self.out.extend_from_slice(chunk));
        debug_assert_eq!(self.out.len() - start, len, "the length comes first and must be true");
        self.out.extend_from_slice(b"\r\n");
    }
    fn null(&mut self) {
        self.out.extend_from_slice(if self.resp3() { b"_\r\n" } else { b"$-1\r\n" });
    }
    fn null_array(&mut self) {
        self.out.extend_from_slice(if self.resp3() { b"_\r\n" } else { b"*-1\r\n" });
    }
    fn array(&mut self, len: usize) {
        self.len_head(b'*', len);
    }
    fn map(&mut self, pairs: usize) {
        if self.resp3() { self.len_head(b'%', pairs) } else { self.len_head(b'*', pairs * 2) }
    }
    fn set(&mut self, len: usize) {
        let kind = if self.resp3() { b'~' } else { b'*' };
        self.len_head(kind, len);
    }
    fn push(&mut self, len: usize) {
        let kind = if self.resp3() { b'>' } else { b'*' };
        self.len_head(kind, len);
    }
    fn double(&mut self, value: f64) {
        let text = double_text(value);
        if self.resp3() { self.line(b',', &text) } else { self.bulk(&text) }
    }
    fn boolean(&mut self, value: bool) {
        if self.resp3() {
            self.out.extend_from_slice(if value { b"#t\r\n" } else { b"#f\r\n" });
        } else {
            self.integer(i64::from(value));
        }
    }
    fn big_number(&mut self, digits: &str) {
        if self.resp3() { self.line(b'(', one_line(digits).as_bytes()) } else { self.bulk(digits.as_bytes()) }
    }
    fn verbatim(&mut self, format: &[u8; 3], text: &[u8]) {
        if self.resp3() {
            self.len_head(b'=', text.len() + 4);
            self.out.extend_from_slice(format);
            self.out.push(b':');
            self.out.extend_from_slice(text);
            self.out.extend_from_slice(b"\r\n");
        } else {
            self.bulk(text);
        }
    }
}
