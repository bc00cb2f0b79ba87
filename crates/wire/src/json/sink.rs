//! Replies as JSON text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::reply::{Protocol, ReplySink, double_text};

/// How strings travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As JSON strings. Bytes that are not UTF-8 become U+FFFD.
    Plain,
    /// As standard base64 with padding, all but the status `OK` at the top.
    Base64,
}

/// Writes one reply as a bare JSON value. Arrays close themselves when their last element is in.
#[derive(Debug)]
pub struct JsonSink<'a> {
    out: &'a mut Vec<u8>,
    encoding: Encoding,
    /// Elements still to come of each open array.
    open: Vec<usize>,
    first: bool,
    error: Option<String>,
}

impl<'a> JsonSink<'a> {
    /// A sink at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>, encoding: Encoding) -> Self {
        Self { out, encoding, open: Vec::new(), first: true, error: None }
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
        if self.open.is_empty() && text == "OK" { self.raw(b"\"OK\"") } else { self.string(text.as_bytes()) }
    }
    fn error(&mut self, text: &str) {
        if self.open.is_empty() { self.error = Some(text.to_owned()) } else { self.string(text.as_bytes()) }
    }
    fn integer(&mut self, value: i64) {
        self.raw(itoa::Buffer::new().format(value).as_bytes());
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.string(bytes);
    }
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
        let mut bytes = Vec::with_capacity(len);
        chunks.for_each(|chunk| bytes.extend_from_slice(chunk));
        self.string(&bytes);
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
        self.string(double_text(value).as_bytes());
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

/// Writes `{"result":...}` or `{"error":"..."}` from the one reply that `run` gives. True if it was an error.
pub fn write_element(out: &mut Vec<u8>, encoding: Encoding, run: impl FnOnce(&mut dyn ReplySink)) -> bool {
    let start = out.len();
    out.extend_from_slice(b"{\"result\":");
    let mut sink = JsonSink::new(out, encoding);
    run(&mut sink);
    match sink.into_error() {
        Some(text) => {
            out.truncate(start);
            write_error(out, &text);
            true
        }
        None => {
            out.push(b'}');
            false
        }
    }
}

/// Writes `{"error":"..."}`. The text is never base64.
pub fn write_error(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b"{\"error\":");
    write_string(out, text.as_bytes());
    out.push(b'}');
}

/// Writes bytes as a JSON string. What is not UTF-8 becomes U+FFFD.
pub fn write_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        escape(out, chunk.valid());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(stop) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        let (plain, tail) = rest.split_at(stop);
        out.extend_from_slice(plain);
        let Some((byte, tail)) = tail.split_first() else { return };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
}

fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = out.get_mut(start..).map_or(0, |slot| STANDARD.encode_slice(bytes, slot).unwrap_or(0));
    out.truncate(start + written);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Value;

    fn element(value: &Value, encoding: Encoding) -> String {
        let mut out = Vec::new();
        write_element(&mut out, encoding, |sink| value.write(sink));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_table_of_answers() {
        let bulk = |text: &str| Value::Bulk(text.as_bytes().to_vec());
        let ok = Value::Status("OK".to_owned());
        for (value, plain, base64) in [
            (ok.clone(), r#"{"result":"OK"}"#, r#"{"result":"OK"}"#),
            (Value::Status("PONG".to_owned()), r#"{"result":"PONG"}"#, r#"{"result":"UE9ORw=="}"#),
            (bulk("OK"), r#"{"result":"OK"}"#, r#"{"result":"T0s="}"#),
            (
                Value::Integer(i64::MAX),
                r#"{"result":9223372036854775807}"#,
                r#"{"result":9223372036854775807}"#,
            ),
            (Value::Null, r#"{"result":null}"#, r#"{"result":null}"#),
            (Value::NullArray, r#"{"result":null}"#, r#"{"result":null}"#),
            (Value::Array(vec![ok, Value::Null]), r#"{"result":["OK",null]}"#, r#"{"result":["T0s=",null]}"#),
            (Value::Array(vec![]), r#"{"result":[]}"#, r#"{"result":[]}"#),
            (
                Value::Map(vec![(bulk("k"), bulk("v"))]),
                r#"{"result":["k","v"]}"#,
                r#"{"result":["aw==","dg=="]}"#,
            ),
            (Value::Boolean(true), r#"{"result":1}"#, r#"{"result":1}"#),
            (Value::Double(1.5), r#"{"result":"1.5"}"#, r#"{"result":"MS41"}"#),
            (
                Value::Error("ERR no \"x\"".to_owned()),
                r#"{"error":"ERR no \"x\""}"#,
                r#"{"error":"ERR no \"x\""}"#,
            ),
        ] {
            assert_eq!(element(&value, Encoding::Plain), plain);
            assert_eq!(element(&value, Encoding::Base64), base64);
        }
        assert_eq!(
            element(&Value::Bulk(vec![b'a', 0xff, 1]), Encoding::Plain),
            "{\"result\":\"a\u{fffd}\\u0001\"}"
        );
    }

    proptest! {
        #[test]
        fn nested_answers_are_json(depth in 0_usize..6, width in 0_usize..4, bytes in any::<Vec<u8>>()) {
            let mut value = Value::Bulk(bytes);
            for _ in 0..depth {
                value = Value::Array(vec![value; width]);
            }
            for encoding in [Encoding::Plain, Encoding::Base64] {
                let text = element(&value, encoding);
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }
}
