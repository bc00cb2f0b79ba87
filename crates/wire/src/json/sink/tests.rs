//! Each row of the table of answers, and JSON whatever the reply.

use proptest::prelude::*;

use super::*;
use crate::Value;

fn element(value: &Value, encoding: Encoding) -> String {
    let mut out = Vec::new();
    write_element(&mut out, encoding, |sink| value.write(sink));
    String::from_utf8(out).unwrap()
}

#[test]
fn the_table_of_answers() {
    let bulk = |text: &str| Value::Bulk(text.as_bytes().to_vec());
    let ok = Value::Status("OK".to_owned());
    for (value, plain, base64) in [
        (ok.clone(), r#"{"result":"OK"}"#, r#"{"result":"OK"}"#),
        (Value::Status("PONG".to_owned()), r#"{"result":"PONG"}"#, r#"{"result":"UE9ORw=="}"#),
        (bulk("OK"), r#"{"result":"OK"}"#, r#"{"result":"T0s="}"#),
        (Value::Integer(i64::MAX), r#"{"result":9223372036854775807}"#, r#"{"result":9223372036854775807}"#),
        (Value::Null, r#"{"result":null}"#, r#"{"result":null}"#),
        (Value::NullArray, r#"{"result":null}"#, r#"{"result":null}"#),
        (Value::Array(vec![ok, Value::Null]), r#"{"result":["OK",null]}"#, r#"{"result":["T0s=",null]}"#),
        (Value::Array(vec![]), r#"{"result":[]}"#, r#"{"result":[]}"#),
        (
            Value::Map(vec![(bulk("k"), bulk("v"))]),
            r#"{"result":["k","v"]}"#,
            r#"{"result":["aw==","dg=="]}"#,
        ),
        (bulk(""), r#"{"result":""}"#, r#"{"result":""}"#),
        (
            Value::Integer(i64::MIN),
            r#"{"result":-9223372036854775808}"#,
            r#"{"result":-9223372036854775808}"#,
        ),
        (
            Value::Array(vec![Value::Array(vec![]), Value::Error("ERR x".to_owned()), Value::Integer(1)]),
            r#"{"result":[[],"ERR x",1]}"#,
            r#"{"result":[[],"RVJSIHg=",1]}"#,
        ),
        (
            Value::Array(vec![Value::Array(vec![Value::Array(vec![bulk("a")]), Value::Null]), bulk("OK")]),
            r#"{"result":[[["a"],null],"OK"]}"#,
            r#"{"result":[[["YQ=="],null],"T0s="]}"#,
        ),
        (Value::Map(vec![]), r#"{"result":[]}"#, r#"{"result":[]}"#),
        (Value::Set(vec![bulk("m")]), r#"{"result":["m"]}"#, r#"{"result":["bQ=="]}"#),
        (Value::Push(vec![bulk("m")]), r#"{"result":["m"]}"#, r#"{"result":["bQ=="]}"#),
        (Value::BigNumber("12".to_owned()), r#"{"result":"12"}"#, r#"{"result":"MTI="}"#),
        (Value::Verbatim(*b"txt", b"t".to_vec()), r#"{"result":"t"}"#, r#"{"result":"dA=="}"#),
        (Value::Boolean(false), r#"{"result":0}"#, r#"{"result":0}"#),
        (Value::Boolean(true), r#"{"result":1}"#, r#"{"result":1}"#),
        (Value::Double(1.5), r#"{"result":"1.5"}"#, r#"{"result":"MS41"}"#),
        (
            Value::Error("ERR no \"x\"".to_owned()),
            r#"{"error":"ERR no \"x\""}"#,
            r#"{"error":"ERR no \"x\""}"#,
        ),
    ] {
        assert_eq!(element(&value, Encoding::Plain), plain);
        assert_eq!(element(&value, Encoding::Base64), base64);
    }
    assert_eq!(
        element(&Value::Bulk(vec![b'a', 0xff, 1]), Encoding::Plain),
        "{\"result\":\"a\u{fffd}\\u0001\"}"
    );
}

#[test]
fn a_string_in_pieces_is_one_string() {
    // The pieces cut a character in two.
    let pieces = [&b"a\xc3"[..], b"", b"\xa9b"];
    for (encoding, expected) in
        [(Encoding::Plain, "{\"result\":[\"aéb\",1]}"), (Encoding::Base64, "{\"result\":[\"YcOpYg==\",1]}")]
    {
        let mut out = Vec::new();
        let is_error = write_element(&mut out, encoding, |sink| {
            sink.array(2);
            sink.bulk_chunks(4, &mut pieces.into_iter());
            sink.integer(1);
        });
        assert!(!is_error);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

#[test]
fn an_array_comes_in_parts() {
    let (mut out, mut element) = (Vec::new(), Element::new(Encoding::Plain));
    for _ in 0..2 {
        assert!(!element.write(&mut out, |sink| sink.array(3)));
        assert!(!element.write(&mut out, |sink| sink.integer(1)));
        assert!(!element.write(&mut out, |_| {}));
        assert!(!element.write(&mut out, |sink| {
            sink.array(1);
            sink.bulk(b"x");
            sink.null();
        }));
    }
    assert!(element.write(&mut out, |sink| sink.error("ERR no")));
    let expected = r#"{"result":[1,["x"],null]}{"result":[1,["x"],null]}{"error":"ERR no"}"#;
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn an_error_leaves_nothing_but_its_text() {
    let mut out = b"[".to_vec();
    assert!(write_element(&mut out, Encoding::Base64, |sink| sink.error("ERR a\r\nb")));
    assert_eq!(out, b"[{\"error\":\"ERR a  b\"}");
    let mut out = Vec::new();
    let mut sink = JsonSink::new(&mut out, Encoding::Plain);
    assert_eq!(sink.protocol(), Protocol::Resp2);
    sink.error("ERR x");
    assert!(sink.is_error());
    assert_eq!(sink.into_error().as_deref(), Some("ERR x"));
    assert!(out.is_empty());
}

proptest! {
    #[test]
    fn answers_are_json_in_the_shapes_of_resp2(value in crate::value::strategies::values()) {
        for encoding in [Encoding::Plain, Encoding::Base64] {
            let text = element(&value, encoding);
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            let object = read.as_object().unwrap();
            prop_assert_eq!(object.len(), 1);
            match &value {
                Value::Error(error) => prop_assert_eq!(object["error"].as_str(), Some(error.as_str())),
                _ => prop_assert!(!object["result"].is_object() && !object["result"].is_boolean()),
            }
        }
    }
}

#[test]
fn no_reply_leaves_no_trace() {
    let mut out = b"[".to_vec();
    assert!(!write_element(&mut out, Encoding::Plain, |_| {}));
    assert_eq!(out, b"[");
}
