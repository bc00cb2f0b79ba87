use proptest::prelude::*;

use super::*;
use crate::types::StringRef;

fn registers_of(bytes: &[u8]) -> Result<Registers, Malformed> {
    HyperLogLog::read(StringRef::packed(bytes))?.registers()
}

/// A sparse one with these runs.
fn sparse(runs: &[u8]) -> Vec<u8> {
    let mut bytes = HyperLogLog::new().0;
    bytes.truncate(HEADER_BYTES);
    bytes.extend_from_slice(runs);
    bytes
}

proptest! {
    #[test]
    fn registers_are_the_largest_values_they_were_given(
        raises in prop::collection::vec((0..REGISTERS, 1..=51u8), 0..600),
        near in prop::collection::vec((0..40usize, 1..=4u8), 0..300),
        dense: bool,
    ) {
        let mut log = HyperLogLog::new();
        if dense {
            log.make_dense().unwrap();
        }
        let mut model = [0; REGISTERS];
        for (index, value) in near.into_iter().chain(raises) {
            let is_more = model[index] < value;
            model[index] = model[index].max(value);
            prop_assert_eq!(log.raise(index, value), Ok(is_more));
        }
        prop_assert!(log.registers().unwrap() == model);
        prop_assert!(log.is_dense() || log.as_bytes().len() <= HLL_SPARSE_BYTES_MAX);
        let mut copy = HyperLogLog::new();
        copy.merge(&model).unwrap();
        prop_assert!(copy.registers().unwrap() == model);
        log.make_dense().unwrap();
        prop_assert!(log.registers().unwrap() == model);
        prop_assert_eq!(log.as_bytes().len(), DENSE_BYTES);
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        encoding in 0..3u8,
        body in prop::collection::vec(any::<u8>(), 0..400),
        index in 0..REGISTERS,
        value in 1..=63u8,
    ) {
        let mut bytes = sparse(&body);
        bytes[ENCODING_AT] = encoding;
        if let Ok(mut log) = HyperLogLog::read(StringRef::packed(&bytes)) {
            let before = log.registers();
            let raised = log.raise(index, value);
            if let (Ok(before), Ok(_)) = (before, raised) {
                let mut expected = before;
                expected[index] = expected[index].max(value);
                prop_assert!(log.registers() == Ok(expected));
            }
        }
    }

    #[test]
    fn changes_make_the_new_bytes_of_the_old(elements in prop::collection::vec(0..5000u32, 1..60), more in 0..5000u32) {
        let mut log = HyperLogLog::new();
        for element in elements {
            log.add(&element.to_le_bytes()).unwrap();
        }
        let mut bytes = log.0.clone();
        log.add(&more.to_le_bytes()).unwrap();
        if bytes.len() <= log.0.len() {
            let changes: Vec<_> = log.changes_since(&bytes).map(|(at, part)| (at, part.to_vec())).collect();
            for (at, part) in changes {
                bytes.resize(bytes.len().max(at + part.len()), 0);
                bytes[at..at + part.len()].copy_from_slice(&part);
            }
            prop_assert_eq!(bytes, log.0);
        }
    }
}

#[test]
fn damaged_registers_are_seen() {
    for runs in [&b""[..], b"\x7f", b"\x7f\xfe", b"\x7f\xff\x00", b"\x80\x7f\xff", b"\x7f\xff\x40"] {
        assert!(registers_of(&sparse(runs)) == Err(Malformed::Registers), "{runs:?}");
    }
    assert!(registers_of(&sparse(&[0x83; REGISTERS / 4])) == Ok([1; REGISTERS]));
    assert!(registers_of(&sparse(&[0x00; REGISTERS])) == Ok([0; REGISTERS]));
    assert!(registers_of(&sparse(&[0x00; 2 * REGISTERS + 1])) == Err(Malformed::Registers));
    let mut short = HyperLogLog::new();
    short.make_dense().unwrap();
    short.0.pop();
    assert!(registers_of(&short.0) == Err(Malformed::Header));
    assert!(registers_of(b"HYLL") == Err(Malformed::Header));
}

#[test]
fn estimates_of_odd_registers_are_numbers() {
    assert_eq!(estimate(&[0; REGISTERS]), 0);
    for value in 1..=u8::MAX {
        assert!(estimate(&[value; REGISTERS]) > 0, "{value}");
    }
    let mut one = [0; REGISTERS];
    one[77] = 1;
    assert_eq!(estimate(&one), 1);
}

#[test]
fn counts_are_near_what_was_added() {
    self_test().unwrap();
}
