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
