//! What a newcomer sees.

use std::os::unix::fs::PermissionsExt;

use crate::harness::{Selvedge, run_to_end, selvedge};

#[test]
fn the_first_start_makes_private_files_and_prints_lines_that_work() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let server = Selvedge::start(&data);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("tokens.toml")), 0o600);

    let token = server.token().to_owned();
    assert_eq!(token.len(), 43, "32 bytes in URL-safe base64");
    assert_eq!(server.line("UPSTASH_REDIS_REST_TOKEN"), token);
    assert_eq!(server.line("UPSTASH_REDIS_REST_URL"), server.line("KV_REST_API_URL"));
    assert!(server.line("UPSTASH_REDIS_REST_URL").starts_with("http://127.0.0.1:"));
    assert!(server.line("REDIS_URL").starts_with(&format!("redis://default:{token}@127.0.0.1:")));
    assert_ne!(server.line("KV_REST_API_READ_ONLY_TOKEN"), token);

    assert_eq!(server.rest(&token, r#"["SET","hello","world"]"#), (200, r#"{"result":"OK"}"#.to_owned()));
    assert_eq!(server.connect().call(&["GET", "hello"]), "world");
}

#[test]
fn tokens_stay_over_restarts_and_differ_between_directories() {
    let scratch = tempfile::tempdir().unwrap();
    let first = Selvedge::start(scratch.path()).token().to_owned();
    let again = Selvedge::start(scratch.path()).token().to_owned();
    assert_eq!(first, again);
    let other = tempfile::tempdir().unwrap();
    assert_ne!(Selvedge::start(other.path()).token(), first);
}

#[test]
fn a_given_token_is_used_and_neither_stored_nor_printed() {
    let scratch = tempfile::tempdir().unwrap();
    let given = "given-token-of-the-operator-0123456789abcdef";
    let server = Selvedge::start_with(scratch.path(), |command| {
        command.env("SELVEDGE_TOKEN", given);
    });
    assert_eq!(server.token(), "$SELVEDGE_TOKEN");
    assert_eq!(server.rest(given, r#"["PING"]"#).0, 200);
    let stored = std::fs::read_to_string(scratch.path().join("tokens.toml")).unwrap_or_default();
    assert!(!stored.contains(given));
}

#[test]
fn the_read_only_token_reads_and_does_not_write() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let read_only = server.line("KV_REST_API_READ_ONLY_TOKEN").to_owned();
    assert_eq!(server.rest(server.token(), r#"["SET","a","1"]"#).0, 200);
    assert_eq!(server.rest(&read_only, r#"["GET","a"]"#), (200, r#"{"result":"1"}"#.to_owned()));
    let (status, body) = server.rest(&read_only, r#"["SET","a","2"]"#);
    assert!(status >= 400 && body.contains("NOPERM"), "{status} {body}");
    let mut resp = crate::harness::Resp::connect(server.resp());
    assert_eq!(resp.call(&["AUTH", "default_ro", &read_only]), "OK");
    assert!(resp.call(&["DEL", "a"]).starts_with("-NOPERM"));
    assert_eq!(resp.call(&["GET", "a"]), "1");
}

#[test]
fn help_teaches_and_the_version_is_told() {
    let help = run_to_end(&["--help".to_owned()]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.starts_with("An edge key-value store"), "it does not begin with what this is:\n{text}");
    for needed in ["--data-dir", "--http-addr", "--resp-addr", "--durability", "SELVEDGE_TOKEN", "Exit codes"]
    {
        assert!(text.contains(needed), "{needed} is missing in:\n{text}");
    }
    assert!(help.status.success());
    let version = selvedge().arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("selvedge {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn no_secret_is_logged() {
    let scratch = tempfile::tempdir().unwrap();
    let log = scratch.path().join("log.txt");
    let server = Selvedge::start_with(&scratch.path().join("data"), |command| {
        command.env("SELVEDGE_LOG", "trace").stderr(std::fs::File::create(&log).unwrap());
    });
    let (token, read_only) =
        (server.token().to_owned(), server.line("KV_REST_API_READ_ONLY_TOKEN").to_owned());
    assert_eq!(server.rest(&token, r#"["SET","a","1"]"#).0, 200);
    assert_eq!(server.rest("wrong-token", r#"["GET","a"]"#).0, 401);
    let path = format!("GET /get/a?_token={token} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    assert_eq!(crate::harness::http(server.http(), &path).0, 200);
    assert_eq!(server.connect().call(&["GET", "a"]), "1");
    assert!(server.stop("TERM").success());
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.is_empty());
    for secret in [token.as_str(), &read_only, "wrong-token"] {
        assert!(!text.contains(secret), "the log holds a token:\n{text}");
    }
}
