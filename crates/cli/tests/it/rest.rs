//! What the REST door makes of requests that scripts cannot express.

use crate::harness::Selvedge;

fn post(server: &Selvedge, path: &str, body: &str) -> (u16, String) {
    server.post(server.token(), path, body)
}

#[test]
fn commands_without_data_are_answered_in_their_place() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let commands = r#"[["SET","a","1"],["SELECT","0"],["CONFIG","GET","nope-nothing"],["INCR","a"],["SELECT","1"],
        ["CLIENT","SETINFO","LIB-NAME","x"]]"#;
    let replies = r#"[{"result":"OK"},{"result":"OK"},{"result":[]},{"result":2},{"error":"ERR DB index is out of range"},{"result":"OK"}]"#;
    for path in ["/multi-exec", "/pipeline", "/MULTI-EXEC/"] {
        assert_eq!(post(&server, path, commands), (200, replies.to_owned()), "{path}");
    }
    let only = r#"[["SELECT","0"]]"#;
    assert_eq!(post(&server, "/multi-exec", only), (200, r#"[{"result":"OK"}]"#.to_owned()));
}

#[test]
fn a_transaction_with_a_command_that_needs_a_connection_is_discarded_whole() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    for (command, upper) in [
        (r#"["AUTH","x"]"#, "AUTH"),
        (r#"["CLIENT","ID"]"#, "CLIENT"),
        (r#"["hello"]"#, "HELLO"),
        (r#"["watch","a"]"#, "WATCH"),
        (r#"["Subscribe","a"]"#, "SUBSCRIBE"),
        (r#"["multi"]"#, "MULTI"),
        (r#"["exec"]"#, "EXEC"),
        (r#"["reset"]"#, "RESET"),
    ] {
        let text =
            format!(r#"ERR Command \"{upper}\" is not allowed in REST or it has a special context path"#);
        let (status, body) = post(&server, "/multi-exec", &format!(r#"[["SET","a","1"],{command}]"#));
        let discarded = format!(r#"{{"error":"EXECABORT Transaction discarded because of: {text}"}}"#);
        assert_eq!((status, body), (400, discarded));
        let (status, body) = post(&server, "/pipeline", &format!(r#"[{command},["GET","a"]]"#));
        assert_eq!((status, body), (200, format!(r#"[{{"error":"{text}"}},{{"result":null}}]"#)));
        assert_eq!(post(&server, "/", command), (400, format!(r#"{{"error":"{text}"}}"#)));
    }
}

/// The version of a key as the server tells it.
fn version(server: &Selvedge, key: &str) -> String {
    let (status, body) = post(server, "/", &format!(r#"["CAS.VERSION","{key}"]"#));
    let text = body.strip_prefix(r#"{"result":""#).and_then(|rest| rest.strip_suffix(r#""}"#));
    assert_eq!(status, 200, "{body}");
    text.unwrap().to_owned()
}

#[test]
fn a_transaction_that_a_guard_stops_answers_up_to_that_guard() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let (a, b) = (version(&server, "a"), version(&server, "b"));
    let guarded = format!(
        r#"[["CAS.GUARD","a","{a}"],["CAS.GUARD","b","{b}"],["SET","b","1"],["LRANGE","l","0","-1"]]"#
    );
    let all = r#"[{"result":1},{"result":1},{"result":"OK"},{"result":[]}]"#;
    assert_eq!(post(&server, "/multi-exec", &guarded), (200, all.to_owned()));
    let stopped = r#"[{"result":1},{"result":0}]"#;
    assert_eq!(post(&server, "/multi-exec", &guarded), (200, stopped.to_owned()));
    let mixed = format!(r#"[["CAS.GUARD","a","{a}"],["CONFIG","RESETSTAT"]]"#);
    let text = "EXECABORT Transaction discarded because of: ERR a transaction that CAS.GUARD begins takes only commands on \
                data, not 'config|resetstat'";
    assert_eq!(post(&server, "/multi-exec", &mixed), (400, format!(r#"{{"error":"{text}"}}"#)));
}

/// With `none` a crash may take back sequences that clients were told: they are given out again.
#[test]
fn a_version_outlives_a_start_only_where_nothing_told_can_be_lost() {
    for (durability, held) in [("always", "1"), ("interval", "0"), ("none", "0")] {
        let scratch = tempfile::tempdir().unwrap();
        let start = || {
            Selvedge::start_with(scratch.path(), |command| {
                command.args(["--durability", durability]);
            })
        };
        let server = start();
        assert_eq!(post(&server, "/", r#"["SET","k","v"]"#).0, 200);
        let (present, absent) = (version(&server, "k"), version(&server, "absent"));
        server.stop("TERM");
        let server = start();
        for (key, version) in [("k", present), ("absent", absent)] {
            let guard = format!(r#"[["CAS.GUARD","{key}","{version}"]]"#);
            assert_eq!(post(&server, "/multi-exec", &guard), (200, format!(r#"[{{"result":{held}}}]"#)));
        }
    }
}
