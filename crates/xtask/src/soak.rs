//! `cargo xtask soak`: searches that may run as long as one likes.
//!
//! Fuzz targets live in `fuzz/`, a workspace of its own, and are built with libFuzzer on the stable toolchain. Each starts
//! from the inputs in `fuzz/corpus/<target>`; what it finds new stays under the target directory, for `--resume`.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use crate::process;
use crate::workspace::Workspace;

/// The targets; each is a file of `fuzz/targets`.
const TARGETS: &[&str] = &["resp", "replies", "rest_body", "rest_path", "glob", "batch", "dump", "log"];

const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// What makes the compiler count which edges an input takes, as libFuzzer wants to know.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                        -Cllvm-args=-sanitizer-coverage-pc-table \
                        -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// One input may take that long: all are small.
const INPUT_TIMEOUT_S: u32 = 5;
const MEMORY_MIB_MAX: u32 = 2048;

/// Lines of what a target said that are shown when it finds something.
const SHOWN_LINES: usize = 40;

/// Arguments of `cargo xtask soak`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    soak: Soak,
}

#[derive(Subcommand, Debug)]
enum Soak {
    /// Feeds decoders and parsers with inputs that grow towards code not seen yet.
    Fuzz(Fuzz),
}

/// Arguments of `cargo xtask soak fuzz`.
#[derive(Args, Debug)]
pub(crate) struct Fuzz {
    /// The targets; all when none is named.
    targets: Vec<String>,
    /// How long each runs.
    #[arg(long, default_value_t = 20, value_name = "S")]
    seconds: u64,
    /// Goes on from what the run before found.
    #[arg(long)]
    resume: bool,
    /// How many targets run side by side; each keeps a core busy.
    #[arg(long, default_value_t = 2, value_name = "N")]
    workers: usize,
}

impl Fuzz {
    /// Those of a run of the suite.
    pub(crate) fn short() -> Self {
        Self { targets: Vec::new(), seconds: 20, resume: false, workers: 2 }
    }
}

/// Runs what was asked for.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    match &arguments.soak {
        Soak::Fuzz(arguments) => fuzz(workspace, arguments),
    }
}

/// Builds the targets and runs some of them side by side, all of them even when one finds something.
pub(crate) fn fuzz(workspace: &Workspace, arguments: &Fuzz) -> Result<()> {
    let mut targets: Vec<&str> = arguments.targets.iter().map(String::as_str).collect();
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    if let Some(unknown) = targets.iter().find(|target| !TARGETS.contains(target)) {
        bail!("no target {unknown}; there are {}", TARGETS.join(", "));
    }
    let programs = build(workspace)?;
    println!("{:<10} {:>8} {:>12} {:>8}  outcome", "target", "seconds", "runs", "edges");
    let queue = Mutex::new(VecDeque::from(targets));
    let found = Mutex::new(Vec::new());
    let take = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    let work_off = || {
        while let Some(target) = take() {
            let result = run_target(workspace, &programs.join(target), target, arguments);
            if let Err(error) = result {
                println!("{target}: {error:#}");
                found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(target);
            }
        }
    };
    std::thread::scope(|scope| (0..arguments.workers.max(1)).for_each(|_| drop(scope.spawn(work_off))));
    let found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !found.is_empty() {
        bail!("found by {}: the inputs are in {}", found.join(", "), work(workspace).display());
    }
    Ok(())
}

/// The folder of the programs.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let target = work(workspace).join("build");
    let mut cargo = workspace.cargo(&["build", "--quiet", "--locked", "--release", "--target", TRIPLE]);
    cargo.arg("--manifest-path").arg(workspace.root.join("fuzz/Cargo.toml")).arg("--target-dir").arg(&target);
    process::run(cargo.env("RUSTFLAGS", COVERAGE)).context("building the fuzz targets")?;
    Ok(target.join(TRIPLE).join("release"))
}

fn run_target(workspace: &Workspace, program: &Path, target: &str, arguments: &Fuzz) -> Result<()> {
    let folder = work(workspace).join(target);
    if !arguments.resume {
        // What was found and not looked at is worth nothing any more: the run begins from the saved inputs.
        let _ = std::fs::remove_dir_all(&folder);
    }
    let inputs = folder.join("corpus");
    std::fs::create_dir_all(&inputs)?;
    let transcript = folder.join("output.txt");
    let output = File::create(&transcript)?;
    let mut command = Command::new(program);
    command
        .arg(format!("-max_total_time={}", arguments.seconds))
        .arg(format!("-timeout={INPUT_TIMEOUT_S}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg(format!("-artifact_prefix={}/", folder.display()))
        .arg("-print_final_stats=1")
        // The first folder is where new inputs go.
        .arg(&inputs)
        .arg(workspace.root.join("fuzz/corpus").join(target))
        .stdout(output.try_clone()?)
        .stderr(output);
    let result = process::run(&mut command);
    // A panic may quote bytes as they are.
    let said = String::from_utf8_lossy(&std::fs::read(&transcript)?).into_owned();
    let outcome = if result.is_ok() { "nothing found" } else { "FOUND SOMETHING" };
    println!("{target:<10} {:>8} {:>12} {:>8}  {outcome}", arguments.seconds, runs(&said), edges(&said));
    if result.is_err() {
        let lines: Vec<&str> = said.lines().collect();
        println!("{}", lines.get(lines.len().saturating_sub(SHOWN_LINES)..).unwrap_or_default().join("\n"));
    }
    result
}

/// How many inputs a target ran, as libFuzzer says at its end.
fn runs(said: &str) -> &str {
    word_after(said, "stat::number_of_executed_units:")
}

/// How many edges of the program its inputs took, as libFuzzer says from time to time.
fn edges(said: &str) -> &str {
    word_after(said, " cov:")
}

/// The word behind the last mention of `label`.
fn word_after<'a>(said: &'a str, label: &str) -> &'a str {
    said.rsplit_once(label).and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("?")
}

/// Where everything lies that a run makes.
fn work(workspace: &Workspace) -> PathBuf {
    workspace.target.join("fuzz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_the_last_that_were_said() {
        let said =
            "#2\tINITED cov: 10 ft: 12\n#9\tDONE   cov: 15 ft: 40\nstat::number_of_executed_units: 812\n";
        assert_eq!((runs(said), edges(said)), ("812", "15"));
        assert_eq!(runs("ERROR: libFuzzer"), "?");
    }

    #[test]
    fn every_target_is_a_file_with_saved_inputs() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
        let mut files: Vec<String> = std::fs::read_dir(fuzz.join("targets"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let mut targets = TARGETS.to_vec();
        targets.sort_unstable();
        assert_eq!(files, targets);
        for target in TARGETS {
            assert!(fuzz.join("corpus").join(target).read_dir().unwrap().next().is_some(), "{target}");
        }
    }
}
