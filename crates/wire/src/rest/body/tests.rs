//! Bodies that pass, bodies that are refused with the right text, and bodies that are no bodies.

use proptest::prelude::*;

use std::borrow::Cow;

use super::*;

const MAX: usize = 1000;

fn command(body: &str) -> Result<Vec<String>, String> {
    parse_command(body.as_bytes(), MAX)
        .map(|args| args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect())
        .map_err(|error| error.to_string())
}

#[test]
fn numbers_keep_their_text() {
    let sent = r#" ["set", 1e+21, 0.30000000000000004, 9007199254740993, -0, true, "\u00e9\n", ""] "#;
    let read = ["set", "1e+21", "0.30000000000000004", "9007199254740993", "-0", "true", "é\n", ""];
    assert_eq!(command(sent).unwrap(), read);
}

#[test]
fn refusals_have_the_texts_of_the_service() {
    for (body, text) in [
        ("", "ERR failed to parse command"),
        ("{}", "ERR failed to parse command"),
        ("\"get\"", "ERR failed to parse command"),
        ("[\"get\"] x", "ERR failed to parse command"),
        ("[\"get\",[1]", "ERR failed to parse command"),
        ("[\"a\nb\"]", "ERR failed to parse command"),
        ("[01]", "ERR failed to parse command"),
        ("[NaN]", "ERR failed to parse command"),
        ("[\"\\x41\"]", "ERR failed to parse command"),
        ("[1,]", "ERR failed to parse command"),
        ("[]", "ERR empty command"),
        ("[[\"get\",\"a\"]]", "ERR unsupported arg type: \"[\": json.Delim"),
        ("[\"set\",{}]", "ERR unsupported arg type: \"{\": json.Delim"),
        ("[\"set\",null]", "ERR unsupported arg type: null"),
    ] {
        assert_eq!(command(body).unwrap_err(), text, "{body}");
    }
    let large = format!("[\"{}\"]", "x".repeat(MAX + 1));
    assert_eq!(
        command(&large).unwrap_err(),
        "ERR max request size exceeded. Limit: 1000 bytes, Actual: 1001 bytes"
    );
    assert_eq!(parse_command(&[b'[', 0xff, b']'], MAX).unwrap_err(), RestError::Command);
}

#[test]
fn a_pipeline_keeps_going_past_a_bad_command() {
    let read = parse_pipeline(br#"[["get","a"],[],[[1]]]"#, MAX).unwrap();
    assert_eq!(read.len(), 3);
    assert_eq!(read[1], Err(RestError::EmptyPipelineCommand));
    assert_eq!(read[2], Err(RestError::Nested('[')));
    assert_eq!(parse_pipeline(b"[]", MAX), Err(RestError::EmptyPipeline));
    for body in [&b"[1]"[..], b"", b"{}", b"[[1]", b"[[1],2]", b"[[1]]]", b"[[1,]]"] {
        assert_eq!(parse_pipeline(body, MAX), Err(RestError::Pipeline), "{}", body.escape_ascii());
    }
    let texts: Vec<_> = [RestError::Pipeline, RestError::EmptyPipeline, RestError::EmptyPipelineCommand]
        .iter()
        .map(|error| (error.status(), error.to_string()))
        .collect();
    assert_eq!(
        texts,
        [
            (400, "ERR failed to parse pipeline request".to_owned()),
            (400, "ERR empty pipeline request".to_owned()),
            (400, "ERR empty pipeline command".to_owned())
        ]
    );
}

#[test]
fn strings_are_borrowed_where_they_can_be() {
    let arguments = parse_command(br#"["get","a\\b",7]"#, MAX).unwrap();
    assert!(matches!(arguments[0], Cow::Borrowed(b"get")));
    assert!(matches!(arguments[1], Cow::Owned(_)));
    assert!(matches!(arguments[2], Cow::Borrowed(b"7")));
}

#[test]
fn escapes_give_the_bytes_of_utf_8() {
    assert_eq!(
        command(r#"["\"\\\/\b\f\n\r\t\u0000","\ud83e\uddf5"]"#).unwrap(),
        ["\"\\/\u{8}\u{c}\n\r\t\0", "🧵"]
    );
    assert_eq!(
        command(r#"["\ud83e","a\uddf5b","\ud83e\ud83e\uddf5","\ud7ff"]"#).unwrap(),
        ["\u{fffd}", "a\u{fffd}b", "\u{fffd}🧵", "\u{d7ff}"]
    );
}

#[test]
fn the_limit_of_bytes_is_of_the_arguments_alone() {
    let body = |len: usize| format!("[\"set\", \"{}\", 10]", "x".repeat(len));
    assert!(parse_command(body(MAX - 5).as_bytes(), MAX).is_ok());
    let refused = RestError::TooLarge { limit: MAX, actual: MAX + 1 };
    assert_eq!(parse_command(body(MAX - 4).as_bytes(), MAX), Err(refused.clone()));
    assert_eq!(refused.status(), 413);
    let pipeline = format!("[{},{}]", body(MAX - 4), body(MAX - 5));
    let read = parse_pipeline(pipeline.as_bytes(), MAX).unwrap();
    assert_eq!(read[0], Err(refused));
    assert!(read[1].is_ok());
}

#[test]
fn the_number_of_arguments_is_limited() {
    let body = |count: usize| format!("[{}1]", "1,".repeat(count - 1));
    assert_eq!(parse_command(body(ARGUMENTS_MAX).as_bytes(), usize::MAX).unwrap().len(), ARGUMENTS_MAX);
    let refused = RestError::TooManyArguments { limit: ARGUMENTS_MAX };
    assert_eq!(parse_command(body(ARGUMENTS_MAX + 1).as_bytes(), usize::MAX), Err(refused.clone()));
    assert_eq!(
        (refused.status(), refused.to_string().as_str()),
        (413, "LIMIT max arguments exceeded. Limit: 1048576 arguments")
    );
    let full = body(ARGUMENTS_MAX);
    let body = format!("[{full},{full},[1]]");
    let read = parse_pipeline(body.as_bytes(), usize::MAX).unwrap();
    assert!(read[0].is_ok() && read[1].is_ok());
    assert_eq!(read[2], Err(RestError::TooManyArguments { limit: PIPELINE_ARGUMENTS_MAX }));
}

#[test]
fn the_number_of_commands_is_limited() {
    let body = |count: usize| format!("[{}[1]]", "[1],".repeat(count - 1));
    assert_eq!(
        parse_pipeline(body(PIPELINE_COMMANDS_MAX).as_bytes(), MAX).unwrap().len(),
        PIPELINE_COMMANDS_MAX
    );
    let refused = RestError::TooManyCommands { limit: PIPELINE_COMMANDS_MAX };
    assert_eq!(parse_pipeline(body(PIPELINE_COMMANDS_MAX + 1).as_bytes(), MAX), Err(refused.clone()));
    assert_eq!(
        (refused.status(), refused.to_string().as_str()),
        (413, "LIMIT max pipeline size exceeded. Limit: 100000 commands")
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for body in [&b"[\"\xff\"]"[..], b"[\"get\",[\"\xc3\"]]", b"\xff", b"[\"\xed\xa0\x80\"]"] {
        assert_eq!(parse_command(body, MAX), Err(RestError::Command));
        assert_eq!(parse_pipeline(&[b"[", body, b"]"].concat(), MAX), Err(RestError::Pipeline));
    }
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let deep = format!("[{}", "[".repeat(1_000_000));
    assert_eq!(parse_command(deep.as_bytes(), MAX), Err(RestError::Command));
    assert_eq!(parse_pipeline(deep.as_bytes(), MAX), Err(RestError::Pipeline));
    let closed = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(parse_command(closed.as_bytes(), MAX), Err(RestError::Nested('[')));
    assert_eq!(parse_pipeline(closed.as_bytes(), MAX).unwrap(), [Err(RestError::Nested('['))]);
}

proptest! {
    #[test]
    fn commands_round_trip(sent in prop::collection::vec(any::<String>(), 1..9)) {
        let body = serde_json::to_string(&sent).unwrap();
        let pipeline = format!("[{body},{body}]");
        let expected: Vec<_> = sent.iter().map(|argument| argument.as_bytes()).collect();
        let read = parse_command(body.as_bytes(), usize::MAX).unwrap();
        prop_assert_eq!(read.iter().map(AsRef::as_ref).collect::<Vec<_>>(), expected);
        let commands = parse_pipeline(pipeline.as_bytes(), usize::MAX).unwrap();
        prop_assert_eq!(commands, vec![Ok(read.clone()), Ok(read)]);
    }

    #[test]
    fn random_bodies_never_panic(bytes in any::<Vec<u8>>(), text in "[\\[\\]{}\",a0\\\\ ]{0,24}") {
        for body in [bytes.as_slice(), text.as_bytes()] {
            let _ = parse_command(body, MAX);
            let _ = parse_pipeline(body, MAX);
        }
    }
}
