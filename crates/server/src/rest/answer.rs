//! Answers: status, headers and bodies that every route shares.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode};
use selvedge_wire::json;

use crate::rest::events::AnswerBody;
use crate::shared::Shared;

pub(super) const SYNC_TOKEN: HeaderName = HeaderName::from_static("upstash-sync-token");

/// The `Keep-Alive` hint: the published SDK's pool drops idle sockets after four seconds unless told otherwise.
const KEEP_ALIVE: HeaderValue = HeaderValue::from_static("timeout=60");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, OPTIONS");
const ANY: HeaderValue = HeaderValue::from_static("*");

pub(super) type Answer = Response<AnswerBody>;

/// An answer with the headers that all carry.
pub(super) fn answer(
    shared: &Shared,
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
) -> Answer {
    with_sequence(shared, status, content_type, body, shared.database.last_sequence())
}

/// An answer whose sync token names this sequence.
pub(super) fn with_sequence(
    shared: &Shared,
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    sequence: u64,
) -> Answer {
    let mut answer = Response::new(AnswerBody::Whole(Full::new(Bytes::from(body))));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("upstash-sync-token"));
    headers.insert(HeaderName::from_static("keep-alive"), KEEP_ALIVE);
    if let Ok(token) = HeaderValue::from_str(&shared.database.sync_token(sequence)) {
        headers.insert(SYNC_TOKEN, token);
    }
    answer
}

/// `{"error": text}`.
pub(super) fn error(shared: &Shared, status: StatusCode, text: &str) -> Answer {
    let mut body = Vec::new();
    json::write_error(&mut body, text);
    answer(shared, status, JSON, body)
}

pub(super) const JSON: &str = "application/json";

/// The status of a command's error by its first word.
pub(super) fn status_of(text: &str) -> StatusCode {
    match text.split(' ').next().unwrap_or_default() {
        "NOTAPPLIED" | "STALE" | "CLUSTERDOWN" => StatusCode::SERVICE_UNAVAILABLE,
        "UNKNOWN" => StatusCode::GATEWAY_TIMEOUT,
        "LIMIT" => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The answer to a browser that asks before it sends.
pub(super) fn preflight(shared: &Shared, headers: &HeaderMap) -> Answer {
    let mut answer = answer(shared, StatusCode::NO_CONTENT, JSON, Vec::new());
    let to = answer.headers_mut();
    to.remove(header::CONTENT_TYPE);
    to.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned().unwrap_or(ANY);
    to.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    to.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}

/// Refuses a method.
pub(super) fn method_not_allowed(shared: &Shared, method: &Method) -> Answer {
    let mut answer =
        error(shared, StatusCode::METHOD_NOT_ALLOWED, &format!("ERR method {method} is not allowed"));
    answer.headers_mut().insert(header::ALLOW, METHODS);
    answer
}
