//! Starts `selvedge` on ports of its own choosing and speaks to it in plain RESP and HTTP.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

/// Longest wait for an answer; a test that meets it has failed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// The last of the lines that a start prints.
const LAST_LINE: &str = "REDIS_URL";

/// A running server.
#[derive(Debug)]
pub struct Selvedge {
    child: Child,
    /// The pasted lines: name and value.
    pub lines: HashMap<String, String>,
}

/// The binary with nothing of this machine's environment that it listens to.
pub fn selvedge() -> Command {
    isolated(Command::new(env!("CARGO_BIN_EXE_selvedge")))
}

/// `command` without the variables that the binary reads.
pub fn isolated(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SELVEDGE_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// The arguments of a server with its data in `data` and ports of the system's choice.
pub fn arguments(data: &Path) -> Vec<String> {
    let data = data.to_str().unwrap();
    ["--data-dir", data, "--http-addr", "127.0.0.1:0", "--resp-addr", "127.0.0.1:0"]
        .map(str::to_owned)
        .to_vec()
}

impl Selvedge {
    /// Starts a server on `data`.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, |_| {})
    }

    /// Starts a server on `data` with more arguments or variables.
    pub fn start_with(data: &Path, configure: impl FnOnce(&mut Command)) -> Self {
        let mut command = selvedge();
        command.args(arguments(data));
        configure(&mut command);
        Self::spawn(command)
    }

    /// Starts whatever `command` is and waits for the lines to paste.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = HashMap::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !lines.contains_key(LAST_LINE) {
            text.clear();
            if stdout.read_line(&mut text).unwrap() == 0 {
                panic!("the server ended before it was ready: {:?}", child.wait());
            }
            if let Some((name, value)) = text.trim_end().split_once('=') {
                lines.insert(name.to_owned(), value.to_owned());
            }
        }
        Self { child, lines }
    }

    /// The value of a line that was printed.
    pub fn line(&self, name: &str) -> &str {
        &self.lines[name]
    }

    /// The standard token.
    pub fn token(&self) -> &str {
        self.line("KV_REST_API_TOKEN")
    }

    /// Where REST is.
    pub fn http(&self) -> SocketAddr {
        self.line("KV_REST_API_URL").strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// Where RESP is.
    pub fn resp(&self) -> SocketAddr {
        self.line("REDIS_URL").rsplit('@').next().unwrap().parse().unwrap()
    }

    /// An authenticated connection.
    pub fn connect(&self) -> Resp {
        let mut resp = Resp::connect(self.resp());
        assert_eq!(resp.call(&["AUTH", self.token()]), "OK");
        resp
    }

    /// A command over REST; the status and the body.
    pub fn rest(&self, token: &str, body: &str) -> (u16, String) {
        self.post(token, "/", body)
    }

    /// A body posted to a path; the status and the body of the answer.
    pub fn post(&self, token: &str, path: &str, body: &str) -> (u16, String) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        http(self.http(), &request)
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident bytes of the process.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Sends the signal and waits for the end.
    pub fn stop(self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }

    /// Waits for its end, which something else brings about.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Selvedge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary to its end.
pub fn run_to_end(arguments: &[String]) -> Output {
    selvedge().args(arguments).output().unwrap()
}

/// Sends bytes as they are, and reads all that comes until the server ends the connection.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(ANSWER_TIMEOUT)).unwrap();
    // A server that refuses early may end the connection while bytes are still on their way: what it said counts.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends an HTTP request as it is; the status and the body.
pub fn http(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(ANSWER_TIMEOUT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status, body)
}

/// A RESP2 connection that knows only what these tests need.
#[derive(Debug)]
pub struct Resp {
    stream: BufReader<TcpStream>,
}

impl Resp {
    /// Connects without a word.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// One command; see [`Resp::try_call`].
    pub fn call(&mut self, arguments: &[&str]) -> String {
        self.try_call(arguments).unwrap()
    }

    /// One command and its reply as text: status and bulk bare, errors with `-`, nil as `(nil)`, arrays joined by a space.
    pub fn try_call(&mut self, arguments: &[&str]) -> std::io::Result<String> {
        self.try_send(arguments)?;
        self.reply()
    }

    /// How many connections of the server wait in a command.
    pub fn waiting(&mut self) -> usize {
        let info = self.call(&["INFO", "clients"]);
        let line = info.lines().find_map(|line| line.strip_prefix("blocked_clients:")).unwrap();
        line.trim().parse().unwrap()
    }

    /// Sends a command without waiting for its reply.
    pub fn send(&mut self, arguments: &[&str]) {
        self.try_send(arguments).unwrap();
    }

    fn try_send(&mut self, arguments: &[&str]) -> std::io::Result<()> {
        let mut request = format!("*{}\r\n", arguments.len());
        for argument in arguments {
            request.push_str(&format!("${}\r\n{argument}\r\n", argument.len()));
        }
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// The next reply; see [`Resp::try_call`].
    pub fn reply(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let (kind, rest) = line.trim_end().split_at(1);
        match kind {
            "+" | ":" => Ok(rest.to_owned()),
            "-" => Ok(line.trim_end().to_owned()),
            "$" | "*" if rest == "-1" => Ok("(nil)".to_owned()),
            "$" => {
                let mut bulk = vec![0; rest.parse::<usize>().unwrap() + 2];
                self.stream.read_exact(&mut bulk)?;
                bulk.truncate(bulk.len() - 2);
                Ok(String::from_utf8(bulk).unwrap())
            }
            "*" => {
                let elements = (0..rest.parse::<usize>().unwrap()).map(|_| self.reply());
                Ok(elements.collect::<std::io::Result<Vec<_>>>()?.join(" "))
            }
            _ => panic!("not RESP2: {line:?}"),
        }
    }
}
