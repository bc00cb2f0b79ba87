//! A reply on tape: written once, on whatever thread, and played to its receiver in steps.

use crate::double::double_text;
use crate::reply::{Protocol, ReplySink};

/// A recorded reply. It lies in one piece of memory, so that a large one is cheap to keep, to move and to drop.
#[derive(Debug)]
pub struct Tape {
    protocol: Protocol,
    bytes: Vec<u8>,
    /// Where playing goes on.
    position: usize,
}

/// What stands in front of each call: its kind in a byte, and a number in eight. Where the number is a length of bytes, these
/// follow.
mod kind {
    pub(super) const STATUS: u8 = 1;
    pub(super) const ERROR: u8 = 2;
    pub(super) const INTEGER: u8 = 3;
    pub(super) const BULK: u8 = 4;
    pub(super) const NULL: u8 = 5;
    pub(super) const NULL_ARRAY: u8 = 6;
    pub(super) const ARRAY: u8 = 7;
    pub(super) const MAP: u8 = 8;
    pub(super) const SET: u8 = 9;
    pub(super) const PUSH: u8 = 10;
    pub(super) const DOUBLE: u8 = 11;
    pub(super) const BOOLEAN: u8 = 12;
    pub(super) const BIG_NUMBER: u8 = 13;
    pub(super) const VERBATIM: u8 = 14;
}

const HEAD_BYTES: usize = 9;

impl Tape {
    /// An empty tape that asks for the shapes of `protocol`.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, bytes: Vec::new(), position: 0 }
    }

    /// Bytes that it takes: somewhat more than what it says in RESP.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Plays on, until about `bytes_max` bytes of the tape were used. Whether any are left.
    pub fn play(&mut self, bytes_max: usize, sink: &mut dyn ReplySink) -> bool {
        let end = self.position.saturating_add(bytes_max);
        while self.position < end {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let Some(taken) = play_one(rest, sink) else { return false };
            self.position += taken;
        }
        self.position < self.bytes.len()
    }

    fn record(&mut self, kind: u8, number: u64) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn record_bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.record(kind, bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }
}

/// Plays the call at the front and says how many bytes it took. None at the end.
fn play_one(tape: &[u8], sink: &mut dyn ReplySink) -> Option<usize> {
    let (kind, rest) = tape.split_first()?;
    let (number, rest) = rest.split_first_chunk::<8>()?;
    let number = u64::from_le_bytes(*number);
    let len = usize::try_from(number).unwrap_or(usize::MAX);
    match *kind {
        kind::INTEGER => sink.integer(number.cast_signed()),
        kind::DOUBLE => sink.double(f64::from_bits(number)),
        kind::BOOLEAN => sink.boolean(number != 0),
        kind::NULL => sink.null(),
        kind::NULL_ARRAY => sink.null_array(),
        kind::ARRAY => sink.array(len),
        kind::MAP => sink.map(len),
        kind::SET => sink.set(len),
        kind::PUSH => sink.push(len),
        kind => {
            let bytes = rest.get(..len).unwrap_or_default();
            play_bytes(kind, bytes, sink);
            return Some(HEAD_BYTES + len);
        }
    }
    Some(HEAD_BYTES)
}

fn play_bytes(kind: u8, bytes: &[u8], sink: &mut dyn ReplySink) {
    let text = || std::str::from_utf8(bytes).unwrap_or_default();
    match (kind, bytes) {
        (kind::BULK, _) => sink.bulk(bytes),
        (kind::STATUS, _) => sink.status(text()),
        (kind::BIG_NUMBER, _) => sink.big_number(text()),
        (kind::VERBATIM, [a, b, c, text @ ..]) => sink.verbatim(&[*a, *b, *c], text),
        _ => sink.error(text()),
    }
}

impl ReplySink for Tape {
    fn protocol(&self) -> Protocol {
        self.protocol
    }
    fn status(&mut self, text: &str) {
        self.record_bytes(kind::STATUS, text.as_bytes());
    }
    fn error(&mut self, text: &str) {
        self.record_bytes(kind::ERROR, text.as_bytes());
    }
    fn integer(&mut self, value: i64) {
        self.record(kind::INTEGER, value.cast_unsigned());
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.record_bytes(kind::BULK, bytes);
    }
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
        self.record(kind::BULK, len as u64);
        chunks.for_each(|chunk| self.bytes.extend_from_slice(chunk));
    }
    fn null(&mut self) {
        self.record(kind::NULL, 0);
    }
    fn null_array(&mut self) {
        self.record(kind::NULL_ARRAY, 0);
    }
    fn array(&mut self, len: usize) {
        self.record(kind::ARRAY, len as u64);
    }
    fn map(&mut self, pairs: usize) {
        self.record(kind::MAP, pairs as u64);
    }
    fn set(&mut self, len: usize) {
        self.record(kind::SET, len as u64);
    }
    fn push(&mut self, len: usize) {
        self.record(kind::PUSH, len as u64);
    }
    fn double(&mut self, value: f64) {
        match self.protocol {
            Protocol::Resp3 => self.record(kind::DOUBLE, value.to_bits()),
            // Its digits are found here, where nobody waits for them.
            Protocol::Resp2 => self.record_bytes(kind::BULK, &double_text(value)),
        }
    }
    fn boolean(&mut self, value: bool) {
        self.record(kind::BOOLEAN, u64::from(value));
    }
    fn big_number(&mut self, digits: &str) {
        self.record_bytes(kind::BIG_NUMBER, digits.as_bytes());
    }
    fn verbatim(&mut self, format: &[u8; 3], text: &[u8]) {
        self.record(kind::VERBATIM, (format.len() + text.len()) as u64);
        self.bytes.extend_from_slice(format);
        self.bytes.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::resp::RespSink;
    use crate::value::strategies;

    proptest! {
        #[test]
        fn a_played_tape_says_what_was_recorded(
            values in prop::collection::vec(strategies::values(), 0..4),
            step_bytes in 1_usize..100,
        ) {
            for protocol in [Protocol::Resp2, Protocol::Resp3] {
                let (mut tape, mut expected, mut played) = (Tape::new(protocol), Vec::new(), Vec::new());
                for value in &values {
                    value.write(&mut tape);
                    value.write(&mut RespSink::new(&mut expected, protocol));
                }
                prop_assert_eq!(tape.is_empty(), values.is_empty());
                while tape.play(step_bytes, &mut RespSink::new(&mut played, protocol)) {}
                prop_assert_eq!(&played, &expected);
            }
        }
    }

    #[test]
    fn pieces_are_played_as_one_string() {
        let mut tape = Tape::new(Protocol::Resp2);
        tape.bulk_chunks(3, &mut [&b"a"[..], b"bc"].into_iter());
        let mut played = Vec::new();
        assert!(!tape.play(1, &mut RespSink::new(&mut played, Protocol::Resp2)));
        assert_eq!(played, b"$3\r\nabc\r\n");
    }
}
