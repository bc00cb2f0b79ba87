//! Runs one file of the suite against a fresh server.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Arguments;
use super::files::TestFile;
use super::output::{self, End, FileResult};
use super::suite::Suite;
use crate::process::{self, Server};
use crate::workspace::Workspace;

/// How the suite is told of an external server that is not Redis: unexpected errors end a case and not the file, there
/// is one database, and nothing is said about encodings or about DEBUG DIGEST.
const FLAGS: &[&str] = &["--durable", "--singledb", "--ignore-encoding", "--ignore-digest"];

/// Cases that need what an external server cannot be asked to have.
const WITHOUT: &str = "-needs:debug -needs:repl -needs:config-maxmemory -needs:pfdebug -needs:save \
                       -needs:config-resetstat -needs:reset";

/// The same with DEBUG.
const WITHOUT_BUT_DEBUG: &str = "-needs:repl -needs:config-maxmemory -needs:save";

/// Longest time for one file; the slowest takes 50 s on stock Redis.
const FILE_TIMEOUT: Duration = Duration::from_secs(300);

/// How often a running file is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Which server is tested.
#[derive(Debug)]
enum Subject {
    Selvedge(PathBuf),
    /// Debian's redis-server.
    Stock(PathBuf),
}

/// Runs files, several at a time if wanted.
#[derive(Debug)]
pub(super) struct Runner {
    suite: Suite,
    subject: Subject,
    with_debug: bool,
    stall_s: u64,
}

impl Runner {
    /// Fetches the suite and builds the server.
    pub(super) fn new(workspace: &Workspace, arguments: &Arguments) -> Result<Self> {
        let suite = Suite::fetch(workspace)?;
        let subject = match arguments.stock {
            true => Subject::Stock(process::program_or_debian("redis-server", "redis-server")?),
            false => Subject::Selvedge(workspace.build_selvedge("fast")?),
        };
        Ok(Self { suite, subject, with_debug: arguments.debug, stall_s: arguments.stall_s() })
    }

    /// Runs one file in a folder of its own, against a server of its own.
    pub(super) fn run(&self, file: &'static TestFile) -> Result<FileResult> {
        let folder = tempfile::tempdir()?;
        self.suite.copy_to(folder.path())?;
        let log = folder.path().join("server.log");
        let (mut server, port) = self.start(&folder.path().join("data"), &log)?;
        let transcript = folder.path().join("transcript");
        let started = Instant::now();
        let mut command = self.command(file, port);
        let mut run = Run::start(command.current_dir(folder.path()), &transcript)?;
        let in_time = run.wait_until(started + FILE_TIMEOUT)?;
        let has_died = server.has_ended()?;
        drop(run);
        let text = String::from_utf8_lossy(&std::fs::read(&transcript)?).into_owned();
        let mut result = output::parse(file, &text, started.elapsed());
        if has_died {
            result.end = End::ServerDied(std::fs::read_to_string(&log)?);
        } else if !in_time {
            result.end = End::TimedOut;
        }
        Ok(result)
    }

    fn command(&self, file: &TestFile, port: u16) -> Command {
        let mut command = Command::new(&self.suite.tclsh);
        command
            .args(["tests/test_helper.tcl", "--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--single", file.name, "--timeout", &self.stall_s.to_string()])
            .args(FLAGS)
            .args(["--tags", if self.with_debug { WITHOUT_BUT_DEBUG } else { WITHOUT }])
            // Colours would be part of the marks.
            .env("TERM", "dumb");
        command
    }

    fn start(&self, data: &Path, log: &Path) -> Result<(Server, u16)> {
        let log = File::create(log)?;
        match &self.subject {
            Subject::Selvedge(program) => {
                let mut command = Command::new(program);
                // The suite waits for each reply before it sends the next command: with a sync for each, the disk is
                // all that would be measured.
                command.args(["--insecure-no-auth", "--durability", "interval", "--data-dir"]).arg(data);
                if self.with_debug {
                    command.arg("--enable-debug-command");
                }
                Server::start_selvedge(command.stderr(log))
            }
            Subject::Stock(program) => {
                std::fs::create_dir_all(data)?;
                let mut command = Command::new(program);
                if self.with_debug {
                    command.args(["--enable-debug-command", "yes"]);
                }
                Server::start_redis(command.stderr(log), data)
            }
        }
    }
}

/// A run of the suite: two processes in a group of their own, which goes with this value.
#[derive(Debug)]
struct Run {
    child: Child,
}

impl Run {
    fn start(command: &mut Command, transcript: &Path) -> Result<Self> {
        let output = File::create(transcript)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .context("starting the suite")?;
        Ok(Self { child })
    }

    /// Waits for the end. False if it did not come in time.
    fn wait_until(&mut self, deadline: Instant) -> Result<bool> {
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
        Ok(true)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // The suite's own client may outlive the suite. Where all are gone already, nothing is left to do.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}
