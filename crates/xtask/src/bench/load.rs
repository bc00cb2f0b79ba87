//! Commands in bulk: written as fast as the server takes them, replies counted on a thread beside.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::TcpStream;

use anyhow::{Result, bail};

use super::servers::TOKEN;

/// Sends what `commands` writes and waits for `replies` replies of one line each.
pub(super) fn send(
    port: u16,
    replies: u64,
    commands: impl FnOnce(&mut BufWriter<TcpStream>) -> std::io::Result<()>,
) -> Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    let reader = BufReader::with_capacity(1 << 16, stream.try_clone()?);
    let counter = std::thread::spawn(move || count(reader, replies + 1));
    let mut writer = BufWriter::with_capacity(1 << 16, stream);
    command(&mut writer, &["AUTH", TOKEN])?;
    commands(&mut writer)?;
    writer.flush()?;
    match counter.join() {
        Ok(outcome) => outcome,
        Err(_) => bail!("the thread that counts replies failed"),
    }
}

/// Writes one command.
pub(super) fn command(out: &mut impl Write, arguments: &[&str]) -> std::io::Result<()> {
    write!(out, "*{}\r\n", arguments.len())?;
    arguments.iter().try_for_each(|argument| write!(out, "${}\r\n{argument}\r\n", argument.len()))
}

fn count(mut reader: impl BufRead, replies: u64) -> Result<()> {
    let mut line = String::new();
    for _ in 0..replies {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            bail!("the server closed the connection");
        }
        if line.starts_with('-') {
            bail!("the server refused: {}", line.trim_end());
        }
    }
    Ok(())
}
