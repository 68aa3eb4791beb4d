//! Answers that refuse, with the protocol's codes, and the CORS headers of all answers.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
};

use crate::{application::HandshakeRefusal, options::Verdict};

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownTransport,
    UnknownSession,
    BadMethod,
    BadRequest,
    Forbidden,
    UnsupportedVersion,
    /// 400 without a body: what the protocol wants for overlapping requests and for malformed bodies.
    Malformed,
    TooLarge,
    TooLate,
    Handshake(HandshakeRefusal),
}

impl Refusal {
    pub(super) fn answer(self) -> HttpResponse {
        let (status, code, message) = match self {
            Self::UnknownTransport => (StatusCode::BAD_REQUEST, 0, "Transport unknown"),
            Self::UnknownSession => (StatusCode::BAD_REQUEST, 1, "Session ID unknown"),
            Self::BadMethod => (StatusCode::BAD_REQUEST, 2, "Bad handshake method"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, 3, "Bad request"),
            Self::Forbidden => (StatusCode::FORBIDDEN, 4, "Forbidden"),
            Self::UnsupportedVersion => (StatusCode::BAD_REQUEST, 5, "Unsupported protocol version"),
            Self::Handshake(HandshakeRefusal { status, .. }) => (status, 4, "Refused"),
            Self::Malformed => return bare(StatusCode::BAD_REQUEST),
            Self::TooLarge => return bare(StatusCode::PAYLOAD_TOO_LARGE),
            Self::TooLate => return bare(StatusCode::REQUEST_TIMEOUT),
        };
        let mut answer = HttpResponse::build(status);
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Self::Handshake(HandshakeRefusal { retry_after: Some(after), .. }) = self {
            answer.insert_header((header::RETRY_AFTER, after.as_secs_f64().ceil().to_string()));
        }
        answer.content_type("application/json").body(format!(r#"{{"code":{code},"message":"{message}"}}"#))
    }
}

impl From<HandshakeRefusal> for Refusal {
    fn from(refusal: HandshakeRefusal) -> Self {
        Self::Handshake(refusal)
    }
}

fn bare(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).finish()
}

/// The answer to a browser that asks beforehand.
pub(super) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"))
        .finish()
}

/// Lets the browser show the answer to the page, errors included.
pub(super) fn allow_origin(answer: &mut HttpResponse, verdict: Verdict, origin: Option<&HeaderValue>) {
    let headers: &mut HeaderMap = answer.headers_mut();
    match (verdict, origin) {
        (Verdict::Anyone, _) => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        (Verdict::Echo, Some(origin)) => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        (Verdict::Echo | Verdict::Plain | Verdict::Refused, _) => {}
    }
}
