//! Bytes at the RESP door that are no requests: each gets its error, the connection ends, and nobody else notices.

use crate::harness::{Selvedge, exchange, http};

fn start() -> (tempfile::TempDir, Selvedge) {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(scratch.path(), |command| {
        command.args(["--durability", "none"]);
    });
    (scratch, server)
}

/// What an authenticated connection answers to `bytes` before the server ends it.
fn after_auth(server: &Selvedge, bytes: &[u8]) -> String {
    let auth = format!("*2\r\n$4\r\nAUTH\r\n${}\r\n{}\r\n", server.token().len(), server.token());
    let answer = exchange(server.resp(), &[auth.as_bytes(), bytes].concat());
    answer.strip_prefix("+OK\r\n").unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

#[test]
fn malformed_requests_get_the_text_of_redis_and_the_connection_ends() {
    let (_scratch, server) = start();
    let long = "x".repeat(70_000);
    for (bytes, text) in [
        ("*x\r\n", "invalid multibulk length"),
        ("*2147483648\r\n", "invalid multibulk length"),
        ("*2147483647\r\n", "invalid multibulk length"),
        ("*1048577\r\n", "invalid multibulk length"),
        ("*+1\r\n", "invalid multibulk length"),
        ("*99999999999999999999999\r\n", "invalid multibulk length"),
        ("*1\r\nPING\r\n", "expected '$', got 'P'"),
        ("*1\r\n:4\r\nPING\r\n", "expected '$', got ':'"),
        ("*1\r\n$x\r\nPING\r\n", "invalid bulk length"),
        ("*1\r\n$-2\r\n", "invalid bulk length"),
        ("*1\r\n$+4\r\nPING\r\n", "invalid bulk length"),
        ("*1\r\n$9223372036854775807\r\n", "invalid bulk length"),
        ("*1\r\n$536870913\r\n", "invalid bulk length"),
        ("GET \"a\r\n", "unbalanced quotes in request"),
        ("GET 'a'b\r\n", "unbalanced quotes in request"),
        (&format!("*{long}"), "too big mbulk count string"),
        (&format!("*1\r\n${long}"), "too big bulk count string"),
        (&long, "too big inline request"),
    ] {
        assert_eq!(
            after_auth(&server, bytes.as_bytes()),
            format!("-ERR Protocol error: {text}\r\n"),
            "{bytes:.40}"
        );
    }
    assert_eq!(server.connect().call(&["PING"]), "PONG");
}

#[test]
fn what_came_before_the_mistake_is_answered() {
    let (_scratch, server) = start();
    let answer =
        after_auth(&server, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\nGET a\r\n*x\r\n*1\r\n$4\r\nPING\r\n");
    assert_eq!(answer, "+OK\r\n$1\r\n1\r\n-ERR Protocol error: invalid multibulk length\r\n");
    assert_eq!(server.connect().call(&["GET", "a"]), "1");
}

#[test]
fn outsiders_may_say_little() {
    let (_scratch, server) = start();
    for (bytes, text) in [
        ("*11\r\n", "unauthenticated multibulk length"),
        ("*2\r\n$4\r\nAUTH\r\n$16385\r\n", "unauthenticated bulk length"),
    ] {
        let answer = exchange(server.resp(), bytes.as_bytes());
        assert_eq!(answer, format!("-ERR Protocol error: {text}\r\n"), "{bytes}");
    }
    // Each is refused by itself, and only what ends the connection ends it.
    let answer = exchange(server.resp(), b"GET a\r\nNOPE\r\nMULTI\r\nQUIT\r\nPING\r\n");
    let refused = "-NOAUTH Authentication required.\r\n";
    let unknown = "-ERR unknown command 'NOPE', with args beginning with: \r\n";
    assert_eq!(answer, format!("{refused}{unknown}{refused}+OK\r\n"));
}

#[test]
fn absurd_numbers_are_refused_and_change_nothing() {
    let (_scratch, server) = start();
    let mut resp = server.connect();
    resp.call(&["SET", "a", "1"]);
    for line in [
        "SETRANGE a 9223372036854775807 x",
        "SETRANGE a 4294967296 x",
        "SETRANGE a -1 x",
        "EXPIRE a 9223372036854775807",
        "PEXPIRE a 99999999999999999999",
        "SET a 2 EX 9223372036854775807",
        "SET a 2 PX 0",
        "SETEX a -1 2",
        "GETEX a EX 0",
        "INCRBY a 9223372036854775807",
        "DECRBY a -9223372036854775808",
        "INCRBYFLOAT a inf",
        "LPOP a -1",
        "SCAN 99999999999999999999",
        "GETRANGE a x y",
        "CLIENT PAUSE 9223372036854775807",
        "SELECT 99999999999",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        assert!(resp.call(&words).starts_with('-'), "{line}");
    }
    assert_eq!(resp.call(&["GET", "a"]), "1");
    assert_eq!(resp.call(&["TTL", "a"]), "-1");
}

#[test]
fn http_at_the_resp_door_runs_nothing() {
    let (_scratch, server) = start();
    let hidden = "SET smuggled 1\r\n";
    for head in ["POST / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x\r\n", "host: x\r\n"] {
        let answer = exchange(server.resp(), format!("{head}\r\n{hidden}").as_bytes());
        assert!(!answer.contains("OK"), "{answer}");
        let answer = after_auth(&server, format!("{head}\r\n{hidden}").as_bytes());
        assert!(!answer.contains("OK"), "{answer}");
    }
    assert_eq!(server.connect().call(&["EXISTS", "smuggled"]), "0");
}

#[test]
fn resp_at_the_http_door_runs_nothing() {
    let (_scratch, server) = start();
    for bytes in ["*3\r\n$3\r\nSET\r\n$8\r\nsmuggled\r\n$1\r\n1\r\n", "SET smuggled 1\r\n", "PING\r\n\r\n"] {
        let answer = exchange(server.http(), bytes.as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    assert_eq!(server.connect().call(&["EXISTS", "smuggled"]), "0");
    let (status, _) = http(server.http(), "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(status, 200);
}
