//! The RESP door: the loop of one connection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use selvedge_wire::ReplySink;
use selvedge_wire::resp::{Limits, RequestDecoder, RespSink};
use smallvec::SmallVec;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::limits::{READ_BYTES, TURN_OUTPUT_BYTES};
use crate::metrics::add;
use crate::shared::Shared;
use crate::turn::{Turn, give_buffer, take_buffer};

/// Serves a connection until either side ends it.
pub(crate) async fn serve(shared: Arc<Shared>, mut stream: TcpStream) {
    let address =
        |address: io::Result<std::net::SocketAddr>| address.map_or_else(|_| String::new(), |a| a.to_string());
    let connected_ms = shared.database.now().ms();
    let client = shared.clients.open(address(stream.peer_addr()), address(stream.local_addr()), connected_ms);
    let connection = Connection::new(Arc::clone(&shared), client);
    // What goes wrong with a socket is the client's business: it sees the end of the connection.
    let _ = Loop { connection, decoder: RequestDecoder::new(Limits::default()), input: Vec::new() }
        .run(&mut stream)
        .await;
}

struct Loop {
    connection: Connection,
    decoder: RequestDecoder,
    /// Bytes that are not executed yet. Empty, and without memory, while the connection is idle.
    input: Vec<u8>,
}

impl Loop {
    async fn run(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        loop {
            if let Some(limits) = self.connection.new_limits.take() {
                self.decoder.set_limits(limits);
            }
            if !self.read(stream).await? {
                return Ok(());
            }
            let shared = Arc::clone(&self.connection.shared);
            let running = Running::begin(&shared);
            let done = self.turns(stream).await;
            drop(running);
            if !done? {
                return Ok(());
            }
            if self.input.is_empty() {
                give_buffer(std::mem::take(&mut self.input));
            }
        }
    }

    /// Waits for bytes and takes them. False: the connection ended.
    async fn read(&mut self, stream: &TcpStream) -> io::Result<bool> {
        let settings = &self.connection.shared.settings;
        let patience = if self.input.is_empty() {
            (settings.idle_timeout_ms > 0).then(|| Duration::from_millis(settings.idle_timeout_ms))
        } else {
            Some(Duration::from_millis(settings.request_timeout_ms))
        };
        loop {
            match patience {
                None => stream.readable().await?,
                Some(patience) => match timeout(patience, stream.readable()).await {
                    Ok(ready) => ready?,
                    Err(_) => return Ok(false),
                },
            }
            if self.input.capacity() == 0 {
                self.input = take_buffer();
            }
            self.input.reserve(READ_BYTES);
            match stream.try_read_buf(&mut self.input) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    add(&self.connection.shared.metrics.received_bytes, count as u64);
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.input.is_empty() {
                        give_buffer(std::mem::take(&mut self.input));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Executes what is there, turn by turn. False: the connection is to end.
    async fn turns(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        let mut turn = Turn::begin();
        let mut position = 0;
        loop {
            let more = self.fill(&mut turn, &mut position).await;
            let protocol = self.connection.protocol;
            let committed = turn
                .commit(&self.connection.shared, |out, text| RespSink::new(out, protocol).error(text))
                .await;
            if let Err(error) = committed {
                tracing::warn!(%error, "a reply was replaced");
            }
            self.write(stream, &turn.out).await?;
            turn.out.clear();
            match more {
                More::Turns => {}
                More::Bytes => break,
                More::Nothing => return Ok(false),
            }
        }
        give_buffer(turn.out);
        self.input.drain(..position);
        Ok(true)
    }

    /// Executes commands until the bytes or the room for replies are used up.
    async fn fill(&mut self, turn: &mut Turn, position: &mut usize) -> More {
        while turn.out.len() < TURN_OUTPUT_BYTES {
            let rest = self.input.get(*position..).unwrap_or_default();
            let taken = match self.decoder.decode(rest) {
                Ok(Some(taken)) => taken,
                Ok(None) => return More::Bytes,
                Err(error) => {
                    self.connection.sink(turn).error(&format!("ERR {error}"));
                    return More::Nothing;
                }
            };
            let mut args = SmallVec::new();
            self.decoder.arguments(rest, &mut args);
            *position += taken;
            let Some(first) = args.first() else { continue };
            if is_http(first) {
                tracing::warn!("a connection to the RESP door spoke HTTP and was closed");
                return More::Nothing;
            }
            self.connection.request(&args, turn).await;
            if self.connection.closing {
                return More::Nothing;
            }
            drop(args);
            if let Some(limits) = self.connection.new_limits.take() {
                self.decoder.set_limits(limits);
            }
        }
        More::Turns
    }

    async fn write(&self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        add(&self.connection.shared.metrics.sent_bytes, bytes.len() as u64);
        // Nearly always the socket takes everything at once, and no timer is needed.
        let written = match stream.try_write(bytes) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
        let patience = Duration::from_millis(self.connection.shared.settings.write_timeout_ms);
        timeout(patience, stream.write_all(rest))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

/// What a turn left.
enum More {
    /// Commands that are whole.
    Turns,
    /// Nothing, or the beginning of a command.
    Bytes,
    /// The end of the connection.
    Nothing,
}

/// A browser that was led to post to this port must not run commands hidden in its body.
fn is_http(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"POST") || word.eq_ignore_ascii_case(b"Host:")
}

/// Counts a running turn, also when its task is dropped.
pub(crate) struct Running<'a>(&'a Shared);

impl<'a> Running<'a> {
    pub(crate) fn begin(shared: &'a Shared) -> Self {
        shared.turns.fetch_add(1, Ordering::AcqRel);
        Self(shared)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.turns.fetch_sub(1, Ordering::AcqRel);
    }
}
