//! MONITOR, over both doors.

use crate::harness::{Resp, Selvedge};
use crate::pubsub::Events;

fn start() -> (tempfile::TempDir, Selvedge) {
    let data = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(data.path(), |command| {
        command.args(["--durability", "none"]);
    });
    (data, server)
}

/// What a line says behind its time, which is in microseconds.
fn without_time(line: &str) -> String {
    let (time, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no time in {line}"));
    let (seconds, us) = time.split_once('.').unwrap();
    assert!(seconds.parse::<u64>().unwrap() > 1_700_000_000 && us.len() == 6, "{line}");
    rest.to_owned()
}

/// The commands that a connection is shown, up to `ECHO end`.
fn shown(monitor: &mut Resp) -> Vec<String> {
    let lines = std::iter::from_fn(|| Some(without_time(&monitor.reply().unwrap())));
    let words = lines.map(|line| line.split_once("] ").unwrap().1.to_owned());
    words.take_while(|words| words != r#""ECHO" "end""#).collect()
}

#[test]
fn commands_are_shown_in_the_order_in_which_they_run() {
    let (_data, server) = start();
    let mut monitor = server.connect();
    let mut client = server.connect();
    assert_eq!(monitor.call(&["MONITOR"]), "OK");
    client.call(&["SET", "k", "a \"b\"\n"]);
    client.call(&["CONFIG", "GET", "port"]);
    client.call(&["EVAL", "return redis.call('get', KEYS[1])", "1", "k"]);
    for command in [&["MULTI"][..], &["SET", "k", "1"], &["INCR", "k"], &["EXEC"], &["NOSUCH"]] {
        client.call(command);
    }
    client.call(&["ECHO", "end"]);
    assert_eq!(
        shown(&mut monitor),
        [
            r#""SET" "k" "a \"b\"\n""#,
            r#""EVAL" "return redis.call('get', KEYS[1])" "1" "k""#,
            r#""get" "k""#,
            r#""MULTI""#,
            r#""SET" "k" "1""#,
            r#""INCR" "k""#,
            r#""EXEC""#,
        ]
    );
    let list = client.call(&["CLIENT", "LIST"]);
    assert!(list.contains(" flags=O ") && list.contains("cmd=monitor"), "{list}");
    assert_eq!(monitor.call(&["GET", "k"]), "-ERR Replica can't interact with the keyspace");
    assert_eq!(monitor.call(&["RESET"]), "RESET");
    assert_eq!(monitor.call(&["AUTH", server.token()]), "OK");
    client.call(&["SET", "k", "2"]);
    assert_eq!(monitor.call(&["GET", "k"]), "2", "nothing is shown any more");
    assert_eq!(client.call(&["MULTI"]), "OK");
    assert_eq!(client.call(&["MONITOR"]), "QUEUED");
    assert_eq!(client.call(&["EXEC"]), "-ERR MONITOR isn't allowed for DENY BLOCKING client");
}

#[test]
fn secrets_are_shown_to_nobody() {
    let (_data, server) = start();
    let mut monitor = server.connect();
    let mut client = server.connect();
    assert_eq!(monitor.call(&["MONITOR"]), "OK");
    client.call(&["AUTH", server.token()]);
    client.call(&["AUTH", "default", "wrong"]);
    client.call(&["HELLO", "2", "AUTH", "default", server.token()]);
    client.call(&["ECHO", "end"]);
    assert_eq!(
        shown(&mut monitor),
        [
            r#""AUTH" "(redacted)""#,
            r#""AUTH" "(redacted)" "(redacted)""#,
            r#""HELLO" "2" "AUTH" "(redacted)" "(redacted)""#,
        ]
    );
    let mut reader = server.connect();
    reader.call(&["AUTH", server.line("KV_REST_API_READ_ONLY_TOKEN")]);
    assert!(reader.call(&["MONITOR"]).starts_with("-NOPERM"));
}

#[test]
fn over_rest_commands_come_as_events() {
    let (_data, server) = start();
    let mut events = Events::open_with(&server, "/monitor", server.token());
    assert_eq!(events.next(), r#""OK""#);
    assert_eq!(server.rest(server.token(), r#"["SET","k","v"]"#).1, r#"{"result":"OK"}"#);
    assert_eq!(without_time(&events.next()), r#"[0 0.0.0.0:0] "SET" "k" "v""#);
    assert_eq!(server.rest(server.line("KV_REST_API_READ_ONLY_TOKEN"), r#"["MONITOR"]"#).0, 400);
    let request = "POST /monitor HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 0\r\n";
    let reader = server.line("KV_REST_API_READ_ONLY_TOKEN");
    let (status, body) =
        crate::harness::http(server.http(), &format!("{request}Authorization: Bearer {reader}\r\n\r\n"));
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("NOPERM"), "{body}");
}

#[test]
fn who_monitors_and_never_reads_is_cut_off() {
    let (_data, server) = start();
    let mut monitor = server.connect();
    let mut client = server.connect();
    assert_eq!(monitor.call(&["MONITOR"]), "OK");
    let value = "x".repeat(1 << 20);
    let mut sent = 0;
    while client.call(&["CLIENT", "LIST"]).contains("cmd=monitor") {
        client.call(&["SET", "k", &value]);
        sent += 1;
        assert!(sent < 400, "nobody cut it off");
    }
    assert!(sent > 30, "a limit of 32 MiB was met after {sent} lines of 1 MiB");
}
