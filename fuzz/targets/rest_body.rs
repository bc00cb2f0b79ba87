//! Bodies of REST requests: what is read fits the limits, and what JSON writers make of it reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selvedge_wire::rest::{parse_command, parse_pipeline};

const COMMAND_BYTES_MAX: usize = 256;

fuzz_target!(|body: &[u8]| {
    // The same command alone in a pipeline.
    let pipeline = [b"[", body, b"]"].concat();
    if let Ok(arguments) = parse_command(body, COMMAND_BYTES_MAX) {
        assert!(!arguments.is_empty());
        assert!(arguments.iter().map(|argument| argument.len()).sum::<usize>() <= COMMAND_BYTES_MAX);
        let commands = parse_pipeline(&pipeline, COMMAND_BYTES_MAX).expect("an array of one command");
        assert_eq!(commands.len(), 1);
        assert_eq!(commands[0].as_ref(), Ok(&arguments));
    }
    let _ = parse_pipeline(body, COMMAND_BYTES_MAX);
});
