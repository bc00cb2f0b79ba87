//! Running other programs: with their output shown, captured, or in the background.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Longest time a server may take until it answers.
const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs a command with its output on our terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs a command and returns what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting `{}`", shown(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}: {}",
            shown(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("the output of `{}` is not text", shown(command)))
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// The program of that name on the PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

/// Installs Debian packages when we are root on a Debian; says what to do otherwise.
pub(crate) fn install_debian(packages: &[&str]) -> Result<()> {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || find_program("apt-get").is_none() {
        bail!("missing, and not root on a Debian: install the packages {}", packages.join(", "));
    }
    println!("installing {} with apt-get", packages.join(" "));
    let install = || {
        run(Command::new("apt-get")
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    install().or_else(|_| run(Command::new("apt-get").args(["update", "--quiet"])).and_then(|()| install()))
}

/// The program of that name, installed from the Debian package when it is missing.
pub(crate) fn program_or_debian(name: &str, package: &str) -> Result<PathBuf> {
    if let Some(program) = find_program(name) {
        return Ok(program);
    }
    install_debian(&[package]).with_context(|| format!("the program `{name}`"))?;
    find_program(name).with_context(|| format!("the package {package} did not bring `{name}`"))
}

/// A port of 127.0.0.1 that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A server in the background; it ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts the command with its standard output thrown away and waits until `port` answers a RESP `PING`.
    pub(crate) fn start_resp(command: &mut Command, port: u16) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("starting `{}`", shown(command)))?;
        let mut server = Self { child };
        let deadline = Instant::now() + READY_TIMEOUT;
        while !answers_ping(port) {
            if let Some(status) = server.child.try_wait()? {
                bail!("`{}` ended before it answered: {status}", shown(command));
            }
            if Instant::now() > deadline {
                bail!("`{}` did not answer on port {port}", shown(command));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Starts `selvedge` on ports that it chooses itself, and says where it speaks RESP.
    pub(crate) fn start_selvedge(command: &mut Command) -> Result<(Self, u16)> {
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SELVEDGE_"))
        {
            command.env_remove(name);
        }
        let mut child = command
            .args(["--http-addr", "127.0.0.1:0", "--resp-addr", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting `{}`", shown(command)))?;
        let stdout = child.stdout.take();
        let server = Self { child };
        for line in BufReader::new(stdout.context("no standard output")?).lines() {
            let line = line?;
            if let Some((_, address)) =
                line.split_once("REDIS_URL=").and_then(|(_, url)| url.rsplit_once(['@', '/']))
            {
                let address: SocketAddr = address.parse().with_context(|| line.clone())?;
                return Ok((server, address.port()));
            }
        }
        bail!("`{}` ended before it was ready", shown(command))
    }

    /// Starts a Redis without persistence in `folder` on a free port, and says which.
    pub(crate) fn start_redis(command: &mut Command, folder: &Path) -> Result<(Self, u16)> {
        let port = free_port()?;
        command
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--daemonize", "no"])
            .args(["--save", "", "--loglevel", "warning", "--dir"])
            .arg(folder);
        let server = Self::start_resp(command, port)?;
        // The port was free a moment ago; what runs against a server like this begins with FLUSHALL.
        let wanted = format!("process_id:{}", server.id());
        let information = ask(port, b"INFO server\r\n", "executable:")?;
        if !information.lines().any(|line| line == wanted) {
            bail!("another server answers on port {port}");
        }
        Ok((server, port))
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has ended by itself.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is a scratch server: nothing it holds is wanted, and a failed kill means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a line and reads until the answer holds `end`.
fn ask(port: u16, line: &[u8], end: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(READY_TIMEOUT))?;
    stream.write_all(line)?;
    let mut answer = String::new();
    let mut reader = BufReader::new(stream);
    while !answer.contains(end) {
        if reader.read_line(&mut answer)? == 0 {
            bail!("the server on port {port} closed the connection");
        }
    }
    Ok(answer)
}

/// Whether something that speaks RESP answers, be it with `+PONG` or with an error about authentication.
fn answers_ping(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
    let mut answer = [0; 1];
    stream.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
        && stream.write_all(b"*1\r\n$4\r\nPING\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && matches!(answer[0], b'+' | b'-')
}
