//! The codecs against each other and against bytes that are none of theirs.

use proptest::prelude::*;
use smallvec::SmallVec;

use super::*;
use crate::{Protocol, Value};

fn decode_all(input: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, DecodeError> {
    let mut decoder = RequestDecoder::new(Limits::default());
    let mut rest = input;
    let mut requests = Vec::new();
    while let Some(taken) = decoder.decode(rest)? {
        let mut args = SmallVec::new();
        decoder.arguments(rest, &mut args);
        requests.push(args.iter().map(|arg| arg.to_vec()).collect());
        rest = &rest[taken..];
    }
    Ok(requests)
}

fn error_of(input: &[u8]) -> String {
    decode_all(input).unwrap_err().to_string()
}

#[test]
fn requests_decode_however_they_are_cut() {
    let mut bytes = Vec::new();
    encode_command(&mut bytes, &[b"SET", b"key", b"a value\r\nwith a line"]);
    encode_command(&mut bytes, &[b"GET", b""]);
    for cut in 0..bytes.len() {
        let mut decoder = RequestDecoder::new(Limits::default());
        let mut buffer = bytes[..cut].to_vec();
        let mut count = 0;
        for part in [&bytes[cut..], &[]] {
            while let Some(taken) = decoder.decode(&buffer).unwrap() {
                buffer.drain(..taken);
                count += 1;
            }
            buffer.extend_from_slice(part);
        }
        assert_eq!(count, 2, "cut at {cut}");
    }
}

#[test]
fn inline_commands_take_quotes_and_escapes() {
    let requests = decode_all(b"SET  \"a b\\x41\\n\" 'it\\'s'\r\n\r\nPING\n").unwrap();
    assert_eq!(
        requests,
        [vec![b"SET".to_vec(), b"a bA\n".to_vec(), b"it's".to_vec()], vec![], vec![b"PING".to_vec()]]
    );
}

#[test]
fn nothing_to_execute_is_consumed() {
    assert_eq!(
        decode_all(b"*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n").unwrap(),
        [vec![], vec![], vec![b"PING".to_vec()]]
    );
}

#[test]
fn protocol_errors_say_what_redis_says() {
    assert_eq!(error_of(b"*2147483647\r\n"), "Protocol error: invalid multibulk length");
    assert_eq!(error_of(b"*x\r\n"), "Protocol error: invalid multibulk length");
    assert_eq!(error_of(b"*99999999999999999999\r\n"), "Protocol error: invalid multibulk length");
    assert_eq!(error_of(b"*1\r\nfoo\r\n"), "Protocol error: expected '$', got 'f'");
    assert_eq!(error_of(b"*1\r\n$-2\r\n"), "Protocol error: invalid bulk length");
    assert_eq!(error_of(b"*1\r\n$4294967296\r\n"), "Protocol error: invalid bulk length");
    assert_eq!(error_of(b"SET \"a\r\n"), "Protocol error: unbalanced quotes in request");
    assert_eq!(error_of(&[b'a'; 70_000]), "Protocol error: too big inline request");
    let mut endless = b"*1".to_vec();
    endless.extend([b'1'; 70_000]);
    assert_eq!(error_of(&endless), "Protocol error: too big mbulk count string");
}

#[test]
fn little_is_taken_before_authentication() {
    let mut decoder = RequestDecoder::new(Limits::unauthenticated());
    assert_eq!(decoder.decode(b"*11\r\n"), Err(DecodeError::UnauthenticatedMultibulkLength));
    let mut decoder = RequestDecoder::new(Limits::unauthenticated());
    assert_eq!(decoder.decode(b"*1\r\n$16385\r\n"), Err(DecodeError::UnauthenticatedBulkLength));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-zA-Z ]{0,12}".prop_map(Value::Status),
        "[a-zA-Z ]{0,12}".prop_map(Value::Error),
        any::<i64>().prop_map(Value::Integer),
        any::<Vec<u8>>().prop_map(Value::Bulk),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        (-1e30..1e30).prop_map(Value::Double),
        any::<Vec<u8>>().prop_map(|text| Value::Verbatim(*b"txt", text)),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Set),
            prop::collection::vec((inner.clone(), inner), 0..4).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn replies_round_trip(value in values()) {
        let mut bytes = Vec::new();
        value.write(&mut RespSink::new(&mut bytes, Protocol::Resp3));
        prop_assert_eq!(decode_value(&bytes).unwrap(), Some((value.clone(), bytes.len())));
        for cut in 0..bytes.len() {
            prop_assert_eq!(decode_value(&bytes[..cut]).unwrap(), None);
        }
        let mut sink = crate::ValueSink::new(Protocol::Resp3);
        value.write(&mut sink);
        prop_assert_eq!(sink.into_values(), vec![value]);
    }

    #[test]
    fn random_bytes_never_panic(bytes in any::<Vec<u8>>()) {
        let _ = decode_all(&bytes);
        let _ = decode_value(&bytes);
        let _ = inline::split(&bytes);
    }

    #[test]
    fn commands_round_trip(args in prop::collection::vec(any::<Vec<u8>>(), 1..20)) {
        let mut bytes = Vec::new();
        encode_command(&mut bytes, &args.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(decode_all(&bytes).unwrap(), vec![args]);
    }
}
