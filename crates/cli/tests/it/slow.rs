//! Clients that are slow, silent or gone: each meets its deadline, and nobody else notices.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::harness::{Resp, Selvedge};

/// Longer than any deadline of these tests, by far.
const FAR: Duration = Duration::from_secs(30);

fn start(arguments: &[&str]) -> (tempfile::TempDir, Selvedge) {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(scratch.path(), |command| {
        command.args(["--durability", "none"]).args(arguments);
    });
    (scratch, server)
}

/// Sends a byte every 20 ms until the server ends the connection. What it said.
fn drip(address: SocketAddr, bytes: &[u8]) -> String {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut said = Vec::new();
    let mut bytes = bytes.iter().cycle();
    let mut chunk = [0; 4096];
    loop {
        assert!(begun.elapsed() < FAR, "the server waits for ever");
        if stream.write_all(&[*bytes.next().unwrap()]).is_err() {
            break;
        }
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => said.extend_from_slice(&chunk[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// Waits until the server ends the connection. What it said.
fn until_the_end(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(FAR)).unwrap();
    let mut said = Vec::new();
    if let Err(error) = stream.read_to_end(&mut said) {
        assert!(
            !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "the server waits for ever"
        );
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn requests_that_drip_are_cut_off() {
    let (_scratch, server) = start(&["--request-timeout-ms", "300", "--http-idle-timeout-ms", "300"]);
    let mut other = server.connect();
    drip(server.resp(), b"*1\r\n$4000\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    drip(server.http(), b"GET /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 5000\r\n\r\n",
        server.token()
    );
    let mut body = TcpStream::connect(server.http()).unwrap();
    body.write_all(format!("{head}[\"SET\"").as_bytes()).unwrap();
    let answer = until_the_end(body);
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("ERR the request body took too long"),
        "{answer}"
    );
    assert_eq!(other.call(&["PING"]), "PONG", "who sends whole requests may take any time between them");
}

#[test]
fn silent_connections_are_closed_where_the_operator_wants_it() {
    let (_scratch, server) = start(&["--idle-timeout-ms", "200", "--http-idle-timeout-ms", "200"]);
    assert_eq!(until_the_end(TcpStream::connect(server.resp()).unwrap()), "");
    for beginning in ["", "PRI * HTTP/2", "GET", "GET /ping HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = TcpStream::connect(server.http()).unwrap();
        stream.write_all(beginning.as_bytes()).unwrap();
        let said = until_the_end(stream);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408 "), "{beginning:?}: {said}");
    }
    let mut half = TcpStream::connect(server.resp()).unwrap();
    half.write_all(b"PING").unwrap();
    half.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(until_the_end(half), "");
}

#[test]
fn who_reads_no_replies_is_cut_off_and_holds_little_memory() {
    const VALUE_BYTES: usize = 1 << 20;
    let (_scratch, server) = start(&["--write-timeout-ms", "300"]);
    let mut other = server.connect();
    other.call(&["SET", "large", &"x".repeat(VALUE_BYTES)]);
    let before = server.resident_bytes();
    let mut greedy = server.connect();
    let id = greedy.call(&["CLIENT", "ID"]);
    for _ in 0..500 {
        greedy.send(&["GET", "large"]);
    }
    // Somebody who may not even ask, and asks a lot.
    let mut outsider = TcpStream::connect(server.resp()).unwrap();
    outsider.set_nonblocking(true).unwrap();
    let begun = Instant::now();
    let mut most = 0;
    let mut is_open = true;
    while server_has(&mut other, &id) || is_open {
        assert!(begun.elapsed() < FAR, "a client that does not read stays");
        most = most.max(server.resident_bytes());
        match outsider.write(&b"GET large\r\n".repeat(1000)) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => is_open = false,
            _ => {}
        }
    }
    let grown = most.saturating_sub(before);
    assert!(grown < 64 << 20, "replies that nobody read took {grown} bytes");
    assert_eq!(other.call(&["STRLEN", "large"]), VALUE_BYTES.to_string());
}

fn server_has(resp: &mut Resp, id: &str) -> bool {
    !resp.call(&["CLIENT", "LIST", "ID", id]).is_empty()
}

#[test]
fn clients_that_vanish_leave_nothing_behind() {
    let (_scratch, server) = start(&[]);
    let mut other = server.connect();
    for round in 0..50 {
        let mut resp = server.connect();
        resp.send(&["SET", "a", "1"]);
        if round % 2 == 0 {
            resp.send(&["MULTI"]);
            resp.send(&["SET", "b", "1"]);
        }
        drop(resp);
        let mut half = TcpStream::connect(server.resp()).unwrap();
        half.write_all(b"*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$100\r\nxx").unwrap();
        let mut half = TcpStream::connect(server.http()).unwrap();
        half.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[").unwrap();
    }
    let begun = Instant::now();
    while other.call(&["CLIENT", "LIST"]).lines().count() > 1 {
        assert!(begun.elapsed() < FAR, "connections that are gone stay in the list");
    }
    assert_eq!(other.call(&["EXISTS", "b", "c"]), "0");
}

#[test]
fn wrong_tokens_are_answered_ever_later_and_right_ones_at_once() {
    let (_scratch, server) = start(&[]);
    let mut resp = Resp::connect(server.resp());
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(resp.call(&["AUTH", "wrong"]), wrong);
    }
    let free = begun.elapsed();
    let begun = Instant::now();
    assert_eq!(resp.call(&["AUTH", "default", "wrong"]), wrong);
    assert_eq!(server.rest("wrong", r#"["PING"]"#).0, 401);
    assert_eq!(resp.call(&["HELLO", "3", "AUTH", "default", "wrong"]), wrong);
    assert!(begun.elapsed() >= Duration::from_millis(700), "100, 200 and 400 ms; ten took {free:?}");
    let begun = Instant::now();
    assert_eq!(server.rest(server.token(), r#"["PING"]"#).0, 200);
    assert_eq!(resp.call(&["AUTH", server.token()]), "OK");
    assert!(begun.elapsed() < Duration::from_millis(700));
}
