//! Refusals as HTTP says them: RFC 9457, with the codes of the sockets.

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use bedside_protocol::{Code, Refusal};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;

/// The media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A refusal with the status that carries it.
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub struct Problem {
    refusal: Refusal,
    status: StatusCode,
}

/// The body of a problem.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    /// The status, for people.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong, for people.
    detail: String,
    /// What is wrong, for programs: the same codes as on the socket.
    code: Code,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Box<str>>,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// Finds the cause in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<Box<str>>,
    /// The version that the consultation has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

impl Problem {
    /// A refusal under another status than its code's.
    pub fn with_status(refusal: Refusal, status: StatusCode) -> Self {
        Self { refusal, status }
    }

    /// Something about the request itself, which no code of the sockets has a word for.
    pub fn of_request(status: StatusCode, message: &str) -> Self {
        Self::with_status(Refusal::new(Code::Malformed, message), status)
    }

    /// A version was named, and it is not the one that is stored.
    pub fn stale(refusal: Refusal) -> Self {
        Self::with_status(refusal, StatusCode::PRECONDITION_FAILED)
    }

    /// The problem as an answer.
    pub fn response(&self) -> HttpResponse {
        let Self { refusal, status } = self;
        let mut response = HttpResponseBuilder::new(*status);
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(wait_ms) = refusal.retry_after_ms {
            response.insert_header((header::RETRY_AFTER, wait_ms.div_ceil(1_000).to_string()));
        }
        if *status == StatusCode::UNAUTHORIZED {
            let challenge = if matches!(refusal.code, Code::TokenMissing | Code::CredentialsInvalid) {
                r#"Bearer realm="bedside""#
            } else {
                r#"Bearer realm="bedside", error="invalid_token""#
            };
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        let body = ProblemBody {
            kind: format!("urn:bedside:problem:{}", refusal.code.as_str()),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: refusal.message.clone(),
            code: refusal.code,
            field: refusal.field.clone(),
            retry_after_ms: refusal.retry_after_ms,
            incident: refusal.incident.clone(),
            version: refusal.version,
        };
        match serde_json::to_string(&body) {
            Ok(json) => response.body(json),
            Err(error) => {
                tracing::error!(%error, "a problem could not be written");
                response.finish()
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.code.http_status());
        Self { refusal, status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR) }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Refusal::from(code).into()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        error.into_refusal().into()
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

/// A refusal as an answer, for those who refuse before there is an operation.
pub fn response(refusal: &Refusal) -> HttpResponse {
    Problem::from(refusal.clone()).response()
}
