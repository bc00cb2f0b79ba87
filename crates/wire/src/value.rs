//! A reply as data.

use crate::reply::{Protocol, ReplySink};

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

    /// The whole replies written so far.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
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
        self.add(Value::Status(text.to_owned()));
    }
    fn error(&mut self, text: &str) {
        self.add(Value::Error(text.to_owned()));
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
            Protocol::Resp2 => Value::Bulk(crate::reply::double_text(value).into_bytes()),
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
