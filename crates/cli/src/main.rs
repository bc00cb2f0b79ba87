//! The binary `selvedge`: settings, data directory, tokens, database, doors, and a clean stop.
#![expect(
    clippy::print_stderr,
    reason = "the one line that says why a start failed belongs on the standard error"
)]

use std::ffi::OsString;
use std::process::ExitCode;

mod banner;
mod failure;
mod help;
mod logging;
mod serve;
mod tokens;

use failure::Failure;

/// Frees and reuses memory in small size classes: fewer bytes per key than the system's allocator.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run(std::env::args_os().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(mut arguments: Vec<OsString>) -> Result<(), Failure> {
    // `serve` is what the binary does, so that the word may be there or not.
    if arguments.get(1).is_some_and(|word| word == "serve") {
        arguments.remove(1);
    }
    let settings = selvedge_server::settings::parse_with(help::command(), arguments)?;
    logging::start();
    serve::serve(settings)
}
