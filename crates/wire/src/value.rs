//! A reply as data.

use crate::double::double_text;
use crate::reply::{Protocol, ReplySink, one_line};

/// A reply as data: what decoders give and transactions, scripts and tests hold.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is the reply of the same name in ReplySink")]
pub enum Value {
    Status(String),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    Null,
    NullArray,
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Set(Vec<Value>),
    Push(Vec<Value>),
    Double(f64),
    Boolean(bool),
    BigNumber(String),
    Verbatim([u8; 3], Vec<u8>),
}

impl Value {
    /// Writes the value as a reply.
    pub fn write(&self, sink: &mut dyn ReplySink) {
        match self {
            Self::Status(text) => sink.status(text),
            Self::Error(text) => sink.error(text),
            Self::Integer(value) => sink.integer(*value),
            Self::Bulk(bytes) => sink.bulk(bytes),
            Self::Null => sink.null(),
            Self::NullArray => sink.null_array(),
            Self::Array(items) => {
                sink.array(items.len());
                items.iter().for_each(|item| item.write(sink));
            }
            Self::Map(pairs) => {
                sink.map(pairs.len());
                for (key, value) in pairs {
                    key.write(sink);
                    value.write(sink);
                }
            }
            Self::Set(items) => {
                sink.set(items.len());
                items.iter().for_each(|item| item.write(sink));
            }
            Self::Push(items) => {
                sink.push(items.len());
                items.iter().for_each(|item| item.write(sink));
            }
            Self::Double(value) => sink.double(*value),
            Self::Boolean(value) => sink.boolean(*value),
            Self::BigNumber(digits) => sink.big_number(digits),
            Self::Verbatim(format, text) => sink.verbatim(format, text),
        }
    }
}

/// What an unfinished aggregate becomes.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Array,
    Map,
    Set,
    Push,
}

/// Builds [`Value`]s out of replies.
#[derive(Debug)]
pub struct ValueSink {
    protocol: Protocol,
    done: Vec<Value>,
    open: Vec<(Shape, usize, Vec<Value>)>,
}

impl ValueSink {
    /// A sink that asks for the shapes of `protocol`.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, done: Vec::new(), open: Vec::new() }
    }

    /// The replies that were written.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        debug_assert!(self.open.is_empty(), "an aggregate announced more elements than were written");
        self.done
    }

    fn add(&mut self, value: Value) {
        let mut value = value;
        loop {
            let Some((_, missing, items)) = self.open.last_mut() else {
                self.done.push(value);
                return;
            };
            items.push(value);
            *missing -= 1;
            if *missing > 0 {
                return;
            }
            let Some((shape, _, items)) = self.open.pop() else { return };
            value = close(shape, items);
        }
    }

    fn begin(&mut self, shape: Shape, len: usize) {
        if len == 0 {
            self.add(close(shape, Vec::new()));
        } else {
            self.open.push((shape, len, Vec::new()));
        }
    }
}

fn close(shape: Shape, items: Vec<Value>) -> Value {
    match shape {
        Shape::Array => Value::Array(items),
        Shape::Set => Value::Set(items),
        Shape::Push => Value::Push(items),
        Shape::Map => {
            let mut items = items.into_iter();
            let mut pairs = Vec::with_capacity(items.len() / 2);
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                pairs.push((key, value));
            }
            Value::Map(pairs)
        }
    }
}

impl ReplySink for ValueSink {
    fn protocol(&self) -> Protocol {
        self.protocol
    }
    fn status(&mut self, text: &str) {
        self.add(Value::Status(one_line(text).into_owned()));
    }
    fn error(&mut self, text: &str) {
        self.add(Value::Error(one_line(text).into_owned()));
    }
    fn integer(&mut self, value: i64) {
        self.add(Value::Integer(value));
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.add(Value::Bulk(bytes.to_vec()));
    }
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
        let mut bytes = Vec::with_capacity(len);
        chunks.for_each(|chunk| bytes.extend_from_slice(chunk));
        debug_assert_eq!(bytes.len(), len, "the length comes first and must be true");
        self.add(Value::Bulk(bytes));
    }
    fn null(&mut self) {
        self.add(Value::Null);
    }
    fn null_array(&mut self) {
        self.add(if self.protocol == Protocol::Resp3 { Value::Null } else { Value::NullArray });
    }
    fn array(&mut self, len: usize) {
        self.begin(Shape::Array, len);
    }
    fn map(&mut self, pairs: usize) {
        let shape = if self.protocol == Protocol::Resp3 { Shape::Map } else { Shape::Array };
        self.begin(shape, pairs * 2);
    }
    fn set(&mut self, len: usize) {
        let shape = if self.protocol == Protocol::Resp3 { Shape::Set } else { Shape::Array };
        self.begin(shape, len);
    }
    fn push(&mut self, len: usize) {
        let shape = if self.protocol == Protocol::Resp3 { Shape::Push } else { Shape::Array };
        self.begin(shape, len);
    }
    fn double(&mut self, value: f64) {
        self.add(match self.protocol {
            Protocol::Resp3 => Value::Double(value),
            Protocol::Resp2 => Value::Bulk(double_text(value).to_vec()),
        });
    }
    fn boolean(&mut self, value: bool) {
        self.add(match self.protocol {
            Protocol::Resp3 => Value::Boolean(value),
            Protocol::Resp2 => Value::Integer(i64::from(value)),
        });
    }
    fn big_number(&mut self, digits: &str) {
        self.add(match self.protocol {
            Protocol::Resp3 => Value::BigNumber(digits.to_owned()),
            Protocol::Resp2 => Value::Bulk(digits.as_bytes().to_vec()),
        });
    }
    fn verbatim(&mut self, format: &[u8; 3], text: &[u8]) {
        self.add(match self.protocol {
            Protocol::Resp3 => Value::Verbatim(*format, text.to_vec()),
            Protocol::Resp2 => Value::Bulk(text.to_vec()),
        });
    }
}

#[cfg(test)]
pub(crate) mod strategies;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn resp2_has_no_shapes_but_arrays() {
        let bulk = |text: &str| Value::Bulk(text.as_bytes().to_vec());
        for (value, flat) in [
            (
                Value::Map(vec![(bulk("k"), Value::Set(vec![Value::Boolean(true)]))]),
                Value::Array(vec![bulk("k"), Value::Array(vec![Value::Integer(1)])]),
            ),
            (Value::Push(vec![]), Value::Array(vec![])),
            (Value::Double(1.5), bulk("1.5")),
            (Value::BigNumber("7".to_owned()), bulk("7")),
            (Value::Verbatim(*b"txt", b"t".to_vec()), bulk("t")),
            (Value::NullArray, Value::NullArray),
        ] {
            let mut sink = ValueSink::new(Protocol::Resp2);
            value.write(&mut sink);
            assert_eq!(sink.into_values(), [flat]);
        }
    }

    #[test]
    fn resp3_has_one_null_and_statuses_are_one_line() {
        let mut sink = ValueSink::new(Protocol::Resp3);
        sink.null_array();
        sink.status("a\r\nb");
        sink.error("ERR a\nb");
        sink.bulk_chunks(3, &mut [&b"a"[..], b"bc"].into_iter());
        let expected = [
            Value::Null,
            Value::Status("a  b".to_owned()),
            Value::Error("ERR a b".to_owned()),
            Value::Bulk(b"abc".to_vec()),
        ];
        assert_eq!(sink.into_values(), expected);
    }

    proptest! {
        #[test]
        fn values_build_themselves_anew(values in prop::collection::vec(strategies::values(), 0..4)) {
            let mut sink = ValueSink::new(Protocol::Resp3);
            values.iter().for_each(|value| value.write(&mut sink));
            prop_assert_eq!(sink.into_values(), values);
        }
    }
}
