//! The codecs against each other, against Redis' answers, and against bytes that are none of theirs.

use proptest::prelude::*;
use smallvec::SmallVec;

use super::*;
use crate::limits::{self, INLINE_BYTES_MAX, REPLY_DEPTH_MAX};
use crate::value::strategies::values;
use crate::{Protocol, ReplySink, Value};

type Request = Vec<Vec<u8>>;

/// Decodes what arrives in the given pieces.
fn decode_pieces<'a>(
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Request>, DecodeError> {
    let mut decoder = RequestDecoder::new(limits);
    let (mut buffer, mut requests) = (Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Some(taken) = decoder.decode(&buffer)? {
            let mut args = SmallVec::new();
            decoder.arguments(&buffer, &mut args);
            requests.push(args.iter().map(|arg| arg.to_vec()).collect());
            drop(args);
            buffer.drain(..taken);
            assert!(!decoder.is_partial());
        }
        assert_eq!(decoder.is_partial(), !buffer.is_empty());
    }
    Ok(requests)
}

fn decode_all(input: &[u8]) -> Result<Vec<Request>, DecodeError> {
    let whole = decode_pieces(Limits::default(), [input]);
    // Which error, and which requests, must not depend on how the bytes arrive.
    let (front, back) = input.split_at(input.len() / 2);
    assert_eq!(decode_pieces(Limits::default(), [front, back]), whole);
    if input.len() < 1000 {
        assert_eq!(decode_pieces(Limits::default(), input.chunks(1)), whole);
    }
    whole
}

fn error_of(input: &[u8]) -> String {
    decode_all(input).unwrap_err().to_string()
}

fn request(args: &[&[u8]]) -> Request {
    args.iter().map(|arg| arg.to_vec()).collect()
}

#[test]
fn requests_decode_however_they_are_cut() {
    let long = vec![b'x'; 1234];
    let commands: [&[&[u8]]; 3] =
        [&[b"SET", b"key", b"a value\r\nwith a line"], &[b"GET", b""], &[b"ECHO", &long]];
    let mut bytes = Vec::new();
    commands.iter().for_each(|args| encode_command(&mut bytes, args));
    bytes.extend_from_slice(b"PING \"a b\"\r\n");
    let mut expected: Vec<_> = commands.iter().map(|args| request(args)).collect();
    expected.push(request(&[b"PING", b"a b"]));
    for cut in 0..=bytes.len() {
        let (front, back) = bytes.split_at(cut);
        assert_eq!(decode_pieces(Limits::default(), [front, back]).unwrap(), expected, "cut at {cut}");
    }
    assert_eq!(decode_pieces(Limits::default(), bytes.chunks(1)).unwrap(), expected);
}

#[test]
fn nothing_to_execute_is_consumed() {
    for nothing in ["*0\r\n", "*-1\r\n", "*-2147483649\r\n", "\r\n", "\n", " \t \r\n"] {
        let bytes = format!("{nothing}*1\r\n$4\r\nPING\r\n");
        assert_eq!(decode_all(bytes.as_bytes()).unwrap(), [request(&[]), request(&[b"PING"])], "{nothing:?}");
    }
}

#[test]
fn what_ends_a_line_or_an_argument_is_not_looked_at() {
    assert_eq!(decode_all(b"*1\rX$4\rXPINGxx").unwrap(), [request(&[b"PING"])]);
}

/// Each was asked of Redis 8.2.3, but for those with a note.
#[test]
fn protocol_errors_say_what_redis_says() {
    let multibulk = "Protocol error: invalid multibulk length";
    let bulk = "Protocol error: invalid bulk length";
    let quotes = "Protocol error: unbalanced quotes in request";
    for (input, text) in [
        // Redis waits for two thousand million arguments.
        (&b"*2147483647\r\n"[..], multibulk),
        (b"*2147483648\r\n", multibulk),
        (b"*01\r\n", multibulk),
        (b"*-0\r\n", multibulk),
        (b"*\r\n", multibulk),
        (b"*+1\r\n", multibulk),
        (b"*-\r\n", multibulk),
        (b"*x\r\n", multibulk),
        (b"* 1\r\n", multibulk),
        (b"*99999999999999999999\r\n", multibulk),
        (b"*1\r\nfoo\r\n", "Protocol error: expected '$', got 'f'"),
        (b"*1\r\n\r\n", "Protocol error: expected '$', got '\r'"),
        (b"*1\r\n$-1\r\n", bulk),
        (b"*1\r\n$-2\r\n", bulk),
        (b"*1\r\n$x\r\n", bulk),
        (b"*1\r\n$\r\n", bulk),
        (b"*1\r\n$04\r\nPING\r\n", bulk),
        (b"*1\r\n$4294967296\r\n", bulk),
        (b"*1\r\n$99999999999999999999\r\n", bulk),
        (b"ECHO \"a\r\n", quotes),
        (b"ECHO \"a\"b\r\n", quotes),
        (b"ECHO 'a\r\n", quotes),
    ] {
        assert_eq!(error_of(input), text, "{}", input.escape_ascii());
    }
    assert_eq!(decode_all(b"*1\r\nfoo").unwrap(), Vec::<Request>::new());
}

#[test]
fn lines_are_limited() {
    let endless = |front: &[u8], byte: u8, len: usize| [front, &vec![byte; len - front.len()]].concat();
    let multibulk = "Protocol error: too big mbulk count string";
    assert!(decode_all(&endless(b"*", b'1', INLINE_BYTES_MAX)).is_ok());
    assert_eq!(error_of(&endless(b"*", b'1', INLINE_BYTES_MAX + 1)), multibulk);
    let head = b"*1\r\n";
    let line = |byte: u8, len: usize| [head, endless(b"$", byte, len).as_slice()].concat();
    assert!(decode_all(&line(b'1', INLINE_BYTES_MAX)).is_ok());
    assert_eq!(error_of(&line(b'1', INLINE_BYTES_MAX + 1)), "Protocol error: too big bulk count string");
    let inline = "Protocol error: too big inline request";
    assert!(decode_all(&endless(b"", b'a', INLINE_BYTES_MAX)).is_ok());
    assert_eq!(error_of(&endless(b"", b'a', INLINE_BYTES_MAX + 1)), inline);
    let mut whole = endless(b"", b'a', INLINE_BYTES_MAX);
    whole.push(b'\n');
    assert_eq!(decode_all(&whole).unwrap()[0][0].len(), INLINE_BYTES_MAX);
    whole.insert(0, b'a');
    assert_eq!(error_of(&whole), inline);
}

#[test]
fn arguments_are_limited_before_they_arrive() {
    let head = |count: usize| format!("*{count}\r\n");
    assert!(decode_all(head(limits::ARGUMENTS_MAX).as_bytes()).is_ok());
    let refused = "Protocol error: invalid multibulk length";
    assert_eq!(error_of(head(limits::ARGUMENTS_MAX + 1).as_bytes()), refused);
    let bulk = |len: usize| format!("*2\r\n${len}\r\n");
    assert!(decode_all(bulk(limits::BULK_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(error_of(bulk(limits::BULK_BYTES_MAX + 1).as_bytes()), "Protocol error: invalid bulk length");
    let small = Limits { request_bytes_max: 100, ..Limits::default() };
    let request = |len: usize| format!("*2\r\n$50\r\n{}\r\n${len}\r\n", "x".repeat(50));
    assert!(decode_pieces(small, [request(34).as_bytes()]).is_ok());
    assert_eq!(decode_pieces(small, [request(35).as_bytes()]), Err(DecodeError::RequestTooBig));
}

#[test]
fn little_is_taken_before_authentication() {
    let decode = |input: &str| decode_pieces(Limits::unauthenticated(), [input.as_bytes()]);
    assert!(decode("*10\r\n").is_ok());
    assert_eq!(decode("*11\r\n"), Err(DecodeError::UnauthenticatedMultibulkLength));
    assert_eq!(decode("*2147483647\r\n"), Err(DecodeError::UnauthenticatedMultibulkLength));
    assert_eq!(decode("*2147483648\r\n"), Err(DecodeError::MultibulkLength));
    assert!(decode("*1\r\n$16384\r\n").is_ok());
    assert_eq!(decode("*1\r\n$16385\r\n"), Err(DecodeError::UnauthenticatedBulkLength));
    assert_eq!(decode("*1\r\n$536870913\r\n"), Err(DecodeError::BulkLength));
    let multibulk = DecodeError::UnauthenticatedMultibulkLength.to_string();
    assert_eq!(multibulk, "Protocol error: unauthenticated multibulk length");
    let bulk = DecodeError::UnauthenticatedBulkLength.to_string();
    assert_eq!(bulk, "Protocol error: unauthenticated bulk length");
    let mut decoder = RequestDecoder::new(Limits::unauthenticated());
    decoder.set_limits(Limits::default());
    assert_eq!(decoder.decode(b"*11\r\n"), Ok(None));
}

/// What every protocol writes for the same call.
#[test]
fn replies_have_the_forms_of_both_versions() {
    let bulk = |text: &str| Value::Bulk(text.as_bytes().to_vec());
    let long = "x".repeat(1000);
    for (value, resp2, resp3) in [
        (Value::Status("OK".to_owned()), "+OK\r\n", "+OK\r\n"),
        (Value::Status("a\r\nb".to_owned()), "+a  b\r\n", "+a  b\r\n"),
        (Value::Error("ERR a\nb".to_owned()), "-ERR a b\r\n", "-ERR a b\r\n"),
        (Value::Integer(i64::MIN), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"),
        (bulk(""), "$0\r\n\r\n", "$0\r\n\r\n"),
        (bulk("a\r\nb"), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"),
        (bulk("0123456789"), "$10\r\n0123456789\r\n", "$10\r\n0123456789\r\n"),
        (bulk(&long), &format!("$1000\r\n{long}\r\n"), &format!("$1000\r\n{long}\r\n")),
        (Value::Null, "$-1\r\n", "_\r\n"),
        (Value::NullArray, "*-1\r\n", "_\r\n"),
        (Value::Array(vec![]), "*0\r\n", "*0\r\n"),
        (Value::Array(vec![Value::Null, bulk("a")]), "*2\r\n$-1\r\n$1\r\na\r\n", "*2\r\n_\r\n$1\r\na\r\n"),
        (
            Value::Map(vec![(bulk("k"), Value::Integer(1))]),
            "*2\r\n$1\r\nk\r\n:1\r\n",
            "%1\r\n$1\r\nk\r\n:1\r\n",
        ),
        (Value::Set(vec![bulk("m")]), "*1\r\n$1\r\nm\r\n", "~1\r\n$1\r\nm\r\n"),
        (Value::Push(vec![bulk("m")]), "*1\r\n$1\r\nm\r\n", ">1\r\n$1\r\nm\r\n"),
        (Value::Double(3.1), "$3\r\n3.1\r\n", ",3.1\r\n"),
        (Value::Double(f64::INFINITY), "$3\r\ninf\r\n", ",inf\r\n"),
        (Value::Double(f64::NEG_INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n"),
        (Value::Double(f64::NAN), "$3\r\nnan\r\n", ",nan\r\n"),
        (Value::Boolean(true), ":1\r\n", "#t\r\n"),
        (Value::Boolean(false), ":0\r\n", "#f\r\n"),
        (Value::BigNumber("-12".to_owned()), "$3\r\n-12\r\n", "(-12\r\n"),
        (Value::Verbatim(*b"txt", b"abc".to_vec()), "$3\r\nabc\r\n", "=7\r\ntxt:abc\r\n"),
    ] {
        for (protocol, expected) in [(Protocol::Resp2, resp2), (Protocol::Resp3, resp3)] {
            let mut bytes = Vec::new();
            value.write(&mut RespSink::new(&mut bytes, protocol));
            assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        }
    }
    let mut bytes = Vec::new();
    let mut sink = RespSink::new(&mut bytes, Protocol::Resp2);
    sink.bulk_chunks(3, &mut [&b"a"[..], b"", b"bc"].into_iter());
    assert_eq!(bytes, b"$3\r\nabc\r\n");
}

#[test]
fn clients_read_what_servers_may_send() {
    let read = |input: &[u8]| decode_value(input).map(|found| found.map(|(value, _)| value));
    assert_eq!(read(b"$-1\r\n"), Ok(Some(Value::Null)));
    assert_eq!(read(b"*-1\r\n"), Ok(Some(Value::NullArray)));
    assert_eq!(read(b"!5\r\nERR x\r\n"), Ok(Some(Value::Error("ERR x".to_owned()))));
    assert_eq!(read(b"|1\r\n+ttl\r\n:1\r\n:2\r\n"), Ok(Some(Value::Integer(2))));
    assert_eq!(read(b"*9223372036854775807\r\n"), Ok(None));
    for input in [
        &b"#x\r\n"[..],
        b"$-2\r\n",
        b"$x\r\n",
        b"$01\r\n",
        b"=3\r\nabc\r\n",
        b"$1\r\nabc",
        b"?\r\n",
        b"\r\n",
        b":\r\n",
    ] {
        assert_eq!(read(input), Err(DecodeError::Reply), "{}", input.escape_ascii());
    }
    assert!(matches!(read(format!("{}:1\r\n", "*1\r\n".repeat(REPLY_DEPTH_MAX)).as_bytes()), Ok(Some(_))));
    assert_eq!(read("*1\r\n".repeat(REPLY_DEPTH_MAX + 1).as_bytes()), Err(DecodeError::Reply));
    assert_eq!(read("*1\r\n".repeat(1_000_000).as_bytes()), Err(DecodeError::Reply));
    assert_eq!(read("|1\r\n".repeat(1_000_000).as_bytes()), Err(DecodeError::Reply));
}

proptest! {
    #[test]
    fn replies_round_trip(value in values()) {
        let mut bytes = Vec::new();
        value.write(&mut RespSink::new(&mut bytes, Protocol::Resp3));
        prop_assert_eq!(decode_value(&bytes).unwrap(), Some((value, bytes.len())));
        for cut in 0..bytes.len() {
            prop_assert_eq!(decode_value(&bytes[..cut]).unwrap(), None);
        }
    }

    #[test]
    fn version_2_is_framed_too(value in values()) {
        let mut bytes = Vec::new();
        value.write(&mut RespSink::new(&mut bytes, Protocol::Resp2));
        let mut sink = crate::ValueSink::new(Protocol::Resp2);
        value.write(&mut sink);
        let flat = sink.into_values().remove(0);
        prop_assert_eq!(decode_value(&bytes).unwrap(), Some((flat, bytes.len())));
    }

    #[test]
    fn random_bytes_never_panic(bytes in any::<Vec<u8>>(), likely in "[*$\\-0-9\r\nab\"'\\\\ ]{0,40}") {
        for input in [bytes.as_slice(), likely.as_bytes()] {
            let _ = decode_all(input);
            let _ = decode_pieces(Limits::unauthenticated(), [input]);
        }
    }

    #[test]
    fn random_replies_never_panic(bytes in any::<Vec<u8>>(), likely in "[*$%~>|=!_#,(:+\\-0-9\r\ntf]{0,40}") {
        let _ = decode_value(&bytes);
        let _ = decode_value(likely.as_bytes());
    }

    #[test]
    fn commands_round_trip(
        commands in prop::collection::vec(prop::collection::vec(any::<Vec<u8>>(), 1..20), 1..5),
        piece_bytes in 1_usize..50,
    ) {
        let mut bytes = Vec::new();
        for args in &commands {
            encode_command(&mut bytes, &args.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        prop_assert_eq!(decode_pieces(Limits::default(), [bytes.as_slice()]).unwrap(), commands.clone());
        prop_assert_eq!(decode_pieces(Limits::default(), bytes.chunks(piece_bytes)).unwrap(), commands);
    }
}
