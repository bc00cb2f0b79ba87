//! Which request is which.

use std::borrow::Cow;
use std::net::IpAddr;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderMap};
use hyper::{Method, Request, StatusCode};
use selvedge_node::{Caller, Permission, Topic};
use selvedge_wire::json::Encoding;
use selvedge_wire::rest::{self, Reserved, RestError};
use tokio::time::timeout;

use crate::metrics::{self, add};
use crate::resp::Running;
use crate::rest::answer::{self, Answer, JSON};
use crate::rest::events;
use crate::rest::execute::{self, Form};
use crate::shared::Shared;
use crate::turn::admit;

/// Answers one request. Authentication comes first: an outsider learns nothing of what exists.
pub(super) async fn answer(shared: &Shared, request: Request<Incoming>, peer: Option<IpAddr>) -> Answer {
    add(&shared.metrics.http_requests, 1);
    let _running = Running::begin(shared);
    let (head, body) = request.into_parts();
    if head.method == Method::OPTIONS {
        return answer::preflight(shared, &head.headers);
    }
    let path = head.uri.path();
    let query = head.uri.query();
    let token = token(&head.headers, query);
    let permission = token.as_ref().map_or(shared.tokens.before(), |token| shared.tokens.check(token));
    if permission == Permission::None && token.is_some() {
        shared.punish(peer).await;
    }
    if let ("/health" | "/metrics", true) = (path, head.method == Method::GET) {
        return if peer.is_some_and(|peer| peer.is_loopback()) || permission != Permission::None {
            page(shared, path)
        } else {
            unauthorized(shared)
        };
    }
    if permission == Permission::None {
        return unauthorized(shared);
    }
    if !matches!(head.method, Method::GET | Method::HEAD | Method::POST | Method::PUT) {
        return answer::method_not_allowed(shared, &head.method);
    }
    let form = match form(&head.headers) {
        Ok(form) => form,
        Err(text) => return answer::error(shared, StatusCode::BAD_REQUEST, text),
    };
    let patience = std::time::Duration::from_millis(shared.settings.request_timeout_ms);
    let body_bytes_max = usize::try_from(shared.settings.body_bytes_max).unwrap_or(usize::MAX);
    // What is announced is not waited for.
    if body.size_hint().lower() > shared.settings.body_bytes_max {
        return too_large(shared);
    }
    let body = match timeout(patience, Limited::new(body, body_bytes_max).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return too_large(shared);
        }
        Ok(Err(_)) => {
            return answer::error(shared, StatusCode::BAD_REQUEST, "ERR the request body ended early");
        }
        Err(_) => {
            return answer::error(shared, StatusCode::REQUEST_TIMEOUT, "ERR the request body took too long");
        }
    };
    add(&shared.metrics.received_bytes, body.len() as u64);
    let caller = Caller { permission };
    let bytes_max = usize::try_from(shared.settings.request_bytes_max).unwrap_or(usize::MAX);
    let reserved = rest::reserved(path);
    if let Some(reserved) = reserved {
        let topic = match reserved.word {
            Reserved::Subscribe => Some(Topic::Channel),
            Reserved::PSubscribe => Some(Topic::Pattern),
            Reserved::Pipeline | Reserved::MultiExec | Reserved::Monitor => None,
        };
        if let Some(topic) = topic {
            return events::subscribe(shared, topic, reserved.segments());
        }
        if reserved.word == Reserved::Monitor && reserved.is_bare() {
            return match admit(shared, caller, &[b"monitor"]) {
                Ok(_) => events::monitor(shared),
                Err(error) => {
                    answer::error(shared, answer::status_of(&error.to_string()), &error.to_string())
                }
            };
        }
    }
    match reserved.map(|reserved| (reserved.word, reserved.is_bare())) {
        Some((Reserved::Pipeline, true)) => match rest::parse_pipeline(&body, bytes_max) {
            Ok(commands) => execute::pipeline(shared, caller, form, &commands).await,
            Err(error) => refused(shared, &error),
        },
        Some((Reserved::MultiExec, true)) => match rest::parse_pipeline(&body, bytes_max) {
            Ok(commands) => execute::transaction(shared, caller, form, &commands).await,
            Err(error) => refused(shared, &error),
        },
        Some((word @ (Reserved::Subscribe | Reserved::PSubscribe | Reserved::Monitor), _)) => {
            answer::error(shared, StatusCode::BAD_REQUEST, &execute::not_over_rest(word.word()))
        }
        None if path == "/" => match rest::parse_command(&body, bytes_max) {
            Ok(arguments) => execute::command(shared, caller, form, &arguments).await,
            Err(error) => refused(shared, &error),
        },
        Some(_) | None => match rest::parse_path(path, query, &body, bytes_max) {
            Ok(arguments) => execute::command(shared, caller, form, &arguments).await,
            Err(error) => refused(shared, &error),
        },
    }
}

fn too_large(shared: &Shared) -> Answer {
    let limit = shared.settings.body_bytes_max;
    let text = format!("ERR max request size exceeded. Limit: {limit} bytes");
    answer::error(shared, StatusCode::PAYLOAD_TOO_LARGE, &text)
}

fn refused(shared: &Shared, error: &RestError) -> Answer {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    answer::error(shared, status, &error.to_string())
}

fn unauthorized(shared: &Shared) -> Answer {
    answer::error(shared, StatusCode::UNAUTHORIZED, "WRONGPASS invalid or missing auth token")
}

/// The token that was shown. The header beats `_token`.
fn token<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<Cow<'a, [u8]>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return query.and_then(rest::query_token) };
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(Cow::Borrowed(token))
}

fn form(headers: &HeaderMap) -> Result<Form, &'static str> {
    let base64 =
        headers.get("upstash-encoding").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"base64"));
    // The service's own documentation spells the second one.
    let format = headers.get("upstash-response-format").or_else(|| headers.get("upstash-reponse-format"));
    match format.map(|value| value.as_bytes().to_ascii_lowercase()).as_deref() {
        None | Some(b"json") => Ok(Form::Json(if base64 { Encoding::Base64 } else { Encoding::Plain })),
        Some(b"resp2") if base64 => {
            Err("ERR Upstash-Encoding: base64 is not allowed with Upstash-Response-Format: resp2")
        }
        Some(b"resp2") => Ok(Form::Resp2),
        Some(_) => Err("ERR invalid Upstash-Response-Format: must be json or resp2"),
    }
}

/// `/health` and `/metrics`.
fn page(shared: &Shared, path: &str) -> Answer {
    if path == "/metrics" {
        return answer::answer(
            shared,
            StatusCode::OK,
            "text/plain; version=0.0.4",
            metrics::page(shared).into_bytes(),
        );
    }
    let health = shared.database.health();
    let status = if health.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut body = Vec::new();
    body.extend_from_slice(b"{\"status\":");
    selvedge_wire::json::write_string(&mut body, if health.is_ok() { b"ok" } else { b"failing" });
    body.extend_from_slice(b",\"role\":\"primary\",\"durability\":");
    selvedge_wire::json::write_string(&mut body, shared.settings.durability.word().as_bytes());
    let reason = health.failure.or(health.log.failure).or(health.log.no_space);
    if let Some(reason) = reason {
        body.extend_from_slice(b",\"reason\":");
        selvedge_wire::json::write_string(&mut body, reason.as_bytes());
    }
    body.push(b'}');
    answer::answer(shared, status, JSON, body)
}
