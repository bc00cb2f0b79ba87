//! The socket of a REST connection, with the framing of its requests checked before hyper reads them.
//!
//! hyper follows RFC 9112 where it lets a server choose to be lenient, and takes one meaning where proxies may have taken
//! another. Here only requests with one meaning get through.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use selvedge_wire::http::{Framing, FramingError};
use selvedge_wire::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::limits::{HTTP_DISCARDED_BYTES_MAX, HTTP_HEAD_BYTES_MAX};

/// Requests of a connection that are being answered.
#[derive(Debug, Clone, Default)]
pub(super) struct InProgress(Rc<Cell<usize>>);

impl InProgress {
    /// Counts one until the guard goes.
    pub(super) fn begin(&self) -> Begun {
        self.0.set(self.0.get() + 1);
        Begun(Rc::clone(&self.0))
    }
}

/// See [`InProgress::begin`].
#[derive(Debug)]
pub(super) struct Begun(Rc<Cell<usize>>);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: TcpStream,
    framing: Framing,
    in_progress: InProgress,
    /// Bytes of an answer are still on their way into the socket.
    is_writing: bool,
    refused: Option<FramingError>,
    /// How much more is read to no purpose, once an answer says that the connection ends.
    discards: Option<usize>,
    /// When the first bytes must be there: hyper's own timeouts begin once it has told HTTP/1.1 from HTTP/2 by them.
    opening: Option<Pin<Box<Sleep>>>,
    opening_bytes_left: usize,
}

/// The length of the preface of HTTP/2.
const PREFACE_BYTES: usize = 24;

impl Guarded {
    pub(super) fn new(stream: TcpStream, in_progress: InProgress, opening: Duration) -> Self {
        Self {
            stream,
            framing: Framing::new(HTTP_HEAD_BYTES_MAX),
            in_progress,
            is_writing: false,
            refused: None,
            discards: None,
            opening: Some(Box::pin(sleep(opening))),
            opening_bytes_left: PREFACE_BYTES,
        }
    }

    /// Answers bytes that are no request, unless another answer would be cut in two.
    fn refuse(&mut self, error: FramingError) {
        if self.in_progress.0.get() > 0 || self.is_writing {
            return;
        }
        let mut body = Vec::new();
        json::write_error(&mut body, &error.to_string());
        let status = error.status();
        let reason = if status == 431 { "Request Header Fields Too Large" } else { "Bad Request" };
        let length = body.len();
        let mut answer = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        )
        .into_bytes();
        answer.append(&mut body);
        // A client that leaves no room for a short answer does without.
        let _ = self.stream.try_write(&answer);
        let _ = socket2::SockRef::from(&self.stream).shutdown(std::net::Shutdown::Write);
        self.discards = Some(HTTP_DISCARDED_BYTES_MAX);
    }

    /// Waits for bytes, the first ones not for ever.
    fn wait_for_opening(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.opening {
            Some(opening) => opening.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            None => Poll::Pending,
        }
    }

    /// Reads on until the client has read its answer and is gone: ending a connection with bytes unread takes back what
    /// was sent. hyper's timeouts hold meanwhile.
    fn discard(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<()> {
        let before = buf.filled().len();
        while let Some(left) = self.discards.filter(|left| *left > 0) {
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
            let count = buf.filled().len() - before;
            buf.set_filled(before);
            if read.is_err() || count == 0 {
                break;
            }
            self.discards = Some(left.saturating_sub(count));
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.refused.is_none() {
            let before = buf.filled().len();
            match Pin::new(&mut self.stream).poll_read(cx, buf) {
                Poll::Ready(read) => read?,
                Poll::Pending => return self.wait_for_opening(cx),
            }
            let received = buf.filled().get(before..).unwrap_or_default();
            if self.opening.is_some() {
                self.opening_bytes_left = self.opening_bytes_left.saturating_sub(received.len());
                if self.opening_bytes_left == 0 {
                    self.opening = None;
                }
            }
            match self.framing.follow(received) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(error) => {
                    buf.set_filled(before);
                    self.refused = Some(error);
                    self.refuse(error);
                }
            }
        }
        ready!(self.discard(cx, buf));
        let error = self.refused.map(|error| io::Error::new(io::ErrorKind::InvalidData, error));
        Poll::Ready(error.map_or(Ok(()), Err))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.is_writing = !matches!(written, Poll::Ready(Ok(count)) if count == bytes.len());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        let all: usize = parts.iter().map(|part| part.len()).sum();
        self.is_writing = !matches!(written, Poll::Ready(Ok(count)) if count == all);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
