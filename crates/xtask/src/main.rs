//! The project's chores in Rust: `cargo xtask test`, `tidy`, `docs`, `conformance`, `differ` and `bench`.
//!
//! What a chore installs goes under the target directory, so that removing it leaves nothing behind. A chore
//! that misses a tool says which and fails; it never skips in silence.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod compatibility;
mod conformance;
mod coverage;
mod differ;
mod docs;
mod oracle;
mod process;
mod python;
mod soak;
mod test;
mod tidy;
mod workspace;

use workspace::Workspace;

/// The chores of the Selvedge workspace.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand, Debug)]
enum Chore {
    /// Runs all parts of the test suite, or those named.
    Test(test::Arguments),
    /// Checks what the compiler does not: edges between rooms, leftovers, file lengths, documents.
    Tidy,
    /// Writes the generated documents, or checks with `--check` that they are fresh.
    Docs(docs::Arguments),
    /// Runs the Tcl unit tests of Redis 7.0.15 against the server.
    Conformance(conformance::Arguments),
    /// Runs random command lines here and on a real Redis 8.2, and compares the replies.
    Differ(differ::Arguments),
    /// Runs searches that may take as long as one likes: fuzzing.
    Soak(soak::Arguments),
    /// Measures Selvedge beside the Redis on the PATH and writes `docs/benchmarks/`.
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let outcome = Workspace::find().and_then(|workspace| match Cli::parse().chore {
        Chore::Test(arguments) => test::run(&workspace, &arguments),
        Chore::Tidy => tidy::run(&workspace),
        Chore::Docs(arguments) => docs::run(&workspace, &arguments),
        Chore::Conformance(arguments) => conformance::run(&workspace, &arguments),
        Chore::Differ(arguments) => differ::run(&workspace, &arguments),
        Chore::Soak(arguments) => soak::run(&workspace, &arguments),
        Chore::Bench(arguments) => bench::run(&workspace, &arguments),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
