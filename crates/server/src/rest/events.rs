//! Streams of server-sent events: subscriptions over REST (UPSTASH.md section 1.9).

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{self, HeaderName, HeaderValue};
use selvedge_node::{Delivery, Subscriber, Topic};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{MissedTickBehavior, interval};

use crate::limits::{EVENTS_HEARTBEAT, SUBSCRIBER_BYTES_MAX};
use crate::rest::answer::{self, Answer};
use crate::shared::Shared;

/// Pieces of a stream that are ready before the client takes one: the next one is made when it has.
const PIECES: usize = 1;

/// What an answer carries.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// All of it.
    Whole(Full<Bytes>),
    /// A stream of events that ends with the connection.
    Events(Receiver<Bytes>),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Events(pieces) => {
                pieces.poll_recv(cx).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Events(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Events(_) => SizeHint::default(),
        }
    }
}

/// Listens to all of these names and streams what comes.
pub(super) fn subscribe<'a>(
    shared: &Shared,
    topic: Topic,
    names: impl Iterator<Item = std::borrow::Cow<'a, [u8]>>,
) -> Answer {
    let mut subscriber = shared.database.new_subscriber(SUBSCRIBER_BYTES_MAX);
    let mut first = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        subscriber.subscribe(topic, &name);
        let word: &[u8] = if topic == Topic::Pattern { b"psubscribe" } else { b"subscribe" };
        let count = subscriber.total().to_string();
        event(&mut first, &[word, &name, count.as_bytes()]);
    }
    if first.is_empty() {
        return answer::error(
            shared,
            StatusCode::BAD_REQUEST,
            "ERR a subscription names at least one channel",
        );
    }
    answer(shared, subscriber, first)
}

/// Streams every command that runs.
pub(super) fn monitor(shared: &Shared) -> Answer {
    let mut subscriber = shared.database.new_subscriber(SUBSCRIBER_BYTES_MAX);
    subscriber.subscribe(Topic::Monitor, b"");
    let mut first = Vec::new();
    event(&mut first, &[b"\"OK\""]);
    answer(shared, subscriber, first)
}

fn answer(shared: &Shared, subscriber: Subscriber, first: Vec<u8>) -> Answer {
    let (sender, pieces) = channel(PIECES);
    tokio::task::spawn_local(stream(subscriber, first, sender));
    let mut answer = answer::answer(shared, StatusCode::OK, "text/event-stream", Vec::new());
    *answer.body_mut() = AnswerBody::Events(pieces);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies that gather an answer before they pass it on are asked not to.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    answer
}

/// Feeds a stream until the client is gone or has fallen too far behind.
async fn stream(mut subscriber: Subscriber, first: Vec<u8>, pieces: Sender<Bytes>) {
    if pieces.send(first.into()).await.is_err() {
        return;
    }
    let arrivals = subscriber.arrivals();
    let mut heartbeat = interval(EVENTS_HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    loop {
        let mut piece = Vec::new();
        tokio::select! {
            () = pieces.closed() => return,
            () = arrivals.next() => match subscriber.take() {
                Ok(deliveries) => deliveries.iter().for_each(|delivery| message(&mut piece, delivery)),
                Err(overflow) => {
                    tracing::warn!(%overflow, "a stream of events was closed");
                    return;
                }
            },
            _ = heartbeat.tick() => piece.extend_from_slice(b": still here\n\n"),
        }
        let sent = tokio::select! {
            sent = pieces.send(piece.into()) => sent.is_ok(),
            () = arrivals.overflow() => false,
        };
        if !sent {
            return;
        }
    }
}

fn message(out: &mut Vec<u8>, delivery: &Delivery) {
    match &delivery.pattern {
        _ if delivery.topic == Topic::Monitor => event(out, &[&delivery.payload]),
        Some(pattern) => event(out, &[b"pmessage", pattern, &delivery.channel, &delivery.payload]),
        None => event(out, &[b"message", &delivery.channel, &delivery.payload]),
    }
}

/// One event: the fields with commas between them, and a line for each line of it.
fn event(out: &mut Vec<u8>, fields: &[&[u8]]) {
    let text = fields.join(&b","[..]);
    for line in String::from_utf8_lossy(&text).split('\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line.trim_end_matches('\r').as_bytes());
        out.push(b'\n');
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_line_for_each_line() {
        let mut out = Vec::new();
        event(&mut out, &[b"message", b"chat", b"one, two\r\nthree"]);
        assert_eq!(out, b"data: message,chat,one, two\ndata: three\n\n");
    }
}
