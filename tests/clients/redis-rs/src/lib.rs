//! Starts the real binary on ports of the system's choosing for the tests of the client redis-rs.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use redis::{Client, IntoConnectionInfo};
use tempfile::TempDir;

/// The last of the lines that a start prints.
const LAST_LINE: &str = "REDIS_URL";

/// A running server; it ends with this value, and its data with it.
#[derive(Debug)]
pub struct Selvedge {
    child: Child,
    directory: TempDir,
    lines: HashMap<String, String>,
}

impl Selvedge {
    /// Starts a server with no data.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (child, lines) = spawn(&directory, "127.0.0.1:0", "127.0.0.1:0");
        Self { child, directory, lines }
    }

    /// Ends the process the hard way and starts another on the same data and ports.
    pub fn restart(&mut self) {
        self.end();
        let http = self.lines["KV_REST_API_URL"].trim_start_matches("http://").to_owned();
        let (child, lines) = spawn(&self.directory, &http, &self.address());
        self.child = child;
        self.lines = lines;
    }

    /// A client with all rights that speaks RESP2 or RESP3.
    pub fn client(&self, protocol: u8) -> Client {
        self.client_as(&format!("default:{}@", self.lines["KV_REST_API_TOKEN"]), protocol)
    }

    /// A client that may only read.
    pub fn reader(&self, protocol: u8) -> Client {
        self.client_as(&format!("default_ro:{}@", self.lines["KV_REST_API_READ_ONLY_TOKEN"]), protocol)
    }

    /// A client with `user:password@`, or nothing, in front of the address.
    pub fn client_as(&self, authority: &str, protocol: u8) -> Client {
        let url = format!("redis://{authority}{}/?protocol=resp{protocol}", self.address());
        Client::open(url.into_connection_info().unwrap()).unwrap()
    }

    fn address(&self) -> String {
        self.lines[LAST_LINE].rsplit(['@', '/']).next().unwrap().to_owned()
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Selvedge {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts the binary and reads the lines to paste.
fn spawn(directory: &TempDir, http_address: &str, resp_address: &str) -> (Child, HashMap<String, String>) {
    let binary = std::env::var_os("SELVEDGE_BIN").expect("SELVEDGE_BIN: run `cargo xtask test clients`");
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SELVEDGE_") {
            command.env_remove(name);
        }
    }
    command.arg("--data-dir").arg(directory.path());
    command.args(["--http-addr", http_address, "--resp-addr", resp_address]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = HashMap::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some((name, value)) = line.unwrap().split_once('=') {
            lines.insert(name.to_owned(), value.to_owned());
        }
        if lines.contains_key(LAST_LINE) {
            return (child, lines);
        }
    }
    panic!("the server ended before it was ready: {:?}", child.wait());
}
