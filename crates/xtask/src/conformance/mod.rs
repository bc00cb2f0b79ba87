//! `cargo xtask conformance`: the Tcl unit tests of Redis 7.0.15 against our server.
//!
//! The suite is Debian's source package, fetched under the target directory and never part of the repository. Each of
//! its files runs in the suite's own mode for external servers, against a fresh server of its own.
//!
//! A file's cases either pass, or fail as `tests/conformance/expected-failures.txt` says. A case that fails without
//! being listed, a listed one that does not fail, and a file that runs fewer cases than stock Redis passes are errors.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::workspace::Workspace;

pub(crate) mod expected;
mod files;
mod output;
mod report;
mod run;
mod suite;

use expected::Expected;
pub(crate) use files::FILES;
use files::TestFile;
use output::FileResult;
use run::Runner;

/// Files that run side by side. Each is one client in lock step with one server, so two fill two cores.
const WORKERS: usize = 2;

/// Arguments of `cargo xtask conformance`.
#[derive(Args, Debug, Default)]
pub(crate) struct Arguments {
    /// The files to run, such as `unit/type/hash`; all when none is named.
    files: Vec<String>,
    /// Runs the quick files only, in less than a minute.
    #[arg(long)]
    slice: bool,
    /// Runs Debian's redis-server 7.0.15 instead of ours: what it passes is what a file should.
    #[arg(long)]
    stock: bool,
    /// Also runs the cases that need DEBUG and its like, with `--enable-debug-command`; for reading, not compared.
    #[arg(long)]
    debug: bool,
    /// Rewrites the list of expected failures: what passes leaves it, what fails and has no reason yet is put last.
    #[arg(long)]
    update: bool,
    /// Shows what the suite says about each failed case.
    #[arg(long)]
    details: bool,
    /// Gives a file up when no case has ended for that long, in seconds.
    #[arg(long, value_name = "S")]
    stall_s: Option<u64>,
}

/// The slowest case of all takes 20 s on stock Redis, the slowest of the slice 2 s.
const STALL_S: u64 = 60;
const SLICE_STALL_S: u64 = 15;

impl Arguments {
    /// Those of `cargo xtask conformance --slice`.
    pub(crate) fn slice() -> Self {
        Self { slice: true, ..Self::default() }
    }

    fn stall_s(&self) -> u64 {
        self.stall_s.unwrap_or(if self.slice { SLICE_STALL_S } else { STALL_S })
    }

    fn chosen(&self) -> Result<Vec<&'static TestFile>> {
        if self.files.is_empty() {
            return Ok(FILES.iter().filter(|file| !self.slice || file.in_slice).collect());
        }
        let find = |name: &String| {
            let wanted = FILES.iter().find(|file| file.name == name || file.short_name() == name);
            wanted.with_context(|| format!("no file {name}; there are {}", files::names()))
        };
        self.files.iter().map(find).collect()
    }
}

/// Where the list of expected failures is.
pub(crate) const EXPECTED_PATH: &str = "tests/conformance/expected-failures.txt";

/// Runs the files, prints the table and compares.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let chosen = arguments.chosen()?;
    let path = workspace.root.join(EXPECTED_PATH);
    let mut expected = Expected::parse(&std::fs::read_to_string(&path).unwrap_or_default())?;
    let runner = Runner::new(workspace, arguments)?;
    let started = Instant::now();
    let results = run_all(&runner, &chosen)?;
    report::table(&results);
    println!("{} files in {:.0} s", results.len(), started.elapsed().as_secs_f64());
    if arguments.details {
        report::details(&results);
    }
    if arguments.stock || arguments.debug {
        report::failures(&results);
        return Ok(());
    }
    if arguments.update {
        expected.update(&results);
        std::fs::write(&path, expected.to_text())?;
        println!("{EXPECTED_PATH}: {} cases", expected.len());
        return Ok(());
    }
    let surprises = expected.compare(&results);
    for surprise in &surprises {
        println!("{surprise}");
    }
    if !surprises.is_empty() {
        bail!("{} cases are not as {EXPECTED_PATH} says", surprises.len());
    }
    Ok(())
}

/// Runs the files on a few threads, the long ones first, and returns their results in the order of the table.
fn run_all(runner: &Runner, chosen: &[&'static TestFile]) -> Result<Vec<FileResult>> {
    let mut queue: Vec<&TestFile> = chosen.to_vec();
    queue.sort_by_key(|file| std::cmp::Reverse(file.seconds));
    let queue = Mutex::new(VecDeque::from(queue));
    let take = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    let worker =
        || -> Result<Vec<FileResult>> { std::iter::from_fn(take).map(|file| runner.run(file)).collect() };
    let finished: Vec<Result<Vec<FileResult>>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")))
            .collect()
    });
    let mut results = Vec::new();
    for part in finished {
        results.extend(part?);
    }
    results.sort_by_key(|result| FILES.iter().position(|file| file.name == result.file.name));
    Ok(results)
}
