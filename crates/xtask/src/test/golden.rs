//! The golden scripts against a real Redis 8.2.

use std::process::Command;

use anyhow::Result;

use crate::oracle::Oracle;
use crate::process::{self, Server};
use crate::workspace::Workspace;

/// As many as a Redis has that nobody configured: scripts say where ours, which has one, differs.
const DATABASES: u32 = 16;

/// Runs the tests of `engine` that honour `SELVEDGE_REDIS_ORACLE`.
pub(super) fn run(workspace: &Workspace) -> Result<()> {
    let oracle = Oracle::install(workspace)?;
    let folder = tempfile::tempdir()?;
    let (_server, port) = oracle.start(folder.path(), DATABASES)?;
    // One test at a time: they share the one database of the oracle.
    let mut tests =
        workspace.cargo(&["test", "--package", "selvedge-engine", "--test", "it", "--", "--test-threads=1"]);
    tests.env("SELVEDGE_REDIS_ORACLE", format!("127.0.0.1:{port}"));
    // Debian's is of another version: values move to it, too.
    let debian = process::program_or_debian("redis-server", "redis-server")?;
    let debian_folder = tempfile::tempdir()?;
    let (_debian, port) = Server::start_redis(&mut Command::new(debian), debian_folder.path())?;
    process::run(tests.env("SELVEDGE_REDIS_7_ORACLE", format!("127.0.0.1:{port}")))
}
