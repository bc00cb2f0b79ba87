//! Replies: what a client reads, a server writes again in the same words, and no part of a reply is taken for a whole one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selvedge_wire::resp::{RespSink, decode_value};
use selvedge_wire::{Protocol, Value, ValueSink};

/// Longer inputs are no different, and the work is quadratic.
const INPUT_BYTES_MAX: usize = 512;

fuzz_target!(|input: &[u8]| {
    let input = &input[..input.len().min(INPUT_BYTES_MAX)];
    let Ok(Some((value, taken))) = decode_value(input) else { return };
    assert!(taken > 0 && taken <= input.len(), "a reply takes bytes that are there");
    for cut in 0..taken {
        assert!(matches!(decode_value(&input[..cut]), Ok(None)), "cut at {cut}");
    }
    // The text of a line loses what would end the line, and a number its other spellings: once written, nothing changes.
    let mut written = write(&value, Protocol::Resp3);
    for _ in 0..2 {
        let (again, taken) = decode_value(&written).expect("a reply").expect("a whole reply");
        assert_eq!(taken, written.len());
        let rewritten = write(&again, Protocol::Resp3);
        assert!(rewritten == written, "{} became {}", written.escape_ascii(), rewritten.escape_ascii());
        written = rewritten;
    }
    // The older protocol has fewer shapes. What it makes of a reply is the same directly and by way of a value.
    let mut sink = ValueSink::new(Protocol::Resp2);
    value.write(&mut sink);
    let flat = sink.into_values();
    let [flat] = flat.as_slice() else { panic!("{} replies", flat.len()) };
    assert_eq!(write(flat, Protocol::Resp2), write(&value, Protocol::Resp2));
    let written = write(&value, Protocol::Resp2);
    let read = decode_value(&written).expect("a reply").expect("a whole reply");
    assert_eq!(read.1, written.len());
});

fn write(value: &Value, protocol: Protocol) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut RespSink::new(&mut bytes, protocol));
    bytes
}
