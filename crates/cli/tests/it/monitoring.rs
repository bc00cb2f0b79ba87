//! What an operator sees: /metrics, INFO, SLOWLOG.

use crate::harness::{Resp, Selvedge, http};

fn metrics(server: &Selvedge) -> String {
    let (status, page) =
        http(server.http(), "GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    assert_eq!(status, 200);
    page
}

/// The value of a line of /metrics.
fn metric(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn commands_are_counted_by_name_over_both_doors() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(scratch.path(), |command| {
        command.args(["--threads", "2"]);
    });
    let mut resp = server.connect();
    let mut other = server.connect();
    for connection in [&mut resp, &mut other] {
        connection.call(&["SET", "a", "text"]);
        connection.call(&["INCR", "a"]);
        connection.call(&["GET"]);
        connection.call(&["CLIENT", "SETNAME", "x"]);
        connection.call(&["MULTI"]);
        connection.call(&["GET", "a"]);
        connection.call(&["LPUSH", "a", "1"]);
        connection.call(&["EXEC"]);
        connection.call(&["NOPE"]);
    }
    server.rest(server.token(), r#"["GET","a"]"#);
    server.post(server.token(), "/multi-exec", r#"[["GET","a"],["LPUSH","a","1"],["SELECT","0"]]"#);
    let page = metrics(&server);
    for (line, value) in [
        (r#"selvedge_commands_total{command="get"}"#, 4.0),
        (r#"selvedge_commands_total{command="set"}"#, 2.0),
        (r#"selvedge_commands_total{command="client|setname"}"#, 2.0),
        (r#"selvedge_commands_total{command="lpush"}"#, 3.0),
        (r#"selvedge_commands_total{command="exec"}"#, 2.0),
        (r#"selvedge_commands_total{command="select"}"#, 1.0),
        (r#"selvedge_commands_failed_total{command="lpush"}"#, 3.0),
        (r#"selvedge_commands_failed_total{command="incr"}"#, 2.0),
        (r#"selvedge_commands_failed_total{command="exec"}"#, 0.0),
        (r#"selvedge_commands_rejected_total{command="get"}"#, 2.0),
        (r#"selvedge_errors_total{error="WRONGTYPE"}"#, 3.0),
        (r#"selvedge_errors_total{error="ERR"}"#, 6.0),
    ] {
        assert_eq!(metric(&page, line), Some(value), "{line} in\n{page}");
    }
    assert!(!page.contains(r#"command="hset""#), "commands that nobody sent have no line");
    let calls: f64 = page
        .lines()
        .filter_map(|line| line.strip_prefix("selvedge_commands_total{"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum();
    assert_eq!(metric(&page, "selvedge_command_seconds_count"), Some(calls));
    assert_eq!(metric(&page, r#"selvedge_command_seconds_bucket{le="+Inf"}"#), Some(calls));
    assert!(metric(&page, "selvedge_command_seconds_sum").unwrap() > 0.0);
}

#[test]
fn info_tells_the_same_and_can_begin_anew() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let mut resp = server.connect();
    resp.call(&["SET", "a", "text"]);
    resp.call(&["INCR", "a"]);
    resp.call(&["INCR"]);
    let page = resp.call(&["INFO", "everything"]);
    let has = |line: &str| assert!(page.contains(line), "{line} is not in\n{page}");
    has("cmdstat_set:calls=1,usec=");
    has(",rejected_calls=1,failed_calls=1\r\n");
    has("errorstat_ERR:count=2");
    has("total_error_replies:2");
    has("total_commands_processed:3");
    has("connected_clients:1");
    has("db0:keys=1,expires=0");
    for field in ["used_memory_human:", "used_cpu_sys:", "instantaneous_ops_per_sec:", "redis_version:8.2"] {
        has(field);
    }
    assert!(!resp.call(&["INFO"]).contains("cmdstat_"), "only when asked for");
    assert_eq!(resp.call(&["CONFIG", "RESETSTAT"]), "OK");
    let page = resp.call(&["INFO", "all"]);
    assert!(!page.contains("cmdstat_set") && !page.contains("errorstat_ERR"), "{page}");
    assert!(page.contains("total_connections_received:0"), "{page}");
    let counted = metric(&metrics(&server), r#"selvedge_commands_total{command="set"}"#);
    assert_eq!(counted, Some(1.0), "counters of Prometheus never go back");
}

#[test]
fn secrets_are_not_in_the_slow_log() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let mut resp = server.connect();
    resp.call(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    resp.call(&["CLIENT", "SETNAME", "slow"]);
    resp.call(&["AUTH", "default", server.token()]);
    resp.call(&["HELLO", "2", "AUTH", "default", server.token()]);
    resp.call(&["MULTI"]);
    resp.call(&["AUTH", server.token()]);
    resp.call(&["EXEC"]);
    resp.call(&["CONFIG", "SET", "requirepass", server.token()]);
    resp.call(&["SET", "a", &"x".repeat(200)]);
    server.rest(server.token(), r#"["GET","a"]"#);
    let text = resp.call(&["SLOWLOG", "GET", "-1"]);
    assert!(!text.contains(server.token()), "{text}");
    for shown in [
        "AUTH (redacted) (redacted)",
        "AUTH (redacted)",
        "HELLO 2 AUTH (redacted)",
        "... (72 more bytes)",
        "GET a",
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
    assert!(!text.contains("EXEC"), "{text}");
    assert!(text.contains(" slow"), "the connection's name: {text}");
    for list in [resp.call(&["CLIENT", "LIST"]), metrics(&server)] {
        assert!(!list.contains(server.token()));
    }
}

#[test]
fn debug_is_refused_unless_the_operator_says_otherwise() {
    const REFUSAL: &str =
        "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\"";
    for (who, is_allowed) in [("no", false), ("local", true), ("yes", true)] {
        let scratch = tempfile::tempdir().unwrap();
        let server = Selvedge::start_with(scratch.path(), |command| {
            command.args(["--enable-debug-command", who]);
        });
        let mut resp = server.connect();
        assert_eq!(resp.call(&["DEBUG", "SLEEP", "0"]) == "OK", is_allowed, "{who}");
        assert_eq!(resp.call(&["DEBUG", "JMAP"]).starts_with(REFUSAL), !is_allowed, "{who}");
        assert_eq!(
            resp.call(&["CONFIG", "GET", "enable-debug-command"]),
            format!("enable-debug-command {who}")
        );
        let mut reader = Resp::connect(server.resp());
        reader.call(&["AUTH", "default_ro", server.line("KV_REST_API_READ_ONLY_TOKEN")]);
        assert!(reader.call(&["DEBUG", "SLEEP", "0"]).starts_with("-NOPERM"));
    }
}
