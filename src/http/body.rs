//! Request bodies: read within their limits, parsed strictly.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::{StatusCode, header},
    web::{self, Bytes, BytesMut},
};
use bedside_protocol::{Code, Refusal, refusal};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::{config::Limits, http::problem::Problem};

/// Read a body, whatever it says.
pub async fn read(request: &HttpRequest, payload: web::Payload, limits: &Limits) -> Result<Bytes, Problem> {
    let limit = usize::try_from(limits.json_body_bytes).unwrap_or(usize::MAX);
    let declared = content_length(request);
    if declared.is_some_and(|bytes| bytes > limit) {
        return Err(Code::TooLarge.into());
    }
    let patience = Duration::from_millis(limits.http_body_timeout_ms);
    let read = tokio::time::timeout(patience, collect(payload, limit)).await;
    let bytes = read.unwrap_or_else(|_elapsed| {
        Err(Problem::of_request(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"))
    })?;
    if !bytes.is_empty() {
        check_type(request)?;
    }
    Ok(bytes)
}

async fn collect(mut payload: web::Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let broken = |_| Refusal::new(Code::Malformed, "the body broke off or is badly framed");
        let chunk = chunk.map_err(broken)?;
        if body.len() + chunk.len() > limit {
            return Err(Code::TooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Parse a body. None at all is an object without fields: what must be there is then missing by name.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    if bytes.is_empty() {
        return refusal::parse("{}");
    }
    let utf8 = |_| Refusal::new(Code::Malformed, "not UTF-8");
    refusal::parse(std::str::from_utf8(bytes).map_err(utf8)?)
}

pub(super) fn check_type(request: &HttpRequest) -> Result<(), Problem> {
    let refuse = |message| Err(Problem::of_request(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    if !is_plain(request) {
        return refuse("a compressed body is not taken");
    }
    let media_type = text(request, &header::CONTENT_TYPE).and_then(|value| value.split(';').next());
    match media_type {
        Some(media_type) if media_type.trim().eq_ignore_ascii_case("application/json") => Ok(()),
        Some(_) | None => refuse("a body is application/json"),
    }
}

/// Whether the body comes as it is.
pub(super) fn is_plain(request: &HttpRequest) -> bool {
    text(request, &header::CONTENT_ENCODING).is_none_or(|it| it.eq_ignore_ascii_case("identity"))
}

/// How long the body is said to be.
pub(super) fn content_length(request: &HttpRequest) -> Option<usize> {
    text(request, &header::CONTENT_LENGTH)?.parse().ok()
}

/// A header as text.
pub fn text<'a>(request: &'a HttpRequest, name: &header::HeaderName) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
