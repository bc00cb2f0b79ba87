//! Patterns: the matcher agrees with a naive one that tries everything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selvedge_engine::glob;

/// The naive matcher takes exponential time.
const BYTES_MAX: usize = 12;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (pattern, text) = input;
    let matched = glob::matches(pattern, text);
    if pattern.len() <= BYTES_MAX && text.len() <= BYTES_MAX && !pattern.contains(&b'[') {
        assert_eq!(matched, naive(pattern, text), "{pattern:?} {text:?}");
    }
});

/// Without classes, whose odd cases the golden scripts hold.
fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        ([b'*', rest @ ..], text) => (0..=text.len()).any(|skipped| naive(rest, &text[skipped..])),
        ([b'?', rest @ ..], [_, after @ ..]) => naive(rest, after),
        ([b'\\', literal, rest @ ..], [byte, after @ ..]) => literal == byte && naive(rest, after),
        ([literal, rest @ ..], [byte, after @ ..]) => literal == byte && naive(rest, after),
        (_, []) => false,
    }
}
