//! The RESP door: the loop of one connection.

use std::future::{pending, poll_fn};
use std::io;
use std::os::fd::AsRawFd as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use selvedge_node::Subscriber;
use selvedge_wire::resp::{Limits, RequestDecoder, RespSink};
use selvedge_wire::{ReplySink, Value};
use smallvec::SmallVec;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::clients::{Ends, Flag, WaitEnd};
use crate::connection::{BlockedCommand, Connection, write_delivery};
use crate::limits::{READ_AHEAD_BYTES_MAX, READ_BYTES, TURN_OUTPUT_BYTES};
use crate::metrics::add;
use crate::shared::Shared;
use crate::turn::{Turn, give_buffer, take_buffer};

/// Serves a connection until either side ends it, or somebody kills its task.
pub(crate) async fn serve(shared: Arc<Shared>, mut stream: TcpStream, task: Option<AbortHandle>) {
    let address =
        |address: io::Result<std::net::SocketAddr>| address.map_or_else(|_| String::new(), |a| a.to_string());
    let ends = Ends {
        peer: address(stream.peer_addr()),
        local: address(stream.local_addr()),
        host: stream.peer_addr().ok().map(|peer| peer.ip()),
        descriptor: stream.as_raw_fd(),
        task,
    };
    let client = shared.clients.open(ends, shared.ms_until(std::time::Instant::now()));
    let connection = Connection::new(Arc::clone(&shared), client);
    // What goes wrong with a socket is the client's business: it sees the end of the connection.
    let decoder = RequestDecoder::new(Limits::default());
    let _ = Loop { connection, decoder, input: Vec::new(), deadline: None }.run(&mut stream).await;
}

struct Loop {
    connection: Connection,
    decoder: RequestDecoder,
    /// Bytes that are not executed yet. Empty, and without memory, while the connection is idle.
    input: Vec<u8>,
    /// When the request whose beginning is in `input` must be whole: a client that sends a byte now and then is cut off.
    deadline: Option<Instant>,
}

impl Loop {
    async fn run(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        loop {
            if let Some(limits) = self.connection.new_limits.take() {
                self.decoder.set_limits(limits);
            }
            let count = match self.next(stream).await? {
                Next::Bytes(count) => count,
                Next::Messages => {
                    if !self.deliver(stream).await? {
                        return Ok(());
                    }
                    continue;
                }
                Next::Notices => {
                    self.tell(stream).await?;
                    continue;
                }
                Next::End => return Ok(()),
            };
            let shared = Arc::clone(&self.connection.shared);
            let running = Running::begin(&shared);
            let done = self.turns(stream, count).await;
            drop(running);
            if !done? {
                return Ok(());
            }
            if self.input.is_empty() {
                self.deadline = None;
                give_buffer(std::mem::take(&mut self.input));
                self.connection.client.live.holds(&self.input);
            } else if self.deadline.is_none() {
                let patience = Duration::from_millis(shared.settings.request_timeout_ms);
                self.deadline = Some(Instant::now() + patience);
            }
            if count >= READ_BYTES {
                // More is probably there already: a client that sends without a pause must not hold the thread.
                yield_now().await;
            }
        }
    }

    /// Waits for what the client sends, or for messages that it listens to.
    async fn next(&mut self, stream: &mut TcpStream) -> io::Result<Next> {
        let inbox = Arc::clone(&self.connection.client.inbox);
        let Some(arrivals) = self.connection.subscriber.as_ref().map(Subscriber::arrivals) else {
            return tokio::select! {
                biased;
                () = inbox.arrived() => Ok(Next::Notices),
                count = self.read(stream) => Ok(Next::of(count?)),
            };
        };
        tokio::select! {
            () = inbox.arrived() => Ok(Next::Notices),
            count = self.read(stream) => Ok(Next::of(count?)),
            () = arrivals.next() => Ok(Next::Messages),
        }
    }

    /// Sends the messages that have arrived. False: they were too many.
    async fn deliver(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        let Some(subscriber) = &mut self.connection.subscriber else { return Ok(true) };
        let deliveries = match subscriber.take() {
            Ok(deliveries) => deliveries,
            Err(overflow) => {
                tracing::warn!(%overflow, "a connection was closed");
                return Ok(false);
            }
        };
        let mut out = take_buffer();
        for delivery in &deliveries {
            write_delivery(delivery, &mut RespSink::new(&mut out, self.connection.protocol));
            if out.len() >= TURN_OUTPUT_BYTES {
                self.write(stream, &out).await?;
                out.clear();
            }
        }
        self.write(stream, &out).await?;
        give_buffer(out);
        Ok(true)
    }

    /// Sends what there is to tell about keys.
    async fn tell(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        let mut out = take_buffer();
        for notice in self.connection.client.inbox.take() {
            self.connection.write_notice(&notice, &mut RespSink::new(&mut out, self.connection.protocol));
            if out.len() >= TURN_OUTPUT_BYTES {
                self.write(stream, &out).await?;
                out.clear();
            }
        }
        self.write(stream, &out).await?;
        give_buffer(out);
        Ok(())
    }

    /// Waits for bytes and takes them; says how many. 0: the connection ended.
    async fn read(&mut self, stream: &mut TcpStream) -> io::Result<usize> {
        // A client that only listens is silent for good reason.
        let listens = self.connection.subscriber.as_ref().is_some_and(Subscriber::listens);
        let idle_timeout_ms = if listens { 0 } else { self.connection.shared.settings.idle_timeout_ms };
        let silence_ends =
            (idle_timeout_ms > 0).then(|| Instant::now() + Duration::from_millis(idle_timeout_ms));
        let deadline = self.deadline.or(silence_ends);
        loop {
            match deadline {
                None => stream.readable().await?,
                Some(deadline) => match timeout_at(deadline, stream.readable()).await {
                    Ok(ready) => ready?,
                    Err(_) => return Ok(0),
                },
            }
            if let Some(count) = self.take_bytes(stream).await? {
                return Ok(count);
            }
        }
    }

    /// Takes what the socket has. None: nothing at the moment.
    async fn take_bytes(&mut self, stream: &mut TcpStream) -> io::Result<Option<usize>> {
        if self.input.capacity() == 0 {
            self.input = take_buffer();
        }
        self.input.reserve(READ_BYTES);
        // Read as a future polled once: unlike `try_read`, it notes that the socket is empty when it gets less than it
        // asked for. The next wait then goes to the poller, where the other connections have their turn.
        let read = {
            let mut read = pin!(stream.read_buf(&mut self.input));
            poll_fn(|cx| match read.as_mut().poll(cx) {
                Poll::Ready(read) => Poll::Ready(Some(read)),
                Poll::Pending => Poll::Ready(None),
            })
            .await
        };
        match read {
            Some(read) => {
                let count = read?;
                add(&self.connection.shared.metrics.received_bytes, count as u64);
                Ok(Some(count))
            }
            None => {
                if self.input.is_empty() {
                    give_buffer(std::mem::take(&mut self.input));
                }
                Ok(None)
            }
        }
    }

    /// Executes what is there, turn by turn. False: the connection is to end.
    async fn turns(&mut self, stream: &mut TcpStream, received: usize) -> io::Result<bool> {
        let mut turn = Turn::begin(take_buffer());
        let mut position = 0;
        let now_ms = self.connection.shared.ms_until(turn.meter.since());
        self.connection.client.live.received(received, &self.input, now_ms);
        loop {
            let more = self.fill(&mut turn, &mut position).await;
            let protocol = self.connection.protocol;
            let committed = turn
                .commit(&self.connection.shared, |out, text| RespSink::new(out, protocol).error(text))
                .await;
            if let Err(error) = committed {
                tracing::warn!(%error, "a reply was replaced");
            }
            self.connection.client.live.sends(turn.out.len());
            self.write(stream, &turn.out).await?;
            self.connection.client.live.sent(turn.out.len(), std::mem::take(&mut turn.commands));
            turn.out.clear();
            match more {
                More::Turns => {}
                More::Blocked => {
                    if !self.wait(stream, &mut turn).await? {
                        return Ok(false);
                    }
                }
                More::Bytes => break,
                More::Nothing => return Ok(false),
            }
        }
        give_buffer(turn.out);
        if position > 0 {
            self.input.drain(..position);
            self.deadline = None;
        }
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
            if self.connection.blocked.is_some() {
                return More::Blocked;
            }
            if let Some(limits) = self.connection.new_limits.take() {
                self.decoder.set_limits(limits);
            }
        }
        More::Turns
    }

    /// Waits until the command that blocks is served or its time is over, and writes its reply. False: the client is gone.
    async fn wait(&mut self, stream: &mut TcpStream, turn: &mut Turn) -> io::Result<bool> {
        let Some(BlockedCommand { mut blocked, is_silent }) = self.connection.blocked.take() else {
            return Ok(true);
        };
        let shared = Arc::clone(&self.connection.shared);
        let paused = Running::pause(&shared);
        self.connection.client.live.set(Flag::Blocked, true);
        let mut end = self.connection.client.wait_begins();
        let timeout = blocked.patience.timeout_ms.map(Duration::from_millis);
        // A time beyond what the clock can count is as good as none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let woken = loop {
            let time_is_over = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                woken = blocked.woken() => break woken,
                () = time_is_over => break blocked.give_up(),
                Ok(how) = &mut end => match how {
                    WaitEnd::Timeout => break blocked.give_up(),
                    WaitEnd::Error => {
                        let error = "UNBLOCKED client unblocked via CLIENT UNBLOCK".to_owned();
                        let reply = Value::Error(error);
                        break blocked.give_up_with(reply);
                    }
                },
                count = self.read_ahead(stream) => if count? == 0 {
                    return Ok(false);
                },
            }
        };
        drop(paused);
        self.connection.client.live.set(Flag::Blocked, false);
        // Nobody worked on the command meanwhile.
        turn.meter.lap();
        let (start, protocol) = (turn.out.len(), self.connection.protocol);
        turn.woken(&shared, woken, |out, run| run(&mut RespSink::new(out, protocol)));
        if is_silent {
            turn.out.truncate(start);
        }
        Ok(true)
    }

    /// Takes bytes while a command waits: the only way to see that the client is gone. 0: it is.
    async fn read_ahead(&mut self, stream: &mut TcpStream) -> io::Result<usize> {
        if self.input.len() >= READ_AHEAD_BYTES_MAX {
            pending::<()>().await;
        }
        loop {
            stream.readable().await?;
            if let Some(count) = self.take_bytes(stream).await? {
                return Ok(count);
            }
        }
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
        let arrivals = self.connection.subscriber.as_ref().map(Subscriber::arrivals);
        let given_up = async {
            match arrivals {
                Some(arrivals) => arrivals.overflow().await,
                None => pending().await,
            }
        };
        tokio::select! {
            written = timeout(patience, stream.write_all(rest)) => {
                written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
            }
            () = given_up => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// What there is to do next.
enum Next {
    /// That many bytes came.
    Bytes(usize),
    /// Messages have arrived, or too many of them.
    Messages,
    /// There is news about keys.
    Notices,
    /// The client is gone.
    End,
}

impl Next {
    fn of(count: usize) -> Self {
        if count == 0 { Self::End } else { Self::Bytes(count) }
    }
}

/// What a turn left.
enum More {
    /// Commands that are whole.
    Turns,
    /// A command that waits, and whatever is behind it.
    Blocked,
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

    /// Within a running turn: it only waits for others, which must not hold up a stop.
    pub(crate) fn pause(shared: &'a Shared) -> Paused<'a> {
        shared.turns.fetch_sub(1, Ordering::AcqRel);
        Paused(shared)
    }
}

/// See [`Running::pause`].
pub(crate) struct Paused<'a>(&'a Shared);

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.0.turns.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.turns.fetch_sub(1, Ordering::AcqRel);
    }
}
