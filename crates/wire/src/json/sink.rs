//! Replies as JSON text.

use smallvec::SmallVec;

use crate::double::double_text;
use crate::json::base64::{write_base64, write_base64_chunks};
use crate::json::string::write_string;
use crate::reply::{Protocol, ReplySink, one_line};

/// How strings travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As JSON strings. Bytes that are not UTF-8 become U+FFFD.
    Plain,
    /// As standard base64 with padding, all but the status `OK` at the top.
    Base64,
}

/// Writes one reply as a bare JSON value. Arrays close themselves when their last element is in.
///
/// Every string in an array is encoded, statuses and errors too: the SDK decodes them without a look (UPSTASH.md 1.5).
/// Only the status `OK` at the top stays as it is under base64.
#[derive(Debug)]
pub struct JsonSink<'a> {
    out: &'a mut Vec<u8>,
    encoding: Encoding,
    /// Elements still to come of each open array.
    open: SmallVec<[usize; 8]>,
    first: bool,
    error: Option<String>,
}

impl<'a> JsonSink<'a> {
    /// A sink at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>, encoding: Encoding) -> Self {
        Self { out, encoding, open: SmallVec::new(), first: true, error: None }
    }

    /// Whether the whole reply is an error. Then nothing was written.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.error.is_some()
    }

    /// The text of the error, if the whole reply is one. Then nothing was written.
    #[must_use]
    pub fn into_error(self) -> Option<String> {
        self.error
    }

    fn before(&mut self) {
        if !self.first && !self.open.is_empty() {
            self.out.push(b',');
        }
        self.first = false;
    }

    fn after(&mut self) {
        while let Some(missing) = self.open.last_mut() {
            *missing -= 1;
            if *missing > 0 {
                return;
            }
            self.open.pop();
            self.out.push(b']');
        }
    }

    fn raw(&mut self, text: &[u8]) {
        self.before();
        self.out.extend_from_slice(text);
        self.after();
    }

    fn string(&mut self, bytes: &[u8]) {
        self.before();
        match self.encoding {
            Encoding::Plain => write_string(self.out, bytes),
            Encoding::Base64 => write_base64(self.out, bytes),
        }
        self.after();
    }

    fn begin(&mut self, len: usize) {
        if len == 0 {
            self.raw(b"[]");
            return;
        }
        self.before();
        self.out.push(b'[');
        self.open.push(len);
        self.first = true;
    }
}

impl ReplySink for JsonSink<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Resp2
    }
    fn status(&mut self, text: &str) {
        if self.open.is_empty() && text == "OK" {
            self.raw(b"\"OK\"");
        } else {
            self.string(one_line(text).as_bytes());
        }
    }
    fn error(&mut self, text: &str) {
        let text = one_line(text);
        if self.open.is_empty() {
            self.error = Some(text.into_owned());
        } else {
            self.string(text.as_bytes());
        }
    }
    fn integer(&mut self, value: i64) {
        self.raw(itoa::Buffer::new().format(value).as_bytes());
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.string(bytes);
    }
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
        match self.encoding {
            // Put together first, since a character may lie across two pieces. Who fetches large values asks for
            // base64, as the SDK does by default.
            Encoding::Plain => {
                let mut bytes = Vec::with_capacity(len);
                chunks.for_each(|chunk| bytes.extend_from_slice(chunk));
                debug_assert_eq!(bytes.len(), len, "the length comes first and must be true");
                self.string(&bytes);
            }
            Encoding::Base64 => {
                self.before();
                write_base64_chunks(self.out, len, chunks);
                self.after();
            }
        }
    }
    fn null(&mut self) {
        self.raw(b"null");
    }
    fn null_array(&mut self) {
        self.raw(b"null");
    }
    fn array(&mut self, len: usize) {
        self.begin(len);
    }
    fn map(&mut self, pairs: usize) {
        self.begin(pairs * 2);
    }
    fn set(&mut self, len: usize) {
        self.begin(len);
    }
    fn push(&mut self, len: usize) {
        self.begin(len);
    }
    fn double(&mut self, value: f64) {
        self.string(&double_text(value));
    }
    fn boolean(&mut self, value: bool) {
        self.integer(i64::from(value));
    }
    fn big_number(&mut self, digits: &str) {
        self.string(digits.as_bytes());
    }
    fn verbatim(&mut self, _format: &[u8; 3], text: &[u8]) {
        self.string(text);
    }
}

/// One `{"result":...}` or `{"error":"..."}` on its way into a buffer.
#[derive(Debug)]
pub struct Element {
    encoding: Encoding,
    /// As in [`JsonSink`], between two parts.
    open: SmallVec<[usize; 8]>,
    first: bool,
}

impl Element {
    /// An element of which nothing is written.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, open: SmallVec::new(), first: true }
    }

    /// Writes what `run` gives: the one reply, or the next part of it where an array has elements to come; nothing if it
    /// gives nothing. True if the reply was an error. After the last part the next element can begin.
    pub fn write(&mut self, out: &mut Vec<u8>, run: impl FnOnce(&mut dyn ReplySink)) -> bool {
        let start = out.len();
        if self.open.is_empty() {
            out.extend_from_slice(b"{\"result\":");
        }
        let mut sink = JsonSink::new(out, self.encoding);
        sink.first = self.first;
        sink.open = std::mem::take(&mut self.open);
        run(&mut sink);
        self.open = std::mem::take(&mut sink.open);
        let is_whole = self.open.is_empty();
        self.first = sink.first || is_whole;
        if sink.first && is_whole && !sink.is_error() {
            out.truncate(start);
            return false;
        }
        if let Some(text) = sink.into_error() {
            out.truncate(start);
            write_error(out, &text);
            return true;
        }
        if is_whole {
            out.push(b'}');
        }
        false
    }
}

/// Writes `{"result":...}` or `{"error":"..."}` from the one reply that `run` gives. True if it was an error.
pub fn write_element(out: &mut Vec<u8>, encoding: Encoding, run: impl FnOnce(&mut dyn ReplySink)) -> bool {
    let mut element = Element::new(encoding);
    let is_error = element.write(out, run);
    debug_assert!(element.open.is_empty(), "an array announced more elements than were written");
    is_error
}

/// Writes `{"error":"..."}`. The text is never base64.
pub fn write_error(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b"{\"error\":");
    write_string(out, one_line(text).as_bytes());
    out.push(b'}');
}

#[cfg(test)]
mod tests;
