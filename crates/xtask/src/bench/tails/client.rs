//! A connection that throws replies away as fast as they come.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::abuses::Answer;
use crate::bench::servers::TOKEN;

/// Who waits longer is stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// The words of a command.
pub(super) type Line = Vec<Vec<u8>>;

/// The words of a command that is text.
pub(super) fn words(text: &str) -> Line {
    text.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// An authenticated connection.
#[derive(Debug)]
pub(super) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    pub(super) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self { stream: BufReader::with_capacity(1 << 18, stream) };
        client.call(&words(&format!("AUTH {TOKEN}")))?;
        Ok(client)
    }

    /// One command, and what its reply was like.
    pub(super) fn call(&mut self, line: &Line) -> Result<Answer> {
        let mut request = Vec::new();
        encode(&mut request, line);
        self.stream.get_mut().write_all(&request)?;
        self.reply()
    }

    /// Many commands at once, none of which may be refused.
    pub(super) fn fill(&mut self, lines: impl Iterator<Item = Line>) -> Result<()> {
        const PIPELINE: usize = 64;
        let mut lines = lines.peekable();
        while lines.peek().is_some() {
            let mut request = Vec::new();
            let mut sent = 0;
            for line in lines.by_ref().take(PIPELINE) {
                encode(&mut request, &line);
                sent += 1;
            }
            self.stream.get_mut().write_all(&request)?;
            for _ in 0..sent {
                if let Answer { error: Some(error), .. } = self.reply()? {
                    bail!("refused: {error}");
                }
            }
        }
        Ok(())
    }

    fn reply(&mut self) -> Result<Answer> {
        let mut answer = Answer::default();
        // Replies that are still to come, those inside of others included.
        let mut left = 1_u64;
        let mut line = String::new();
        while left > 0 {
            left -= 1;
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the server closed the connection");
            }
            let text = line.trim_end();
            let (kind, rest) = text.split_at_checked(1).context("an empty line")?;
            match kind {
                "-" => answer.error = Some(rest.to_owned()),
                "+" | ":" => answer.text = rest.to_owned(),
                "$" if rest == "-1" => {}
                "$" => {
                    let bytes: u64 = rest.parse()?;
                    let copied =
                        std::io::copy(&mut self.stream.by_ref().take(bytes + 2), &mut std::io::sink())?;
                    if copied != bytes + 2 {
                        bail!("the server closed the connection");
                    }
                    answer.bytes += bytes;
                    answer.items += 1;
                }
                "*" if rest == "-1" => {}
                "*" => left += rest.parse::<u64>()?,
                _ => bail!("not RESP2: {text}"),
            }
        }
        Ok(answer)
    }
}

/// Appends a command.
pub(super) fn encode(out: &mut Vec<u8>, line: &Line) {
    let words: Vec<&[u8]> = line.iter().map(Vec::as_slice).collect();
    selvedge_wire::resp::encode_command(out, &words);
}
