//! Requests over RESP, multibulk and inline: however the bytes arrive, the same commands come out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selvedge_wire::resp::{Limits, RequestDecoder};
use smallvec::SmallVec;

/// Longer inputs are no different, and the work is quadratic.
const INPUT_BYTES_MAX: usize = 512;

fuzz_target!(|input: &[u8]| {
    let input = &input[..input.len().min(INPUT_BYTES_MAX)];
    let whole = commands(input, input.len());
    assert_eq!(commands(input, 1), whole);
    for first in 1..input.len() {
        assert_eq!(commands(input, first), whole, "split at {first}");
    }
});

/// The commands in `input`, whose first part has `first` bytes and arrives before the rest; with one byte, all arrive one
/// by one. And whether it ends in an error.
fn commands(input: &[u8], first: usize) -> (Vec<Vec<Vec<u8>>>, bool) {
    let mut decoder = RequestDecoder::new(Limits::default());
    let mut found = Vec::new();
    let mut position = 0;
    let mut arrived = first;
    loop {
        let rest = &input[position..arrived.min(input.len())];
        match decoder.decode(rest) {
            Ok(Some(taken)) => {
                assert!(taken > 0 && taken <= rest.len(), "a command takes bytes that are there");
                let mut arguments = SmallVec::new();
                decoder.arguments(rest, &mut arguments);
                // An empty line or array is no command.
                if !arguments.is_empty() {
                    found.push(arguments.iter().map(|argument| argument.to_vec()).collect());
                }
                position += taken;
            }
            Ok(None) if arrived >= input.len() => return (found, false),
            Ok(None) => arrived = if first == 1 { arrived + 1 } else { input.len() },
            Err(_) => return (found, true),
        }
    }
}
