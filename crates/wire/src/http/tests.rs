use proptest::prelude::*;

use super::*;

const HEAD_BYTES_MAX: usize = 1000;

/// Follows bytes in pieces of that size.
fn follow(bytes: &[u8], piece: usize) -> Result<Framing, FramingError> {
    let mut framing = Framing::new(HEAD_BYTES_MAX);
    bytes.chunks(piece).try_for_each(|piece| framing.follow(piece))?;
    Ok(framing)
}

const SOUND: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "\r\n\r\nGET / HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\na\nb\r\n",
    "POST / HTTP/1.1\r\nContent-Length:0\r\nX:\r\n\r\n",
    "POST / HTTP/1.1\r\ntransfer-ENCODING:\tChunked \r\n\r\n3\r\n\n\n\n\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
];

const UNSOUND: &[(&str, FramingError)] = &[
    ("GET / HTTP/1.1\n", FramingError::LineEnd),
    ("GET / HTTP/1.1\r\nX: a\nY: b\r\n\r\n", FramingError::LineEnd),
    ("GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", FramingError::LineEnd),
    ("GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", FramingError::LineEnd),
    ("GET /\r\n", FramingError::RequestLine),
    ("GET  / HTTP/1.1\r\n", FramingError::RequestLine),
    ("GET / a HTTP/1.1\r\n", FramingError::RequestLine),
    ("GET / HTTP/1.2\r\n", FramingError::RequestLine),
    ("*1 / HTTP/1.1x\r\n", FramingError::RequestLine),
    ("PING\r\n", FramingError::RequestLine),
    ("\r\n\r\n\r\n\r\n\r\n\r\n\r\n", FramingError::RequestLine),
    ("GET / HTTP/1.1\r\nX\r\n\r\n", FramingError::Header),
    ("GET / HTTP/1.1\r\n: x\r\n\r\n", FramingError::Header),
    ("GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", FramingError::Header),
    ("GET / HTTP/1.1\r\n ", FramingError::Header),
    ("GET / HTTP/1.1\r\nX ", FramingError::Header),
    ("\0", FramingError::RequestLine),
    ("GET / HTTP/1.1\r\n X: a\r\n\r\n", FramingError::Header),
    ("GET / HTTP/1.1\r\nX : a\r\n\r\n", FramingError::Header),
    ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", FramingError::ContentLength),
    ("GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", FramingError::ContentLength),
    ("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", FramingError::ContentLength),
    ("GET / HTTP/1.1\r\nContent-Length:\r\n\r\n", FramingError::ContentLength),
    ("GET / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n", FramingError::ContentLength),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", FramingError::TransferEncoding),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", FramingError::TransferEncoding),
    ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", FramingError::TransferEncoding),
    (
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        FramingError::TransferEncoding,
    ),
    ("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", FramingError::TwoLengths),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", FramingError::TwoLengths),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", FramingError::Chunk),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\n", FramingError::Chunk),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", FramingError::Chunk),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", FramingError::Chunk),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n", FramingError::LineEnd),
];

#[test]
fn sound_requests_pass_however_they_arrive() {
    let all = SOUND.concat();
    for piece in 1..all.len() {
        let framing = follow(all.as_bytes(), piece).unwrap();
        assert!(!framing.is_in_body());
    }
}

#[test]
fn unsound_requests_are_refused_however_they_arrive() {
    for (text, error) in UNSOUND {
        for piece in [1, 2, 7, 1000] {
            let bytes = [SOUND.concat().as_bytes(), text.as_bytes()].concat();
            assert_eq!(follow(&bytes, piece).err(), Some(*error), "{text:?} in pieces of {piece}");
        }
    }
}

#[test]
fn a_body_is_told_from_a_head() {
    for (text, is_in_body) in [
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n", false),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", true),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n1234", true),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345", false),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", true),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false),
    ] {
        assert_eq!(follow(text.as_bytes(), 1).unwrap().is_in_body(), is_in_body, "{text:?}");
    }
}

#[test]
fn heads_trailers_and_chunk_lines_are_bounded() {
    let long = "x".repeat(HEAD_BYTES_MAX);
    let too_large = FramingError::HeadTooLarge { limit: HEAD_BYTES_MAX };
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for text in [
        long.clone() + "x",
        format!("GET /{long}"),
        format!("GET / HTTP/1.1\r\nX: {long}"),
        format!("{chunked}0\r\nX: {long}"),
    ] {
        for piece in [1, 100_000] {
            assert_eq!(follow(text.as_bytes(), piece).err(), Some(too_large));
        }
    }
    let extension = format!("{chunked}1;{}", "x".repeat(crate::limits::HTTP_CHUNK_LINE_BYTES_MAX));
    assert_eq!(follow(extension.as_bytes(), 1).err(), Some(FramingError::Chunk));
    assert_eq!(too_large.status(), 431);
    let headers = |count: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "X:\r\n".repeat(count));
    assert!(follow(headers(crate::limits::HTTP_HEADERS_MAX).as_bytes(), 7).is_ok());
    let error = follow(headers(crate::limits::HTTP_HEADERS_MAX + 1).as_bytes(), 7).err();
    assert_eq!(error, Some(FramingError::TooManyHeaders));
    // Each head begins to count anew.
    assert!(follow("GET / HTTP/1.1\r\n\r\n".repeat(1000).as_bytes(), 5).is_ok());
}

#[test]
fn http_2_has_framing_of_its_own() {
    assert!(follow(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\n\n\n", 3).is_ok());
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        parts in prop::collection::vec(0..SOUND.len() + UNSOUND.len(), 1..4),
        piece in 1..50_usize,
        noise in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let text = |part: usize| SOUND.iter().copied().chain(UNSOUND.iter().map(|(text, _)| *text)).nth(part).unwrap();
        let mut bytes: Vec<u8> = parts.into_iter().flat_map(|part| text(part).bytes()).collect();
        bytes.extend(noise);
        // Which of two mistakes in one line is named may depend on how much of it has come.
        prop_assert_eq!(follow(&bytes, piece).is_ok(), follow(&bytes, bytes.len()).is_ok());
    }
}
