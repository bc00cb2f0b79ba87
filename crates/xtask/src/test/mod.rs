//! `cargo xtask test`: every part of the suite, or those named, and a table at the end.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::process;
use crate::workspace::Workspace;
use crate::{conformance, differ, docs, soak, tidy};

mod clients;
mod golden;
mod node;

/// Arguments of `cargo xtask test`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The parts to run; all when none is named.
    parts: Vec<Part>,
}

/// A part of the suite, in the order they run: what fails fast comes first.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Formatting.
    Fmt,
    /// Lints, with warnings denied.
    Clippy,
    /// `cargo xtask tidy`.
    Tidy,
    /// Generated documents are fresh and rustdoc has no warnings.
    Docs,
    /// Every Rust test: unit, golden scripts, properties, the real binary, doc tests.
    Rust,
    /// The golden scripts against a real Redis 8.2.
    Golden,
    /// The quick files of Redis' own Tcl suite against the real binary.
    Conformance,
    /// Random command lines, compared with a real Redis 8.2.
    Differ,
    /// The fuzz targets, a few seconds each.
    Fuzz,
    /// The published Upstash and Vercel SDKs on Node against the real binary.
    Sdk,
    /// redis-cli, ioredis, node-redis, redis-py, upstash-redis and redis-rs against the real binary.
    Clients,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Fmt => process::run(&mut workspace.cargo(&["fmt", "--all", "--check"])),
            Self::Clippy => clippy(workspace),
            Self::Tidy => tidy::run(workspace),
            Self::Docs => documents(workspace),
            Self::Rust => rust(workspace),
            Self::Golden => golden::run(workspace),
            Self::Conformance => conformance::run(workspace, &conformance::Arguments::slice()),
            Self::Differ => differ::run(workspace, &differ::Arguments::short()),
            Self::Fuzz => soak::fuzz(workspace, &soak::Fuzz::short()),
            Self::Sdk => node::sdk(workspace),
            Self::Clients => clients::run(workspace),
        }
    }
}

/// What became of one part.
struct Outcome {
    part: Part,
    took: Duration,
    result: Result<()>,
}

/// Runs the parts one after the other, all of them even when one fails.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let parts = if arguments.parts.is_empty() { Part::value_variants() } else { &arguments.parts };
    let mut outcomes = Vec::new();
    for part in parts {
        println!("\n=== {} ===", part.name());
        let started = Instant::now();
        let result = part.run(workspace);
        if let Err(error) = &result {
            println!("{}: {error:#}", part.name());
        }
        outcomes.push(Outcome { part: *part, took: started.elapsed(), result });
    }
    summary(&outcomes)
}

fn summary(outcomes: &[Outcome]) -> Result<()> {
    println!("\n{:<10} {:>8}  outcome", "part", "seconds");
    for outcome in outcomes {
        let verdict = match &outcome.result {
            Ok(()) => "passed".to_owned(),
            Err(error) => format!("FAILED: {}", format!("{error:#}").lines().next().unwrap_or_default()),
        };
        println!("{:<10} {:>8.1}  {verdict}", outcome.part.name(), outcome.took.as_secs_f64());
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    println!("{} passed, {failed} failed", outcomes.len() - failed);
    if failed > 0 {
        bail!("{failed} parts failed");
    }
    Ok(())
}

fn clippy(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))
}

fn documents(workspace: &Workspace) -> Result<()> {
    docs::run(workspace, &docs::Arguments::checking())?;
    let mut rustdoc =
        workspace.cargo(&["doc", "--workspace", "--no-deps", "--quiet", "--document-private-items"]);
    process::run(rustdoc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// With cargo-nextest where it is installed, because it runs the tests of all rooms side by side.
fn rust(workspace: &Workspace) -> Result<()> {
    if has_nextest(workspace) {
        let nextest = ["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "slow"];
        process::run(&mut workspace.cargo(&nextest))?;
    } else {
        println!("cargo-nextest is not installed: using `cargo test`");
        process::run(&mut workspace.cargo(&[
            "test",
            "--workspace",
            "--all-targets",
            "--no-fail-fast",
            "--quiet",
        ]))?;
    }
    process::run(&mut workspace.cargo(&["test", "--workspace", "--doc", "--quiet"])).context("doc tests")
}

fn has_nextest(workspace: &Workspace) -> bool {
    process::output(&mut workspace.cargo(&["nextest", "--version"])).is_ok()
}
