//! Refusals as `application/problem+json` (RFC 9457).

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use bedside_protocol::Refusal;
use serde::Serialize;

/// A problem: the refusal's fields beside the ones that the standard names.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    #[serde(flatten)]
    refusal: &'a Refusal,
}

/// A refusal as an answer.
pub fn response(refusal: &Refusal) -> HttpResponse {
    let status = refusal.code.http_status();
    let problem = Problem { r#type: "about:blank", title: &refusal.message, status, refusal };
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(code);
    if let Some(wait_ms) = refusal.retry_after_ms {
        answer.insert_header((header::RETRY_AFTER, wait_ms.div_ceil(1_000).to_string()));
    }
    let body = serde_json::to_string(&problem).unwrap_or_default();
    answer.content_type("application/problem+json").body(body)
}
