//! Our server and a real Redis, side by side, given the same bytes.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use selvedge_wire::Value;
use selvedge_wire::resp::{decode_value, encode_command};
use tempfile::TempDir;

use super::generate::Line;
use crate::oracle::Oracle;
use crate::process::Server;

/// A server that is silent for so long is stuck.
const REPLY_TIMEOUT: Duration = Duration::from_secs(20);
const READ_BYTES: usize = 256 * 1024;

/// A reply as it came and what it says.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) raw: Vec<u8>,
    pub(super) value: Value,
}

/// What both servers said to the same lines.
#[derive(Debug)]
pub(super) struct Replies {
    /// Those of Redis. Fewer than there were lines if it died of one.
    pub(super) redis: Vec<Reply>,
    /// Ours.
    pub(super) ours: Vec<Reply>,
    /// Whether Redis died.
    pub(super) redis_died: bool,
}

/// Both servers.
#[derive(Debug)]
pub(super) struct Pair {
    oracle: Oracle,
    redis: Option<(Server, u16)>,
    ours: Server,
    our_port: u16,
    // Last, so that the servers are gone before their files.
    folder: TempDir,
}

impl Pair {
    /// Starts both.
    pub(super) fn start(oracle: Oracle, selvedge: PathBuf) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(selvedge);
        command
            .args(["--insecure-no-auth", "--durability", "none", "--data-dir"])
            .arg(folder.path().join("ours"));
        let (ours, our_port) = Server::start_selvedge(command.stderr(Stdio::null()))?;
        Ok(Self { oracle, redis: None, ours, our_port, folder })
    }

    /// Runs the lines in order on fresh connections to empty keyspaces.
    pub(super) fn run(&mut self, lines: &[Line], resp3: bool) -> Result<Replies> {
        let mut request = Vec::new();
        let before: &[&[&[u8]]] =
            if resp3 { &[&[b"FLUSHALL"], &[b"HELLO", b"3"]] } else { &[&[b"FLUSHALL"]] };
        before.iter().for_each(|words| encode_command(&mut request, words));
        for line in lines {
            let words: Vec<&[u8]> = line.iter().map(Vec::as_slice).collect();
            encode_command(&mut request, &words);
        }
        let wanted = before.len() + lines.len();
        let mut redis = Conversation::open(self.redis_port()?).context("connecting to Redis")?;
        let mut ours = Conversation::open(self.our_port).context("connecting to our server")?;
        // Both work at the same time.
        redis.stream.write_all(&request)?;
        ours.stream.write_all(&request).context("writing to our server")?;
        let (mut our_replies, end) = ours.replies(wanted);
        if let Some(error) = end {
            if self.ours.has_ended()? {
                bail!("our server died after {} replies", our_replies.len());
            }
            return Err(error.context(format!("our server, after {} replies", our_replies.len())));
        }
        let (mut redis_replies, end) = redis.replies(wanted);
        let redis_died = end.is_some();
        if let Some(error) = end {
            let has_ended = self.redis.as_mut().is_none_or(|(server, _)| server.has_ended().unwrap_or(true));
            if !has_ended {
                return Err(error.context(format!("Redis, after {} replies", redis_replies.len())));
            }
            self.redis = None;
        }
        our_replies.drain(..before.len());
        redis_replies.drain(..before.len().min(redis_replies.len()));
        Ok(Replies { redis: redis_replies, ours: our_replies, redis_died })
    }

    fn redis_port(&mut self) -> Result<u16> {
        if let Some((_, port)) = self.redis {
            return Ok(port);
        }
        let folder = self.folder.path().join("redis");
        std::fs::create_dir_all(&folder)?;
        let started = self.oracle.start(&folder, 1)?;
        let port = started.1;
        self.redis = Some(started);
        Ok(port)
    }
}

/// A connection on which everything was asked at once.
struct Conversation {
    stream: TcpStream,
}

impl Conversation {
    fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
        Ok(Self { stream })
    }

    /// As many replies as wanted, or those that came and why there are no more.
    fn replies(&mut self, wanted: usize) -> (Vec<Reply>, Option<anyhow::Error>) {
        let mut replies = Vec::new();
        let mut received: Vec<u8> = Vec::new();
        let mut done = 0;
        let mut buffer = vec![0; READ_BYTES];
        while replies.len() < wanted {
            let rest = received.get(done..).unwrap_or_default();
            match decode_value(rest) {
                Ok(Some((value, length))) => {
                    let raw = rest.get(..length).unwrap_or_default().to_vec();
                    done += length;
                    replies.push(Reply { raw, value });
                    continue;
                }
                Ok(None) => {}
                Err(error) => return (replies, Some(error.into())),
            }
            received.drain(..std::mem::take(&mut done));
            match self.stream.read(&mut buffer) {
                Ok(0) => return (replies, Some(io::Error::from(io::ErrorKind::UnexpectedEof).into())),
                Ok(count) => received.extend(buffer.iter().take(count)),
                Err(error) => return (replies, Some(error.into())),
            }
        }
        (replies, None)
    }
}
