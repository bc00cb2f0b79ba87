//! The servers that are compared, each on a free port with a scratch directory.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::process::{self, Server};
use crate::workspace::Workspace;

/// The password of both servers: each connection authenticates once.
pub(super) const TOKEN: &str = "bench-token-that-is-no-secret";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Selvedge,
    Redis,
}

/// A server that can be started.
#[derive(Debug)]
pub(super) struct Peer {
    kind: Kind,
    program: PathBuf,
}

/// A server that runs until this value goes.
#[derive(Debug)]
pub(super) struct Running {
    kind: Kind,
    server: Server,
    resp_port: u16,
    http_port: Option<u16>,
    // Last, so that the server is gone before its directory is.
    _folder: TempDir,
}

impl Peer {
    /// The release build of this workspace.
    pub(super) fn selvedge(workspace: &Workspace) -> Result<Self> {
        Self::selvedge_of(workspace, "release")
    }

    /// A build of this workspace in some profile.
    pub(super) fn selvedge_of(workspace: &Workspace, profile: &str) -> Result<Self> {
        Ok(Self { kind: Kind::Selvedge, program: workspace.build_selvedge(profile)? })
    }

    /// The Redis on the PATH, or Debian's.
    pub(super) fn redis() -> Result<Self> {
        process::program_or_debian("redis-benchmark", "redis-tools")?;
        Ok(Self { kind: Kind::Redis, program: process::program_or_debian("redis-server", "redis-server")? })
    }

    /// What the program says of itself.
    pub(super) fn version(&self) -> Result<String> {
        Ok(process::output(Command::new(&self.program).arg("--version"))?.trim().to_owned())
    }

    /// Starts it with a log that is synced about every second or sooner, the setting both have.
    pub(super) fn start(&self) -> Result<Running> {
        let folder = tempfile::tempdir()?;
        let resp_port = process::free_port()?;
        let mut command = Command::new(&self.program);
        let mut http_port = None;
        match self.kind {
            Kind::Selvedge => {
                let http = process::free_port()?;
                http_port = Some(http);
                command
                    .arg("--data-dir")
                    .arg(folder.path().join("data"))
                    .args(["--resp-addr", &format!("127.0.0.1:{resp_port}")])
                    .args(["--http-addr", &format!("127.0.0.1:{http}")])
                    .args(["--durability", "interval"])
                    .env("SELVEDGE_TOKEN", TOKEN);
            }
            Kind::Redis => {
                command
                    .args(["--port", &resp_port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no"])
                    .args(["--loglevel", "warning", "--save", "", "--requirepass", TOKEN])
                    .args(["--appendonly", "yes", "--appendfsync", "everysec"])
                    .args(["--auto-aof-rewrite-percentage", "0", "--dir"])
                    .arg(folder.path());
            }
        }
        let server = Server::start_resp(&mut command, resp_port)?;
        Ok(Running { kind: self.kind, server, resp_port, http_port, _folder: folder })
    }
}

impl Running {
    /// The name in tables.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Selvedge => "selvedge",
            Kind::Redis => "redis",
        }
    }

    /// The id of the process.
    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }

    /// The port that speaks RESP.
    pub(super) fn resp_port(&self) -> u16 {
        self.resp_port
    }

    /// The port that speaks REST, where it has one.
    pub(super) fn http_port(&self) -> Option<u16> {
        self.http_port
    }
}
