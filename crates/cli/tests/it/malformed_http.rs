//! Requests at the REST door that are no requests, or that two servers could read in two ways.

use crate::harness::{Selvedge, exchange};

fn start() -> (tempfile::TempDir, Selvedge) {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(scratch.path(), |command| {
        command.args(["--durability", "none", "--request-bytes-max", "1KiB", "--body-bytes-max", "64KiB"]);
    });
    (scratch, server)
}

/// A head with the token, its lines separated by `\n` here and by CRLF on the wire.
fn head(server: &Selvedge, lines: &str) -> String {
    let (first, rest) = lines.split_once('\n').unwrap_or((lines, ""));
    let rest: String = rest.lines().map(|line| format!("{line}\r\n")).collect();
    format!("{first} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{rest}\r\n", server.token())
}

fn status(answer: &str) -> &str {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()).unwrap_or("none")
}

/// Two requests in one: a server that disagrees about the end of the first runs the second.
#[test]
fn ambiguous_framing_is_refused_and_runs_nothing_behind_it() {
    let (_scratch, server) = start();
    let inner = format!("{}[\"SET\",\"smuggled\",\"1\"]", head(&server, "POST /\nContent-Length: 22"));
    let ping = r#"["PING"]"#;
    for (lines, body) in [
        ("POST /\nContent-Length: 8\nTransfer-Encoding: chunked", format!("8\r\n{ping}\r\n0\r\n\r\n")),
        ("POST /\nTransfer-Encoding: chunked\nContent-Length: 8", format!("8\r\n{ping}\r\n0\r\n\r\n")),
        ("POST /\nContent-Length: 8\nContent-Length: 9", ping.to_owned()),
        ("POST /\nContent-Length: 8\nContent-Length: 8", ping.to_owned()),
        ("POST /\nContent-Length: 8, 8", ping.to_owned()),
        ("POST /\nContent-Length: +8", ping.to_owned()),
        ("POST /\nContent-Length: -8", ping.to_owned()),
        ("POST /\nContent-Length: 0x8", ping.to_owned()),
        ("POST /\nContent-Length: 99999999999999999999999", ping.to_owned()),
        ("POST /\nContent-Length:", ping.to_owned()),
        ("POST /\nTransfer-Encoding: gzip", ping.to_owned()),
        ("POST /\nTransfer-Encoding: chunked, identity", format!("8\r\n{ping}\r\n0\r\n\r\n")),
        ("POST /\nTransfer-Encoding: xchunked", format!("8\r\n{ping}\r\n0\r\n\r\n")),
        (
            "POST /\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked",
            format!("8\r\n{ping}\r\n0\r\n\r\n"),
        ),
        ("POST /\nTransfer-Encoding : chunked", format!("8\r\n{ping}\r\n0\r\n\r\n")),
        ("POST /\nX: a\n folded: b\nContent-Length: 8", ping.to_owned()),
        ("POST /\nContent-Length\t: 8", ping.to_owned()),
        ("POST /\nContent-Length : 8", ping.to_owned()),
        ("POST /\nTransfer-Encoding: chunked", format!("x\r\n{ping}\r\n0\r\n\r\n")),
        ("POST /\nTransfer-Encoding: chunked", format!("8\r\n{ping}XX0\r\n\r\n")),
        ("POST /\nTransfer-Encoding: chunked", format!("FFFFFFFFFFFFFFFFF\r\n{ping}\r\n0\r\n\r\n")),
        ("POST /\nTransfer-Encoding: chunked", format!("8;{}\r\n{ping}\r\n0\r\n\r\n", "e".repeat(20_000))),
        ("POST /\nTransfer-Encoding: chunked", format!("8\n{ping}\n0\n\n")),
    ] {
        let answer = exchange(server.http(), format!("{}{body}{inner}", head(&server, lines)).as_bytes());
        let short = &lines[..lines.len().min(80)];
        assert_eq!(status(&answer), "400", "{short}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{short}: {answer}");
    }
    for bytes in [
        format!(
            "POST / HTTP/1.1\nHost: x\nAuthorization: Bearer {}\nContent-Length: 8\n\n{ping}",
            server.token()
        ),
        format!("POST / HTTP/1.1\r\nHost: x\r\nX: a\nContent-Length: 8\r\n\r\n{ping}"),
        format!("POST / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\nContent-Length: 8\r\n\r\n{ping}"),
        format!("POST / HTTP/1.1\r\n Host: x\r\nContent-Length: 8\r\n\r\n{ping}"),
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "POST /\r\n\r\n".to_owned(),
        "POST / HTTP/9.9\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nBad Name: x\r\n\r\n".to_owned(),
    ] {
        let answer = exchange(server.http(), format!("{bytes}{inner}").as_bytes());
        assert_eq!(status(&answer), "400", "{bytes:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{bytes:?}: {answer}");
    }
    assert_eq!(server.connect().call(&["EXISTS", "smuggled"]), "0");
}

#[test]
fn sound_framing_is_read_whatever_its_form() {
    let (_scratch, server) = start();
    let pong = r#"{"result":"PONG"}"#;
    let close = "Connection: close";
    for (lines, body) in [
        (format!("POST /\nContent-Length: 8\n{close}"), r#"["PING"]"#),
        (format!("POST /\nTransfer-Encoding: chunked\n{close}"), "3\r\n[\"P\r\n5\r\nING\"]\r\n0\r\n\r\n"),
        (format!("POST /\nTransfer-Encoding: Chunked\n{close}"), "8;a=b\r\n[\"PING\"]\r\n0\r\nX: y\r\n\r\n"),
        (format!("GET /ping\n{close}"), ""),
    ] {
        let answer = exchange(server.http(), format!("{}{body}", head(&server, &lines)).as_bytes());
        assert!(status(&answer) == "200" && answer.ends_with(pong), "{lines}: {answer}");
    }
    // One behind the other on one connection.
    let first = head(&server, "GET /ping");
    let second = head(&server, "POST /\nTransfer-Encoding: chunked") + "8\r\n[\"PING\"]\r\n0\r\n\r\n";
    let last = head(&server, "GET /echo/a\nConnection: close");
    let answer = exchange(server.http(), format!("{first}{second}{last}").as_bytes());
    assert_eq!(
        (answer.matches(pong).count(), answer.matches(r#"{"result":"a"}"#).count()),
        (2, 1),
        "{answer}"
    );
}

#[test]
fn what_is_too_large_says_so() {
    let (_scratch, server) = start();
    let post = |path: &str, body: &str| server.post(server.token(), path, body);
    let large = "x".repeat(2000);
    let (status_code, body) = post("/", &format!(r#"["SET","a","{large}"]"#));
    assert_eq!(status_code, 413);
    assert!(body.contains("ERR max request size exceeded. Limit: 1024 bytes, Actual: 2004 bytes"), "{body}");
    let (status_code, body) = post("/pipeline", &format!(r#"[["SET","a","{large}"],["PING"]]"#));
    assert_eq!(status_code, 200);
    assert!(
        body.starts_with(r#"[{"error":"ERR max request size exceeded."#)
            && body.ends_with(r#"{"result":"PONG"}]"#)
    );
    let (status_code, body) = post("/", &"x".repeat(100_000));
    assert_eq!(
        (status_code, body.contains("ERR max request size exceeded. Limit: 65536 bytes")),
        (413, true),
        "{body}"
    );
    // Announced and never sent: refused without waiting for it.
    let answer = exchange(server.http(), head(&server, "POST /\nContent-Length: 1000000000000").as_bytes());
    assert_eq!(status(&answer), "413", "{answer}");
    for lines in [format!("GET /{}", "x".repeat(70_000)), format!("GET /ping\nX: {}", "x".repeat(70_000))] {
        let answer = exchange(server.http(), head(&server, &lines).as_bytes());
        assert_eq!(status(&answer), "431", "{answer:.200}");
    }
    let many = (0..200).map(|n| format!("X{n}: y\n")).collect::<String>();
    let answer = exchange(server.http(), head(&server, &format!("GET /ping\n{many}")).as_bytes());
    assert_eq!(status(&answer), "431", "{answer:.200}");
    assert_eq!(post("/", r#"["GET","a"]"#), (200, r#"{"result":null}"#.to_owned()));
}

#[test]
fn bodies_that_are_no_commands() {
    let (_scratch, server) = start();
    let deep = "[".repeat(30_000);
    for (path, body, status_code, text) in [
        ("/", "", 400, "ERR failed to parse command"),
        ("/", "nope", 400, "ERR failed to parse command"),
        ("/", "{}", 400, "ERR failed to parse command"),
        ("/", "[\"PING\"", 400, "ERR failed to parse command"),
        ("/", "[\"PING\"] x", 400, "ERR failed to parse command"),
        ("/", "[]", 400, "ERR empty command"),
        ("/", "[null]", 400, "ERR unsupported arg type: null"),
        ("/", "[[\"PING\"]]", 400, "ERR unsupported arg type: \\\"[\\\": json.Delim"),
        ("/", &deep, 400, "ERR failed to parse command"),
        ("/", &format!("{deep}{}", "]".repeat(30_000)), 400, "ERR unsupported arg type"),
        ("/pipeline", "", 400, "ERR failed to parse pipeline request"),
        ("/pipeline", "[\"PING\"]", 400, "ERR failed to parse pipeline request"),
        ("/pipeline", "[]", 400, "ERR empty pipeline request"),
        ("/pipeline", "[[]]", 200, "ERR empty pipeline command"),
        (
            "/multi-exec",
            "[[\"PING\"],[]]",
            400,
            "EXECABORT Transaction discarded because of: ERR empty pipeline command",
        ),
        (
            "/multi-exec",
            "[[\"SET\",\"a\",\"1\"],[\"NOPE\"]]",
            400,
            "EXECABORT Transaction discarded because of: ERR unknown command",
        ),
        ("//", "", 400, "ERR empty command"),
        ("/nope", "", 400, "ERR unknown command 'nope'"),
    ] {
        let (status_found, answer) = server.post(server.token(), path, body);
        assert_eq!((status_found, answer.contains(text)), (status_code, true), "{path} {body:.60}: {answer}");
        assert!(serde_json::from_str::<serde_json::Value>(&answer).is_ok(), "{answer}");
    }
    let mut bytes = head(&server, "POST /\nContent-Length: 9\nConnection: close").into_bytes();
    bytes.extend_from_slice(b"[\"GET\xff\xfe\"]");
    assert_eq!(status(&exchange(server.http(), &bytes)), "400");
    for (lines, status_code) in [
        ("DELETE /get/a", "405"),
        ("PATCH /", "405"),
        ("TRACE /", "405"),
        ("GET /ping\nUpstash-Response-Format: nope", "400"),
        ("GET /ping\nUpstash-Response-Format: resp2\nUpstash-Encoding: base64", "400"),
    ] {
        let answer =
            exchange(server.http(), head(&server, &format!("{lines}\nConnection: close")).as_bytes());
        assert_eq!(status(&answer), status_code, "{lines}: {answer}");
    }
    assert_eq!(server.connect().call(&["EXISTS", "a"]), "0");
}

#[test]
fn outsiders_learn_nothing_of_what_there_is() {
    let (_scratch, server) = start();
    for request in
        ["GET /ping", "GET /nope", "POST /pipeline", "DELETE /x", "GET /subscribe/a", "PUT /set/a/1"]
    {
        for authorization in ["", "Authorization: Bearer undefined\r\n", "Authorization: Basic eDp5\r\n"] {
            let bytes = format!("{request} HTTP/1.1\r\nHost: x\r\n{authorization}Connection: close\r\n\r\n");
            let answer = exchange(server.http(), bytes.as_bytes());
            assert_eq!(status(&answer), "401", "{request}: {answer}");
            assert!(answer.ends_with(r#"{"error":"WRONGPASS invalid or missing auth token"}"#), "{answer}");
        }
    }
    // What a client sends does not come back as a header.
    let path = "GET /echo/a%0d%0aX-Injected:%20b?_token=".to_owned() + server.token();
    let answer = exchange(
        server.http(),
        format!("{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
    );
    assert!(
        status(&answer) == "200" && !answer.split("\r\n\r\n").next().unwrap().contains("X-Injected"),
        "{answer}"
    );
}
