//! `cargo xtask soak`: searches that may run as long as one likes.
//!
//! Fuzz targets live in `fuzz/`, a workspace of its own, and are built with libFuzzer on the stable toolchain. Each starts
//! from the inputs in `fuzz/corpus/<target>`; what it finds new stays under the target directory, for `--resume`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use crate::process;
use crate::workspace::Workspace;

/// The targets; each is a file of `fuzz/targets`.
const TARGETS: &[&str] = &["resp", "rest_body", "rest_path", "glob", "batch"];

const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// What makes the compiler count which edges an input takes, as libFuzzer wants to know.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                        -Cllvm-args=-sanitizer-coverage-pc-table \
                        -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// One input may take that long: all are small.
const INPUT_TIMEOUT_S: u32 = 5;
const MEMORY_MIB_MAX: u32 = 2048;

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
}

impl Fuzz {
    /// Those of a run of the suite.
    pub(crate) fn short() -> Self {
        Self { targets: Vec::new(), seconds: 10, resume: false }
    }
}

/// Runs what was asked for.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    match &arguments.soak {
        Soak::Fuzz(arguments) => fuzz(workspace, arguments),
    }
}

/// Builds the targets and runs one after the other, all of them even when one finds something.
pub(crate) fn fuzz(workspace: &Workspace, arguments: &Fuzz) -> Result<()> {
    let mut targets: Vec<&str> = arguments.targets.iter().map(String::as_str).collect();
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    if let Some(unknown) = targets.iter().find(|target| !TARGETS.contains(target)) {
        bail!("no target {unknown}; there are {}", TARGETS.join(", "));
    }
    let programs = build(workspace)?;
    let mut found = Vec::new();
    for target in targets {
        println!("--- {target}, {} s", arguments.seconds);
        if let Err(error) = run_target(workspace, &programs.join(target), target, arguments) {
            println!("{target}: {error:#}");
            found.push(target);
        }
    }
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
    let mut command = Command::new(program);
    command
        .arg(format!("-max_total_time={}", arguments.seconds))
        .arg(format!("-timeout={INPUT_TIMEOUT_S}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg(format!("-artifact_prefix={}/", folder.display()))
        .args(["-verbosity=0", "-print_final_stats=1"])
        // The first folder is where new inputs go.
        .arg(&inputs)
        .arg(workspace.root.join("fuzz/corpus").join(target));
    process::run(&mut command)
}

/// Where everything lies that a run makes.
fn work(workspace: &Workspace) -> PathBuf {
    workspace.target.join("fuzz")
}

#[cfg(test)]
mod tests {
    use super::*;

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
