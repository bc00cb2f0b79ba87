//! Messages between clients, over both doors.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::harness::{Resp, Selvedge};

fn start(data: &tempfile::TempDir) -> Selvedge {
    Selvedge::start_with(data.path(), |command| {
        command.args(["--durability", "none"]);
    })
}

fn replies(connection: &mut Resp, count: usize) -> Vec<String> {
    (0..count).map(|_| connection.reply().unwrap()).collect()
}

#[test]
fn messages_reach_those_who_listen_in_order() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data);
    let mut listener = server.connect();
    let mut speaker = server.connect();
    listener.send(&["SUBSCRIBE", "news", "chat", "news"]);
    assert_eq!(replies(&mut listener, 3), ["subscribe news 1", "subscribe chat 2", "subscribe news 2"]);
    assert_eq!(listener.call(&["PSUBSCRIBE", "n*"]), "psubscribe n* 3");
    assert_eq!(listener.call(&["SSUBSCRIBE", "news"]), "ssubscribe news 1");
    assert_eq!(speaker.call(&["PUBLISH", "news", "one, two"]), "2");
    assert_eq!(speaker.call(&["PUBLISH", "nobody", "x"]), "1");
    assert_eq!(speaker.call(&["SPUBLISH", "news", "apart"]), "1");
    assert_eq!(speaker.call(&["PUBLISH", "silence", "x"]), "0");
    assert_eq!(
        replies(&mut listener, 4),
        ["message news one, two", "pmessage n* news one, two", "pmessage n* nobody x", "smessage news apart"]
    );
    assert_eq!(speaker.call(&["PUBSUB", "NUMSUB", "news", "none"]), "news 1 none 0");
    assert_eq!(speaker.call(&["PUBSUB", "NUMPAT"]), "1");
    assert_eq!(speaker.call(&["PUBSUB", "CHANNELS", "c*"]), "chat");
    assert_eq!(speaker.call(&["PUBSUB", "SHARDCHANNELS"]), "news");
    assert_eq!(speaker.call(&["PUBSUB", "SHARDNUMSUB", "news"]), "news 1");
    for n in 0..5_000 {
        speaker.send(&["PUBLISH", "chat", &n.to_string()]);
    }
    for n in 0..5_000 {
        assert_eq!(listener.reply().unwrap(), format!("message chat {n}"));
        assert_eq!(speaker.reply().unwrap(), "1");
    }
    assert_eq!(listener.call(&["UNSUBSCRIBE", "chat"]), "unsubscribe chat 2");
    assert_eq!(listener.call(&["UNSUBSCRIBE"]), "unsubscribe news 1");
    assert_eq!(listener.call(&["UNSUBSCRIBE"]), "unsubscribe (nil) 1");
    assert_eq!(listener.call(&["SUNSUBSCRIBE"]), "sunsubscribe news 0");
    assert_eq!(listener.call(&["PUNSUBSCRIBE"]), "punsubscribe n* 0");
    assert_eq!(listener.call(&["GET", "x"]), "(nil)", "a connection that listens to nothing is like others");
}

#[test]
fn resp2_allows_little_beside_listening() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data);
    let mut listener = server.connect();
    assert_eq!(listener.call(&["SUBSCRIBE", "c"]), "subscribe c 1");
    assert_eq!(listener.call(&["PING"]), "pong ");
    assert_eq!(listener.call(&["PING", "hi"]), "pong hi");
    assert_eq!(
        listener.call(&["PUBSUB", "CHANNELS"]),
        "-ERR Can't execute 'pubsub|channels': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
         allowed in this context"
    );
    assert_eq!(listener.call(&["RESET"]), "RESET");
    assert_eq!(listener.call(&["AUTH", server.token()]), "OK");
    assert_eq!(listener.call(&["PUBLISH", "c", "x"]), "0");
}

/// A message of a transaction comes when its changes are there to be seen, and not at all if it does not run.
#[test]
fn messages_of_a_transaction_follow_its_changes() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data);
    let mut listener = server.connect();
    let mut speaker = server.connect();
    assert_eq!(listener.call(&["SUBSCRIBE", "changed"]), "subscribe changed 1");
    let mut reader = server.connect();
    for n in 0..200 {
        let n = n.to_string();
        speaker.send(&["MULTI"]);
        speaker.send(&["PUBLISH", "changed", &n]);
        speaker.send(&["SET", "value", &n]);
        speaker.send(&["EXEC"]);
        assert_eq!(listener.reply().unwrap(), format!("message changed {n}"));
        assert_eq!(reader.call(&["GET", "value"]), n);
        assert_eq!(replies(&mut speaker, 4), ["OK", "QUEUED", "QUEUED", "1 OK"]);
    }
    speaker.call(&["WATCH", "value"]);
    reader.call(&["SET", "value", "other"]);
    speaker.call(&["MULTI"]);
    speaker.call(&["PUBLISH", "changed", "never"]);
    assert_eq!(speaker.call(&["EXEC"]), "(nil)");
    assert_eq!(speaker.call(&["PUBLISH", "changed", "last"]), "1");
    assert_eq!(listener.reply().unwrap(), "message changed last");
}

#[test]
fn a_subscriber_that_never_reads_is_cut_off() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data);
    let mut listener = server.connect();
    let mut speaker = server.connect();
    assert_eq!(listener.call(&["SUBSCRIBE", "c"]), "subscribe c 1");
    let before = server.resident_bytes();
    let message = "x".repeat(1 << 20);
    let mut sent = 0;
    while speaker.call(&["PUBLISH", "c", &message]) == "1" {
        sent += 1;
        assert!(sent < 400, "nobody cut it off");
    }
    assert!(sent > 30, "a limit of 32 MiB was met after {sent} messages of 1 MiB");
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 100 << 20, "{grown} bytes");
    while listener.reply().is_ok() {}
}

/// One request that streams events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) fn open(server: &Selvedge, path: &str) -> Self {
        Self::open_with(server, path, server.line("KV_REST_API_READ_ONLY_TOKEN"))
    }

    pub(crate) fn open_with(server: &Selvedge, path: &str, token: &str) -> Self {
        let mut stream = TcpStream::connect(server.http()).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        write!(stream, "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\nContent-Length: 2\r\n\r\n[]").unwrap();
        let mut events = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(events.0.read_line(&mut head).unwrap() > 0);
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        events
    }

    /// The next line that holds data.
    pub(crate) fn next(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return data.trim_end().to_owned();
            }
        }
    }
}

#[test]
fn over_rest_messages_come_as_events() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data);
    let mut speaker = server.connect();
    let mut channels = Events::open(&server, "/subscribe/news/ch%20a");
    assert_eq!([channels.next(), channels.next()], ["subscribe,news,1", "subscribe,ch a,2"]);
    let mut patterns = Events::open(&server, "/psubscribe/n*");
    assert_eq!(patterns.next(), "psubscribe,n*,1");
    assert_eq!(speaker.call(&["PUBLISH", "news", "{\"a\":[1,2]}"]), "2");
    assert_eq!(channels.next(), "message,news,{\"a\":[1,2]}");
    assert_eq!(patterns.next(), "pmessage,n*,news,{\"a\":[1,2]}");
    assert_eq!(server.rest(server.token(), r#"["PUBLISH","ch a","one\ntwo"]"#).1, r#"{"result":1}"#);
    assert_eq!([channels.next(), channels.next()], ["message,ch a,one", "two"]);
    // The read-only token listens and does not speak.
    let reader = server.line("KV_REST_API_READ_ONLY_TOKEN").to_owned();
    assert_eq!(server.rest(&reader, r#"["PUBLISH","news","x"]"#).0, 400);
    drop(channels);
    while speaker.call(&["PUBSUB", "NUMSUB", "news"]) != "news 0" {}
    let request = "POST /subscribe HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 0\r\n";
    let (status, _) =
        crate::harness::http(server.http(), &format!("{request}Authorization: Bearer {reader}\r\n\r\n"));
    assert_eq!(status, 400);
}

#[test]
fn many_listen_to_one_channel() {
    const LISTENERS: usize = 300;
    let data = tempfile::tempdir().unwrap();
    let server = start(&data);
    let mut listeners: Vec<Resp> = (0..LISTENERS).map(|_| server.connect()).collect();
    for listener in &mut listeners {
        assert_eq!(listener.call(&["SUBSCRIBE", "c"]), "subscribe c 1");
    }
    let mut speaker = server.connect();
    assert_eq!(speaker.call(&["PUBLISH", "c", "hello"]), LISTENERS.to_string());
    for listener in &mut listeners {
        assert_eq!(listener.reply().unwrap(), "message c hello");
    }
    drop(listeners);
    while speaker.call(&["PUBLISH", "c", "anybody"]) != "0" {}
}

/// Confirmations are messages: they come although a client wants no replies.
#[test]
fn confirmations_come_without_replies() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data);
    let mut listener = server.connect();
    let mut speaker = server.connect();
    listener.send(&["CLIENT", "REPLY", "OFF"]);
    assert_eq!(listener.call(&["SUBSCRIBE", "c"]), "subscribe c 1");
    assert_eq!(speaker.call(&["PUBLISH", "c", "hello"]), "1");
    assert_eq!(listener.reply().unwrap(), "message c hello");
    assert_eq!(listener.call(&["UNSUBSCRIBE", "c"]), "unsubscribe c 0");
    listener.send(&["ECHO", "silence"]);
    assert_eq!(listener.call(&["CLIENT", "REPLY", "ON"]), "OK");
}
