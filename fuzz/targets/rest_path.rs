//! Paths and queries of REST requests: nothing panics, limits hold, and the token is never an argument.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selvedge_wire::rest::{parse_path, query_token, reserved};

const COMMAND_BYTES_MAX: usize = 256;

fuzz_target!(|input: (&str, &str, &[u8])| {
    let (path, query, body) = input;
    if let Ok(arguments) = parse_path(path, Some(query), body, COMMAND_BYTES_MAX) {
        assert!(!arguments.is_empty());
        assert!(arguments.iter().map(|argument| argument.len()).sum::<usize>() <= COMMAND_BYTES_MAX);
    }
    let _ = query_token(query);
    if let Some(reserved) = reserved(path) {
        assert!(reserved.segments().count() <= path.len() + 1);
    }
});
