//! What every request of the API passes: origins, limits of its address, and headers that keep answers to
//! themselves.

use std::sync::Arc;

use actix_socketio::{OriginPolicy, Verdict};
use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use bedside_protocol::{Code, Refusal};

use crate::{
    gateway::address::Addresses,
    http::{
        idempotency::IDEMPOTENCY_KEY,
        problem::{Problem, response},
    },
};

/// How long a browser remembers what it may send, in seconds: the most that one of them takes is two hours.
const PREFLIGHT_LIFE_S: &str = "7200";

/// What a page of another origin may read beside what is always shown.
const EXPOSED: &str = "accept-ranges, content-disposition, content-range, etag, retry-after";

/// Where the API ends and the world begins.
pub struct Border {
    /// Whose pages may ask.
    pub origins: OriginPolicy,
    /// What one address may ask.
    pub addresses: Arc<Addresses>,
    /// Where people reach this server; links begin with it.
    pub public_url: String,
}

/// Let a request through to the API, or not.
pub async fn pass<B: MessageBody>(
    border: web::Data<Border>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let find = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let verdict = border.origins.judge(find(header::ORIGIN), find(header::HOST));
    let origin = request.headers().get(header::ORIGIN).cloned();
    let turned_away = if verdict == Verdict::Refused {
        Some(response(&Refusal::new(Code::Forbidden, "pages of this origin may not ask here")))
    } else if is_preflight(&request) {
        Some(preflight())
    } else {
        let address = border.addresses.client(request.peer_addr(), |name| {
            request.headers().get(name).and_then(|value| value.to_str().ok())
        });
        border.addresses.request(address).err().map(|refusal| Problem::from(refusal).response())
    };
    let mut response = match turned_away {
        Some(response) => request.into_response(response).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    allow(response.headers_mut(), verdict, origin);
    Ok(response)
}

/// A browser asks whether its page may ask.
fn is_preflight(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> HttpResponse {
    let allowed = format!("authorization, content-type, if-match, if-range, range, {IDEMPOTENCY_KEY}");
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PATCH, DELETE"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, allowed))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_LIFE_S))
        .finish()
}

fn allow(headers: &mut HeaderMap, verdict: Verdict, origin: Option<HeaderValue>) {
    let allowed = match verdict {
        Verdict::Plain | Verdict::Refused => None,
        Verdict::Anyone => Some(HeaderValue::from_static("*")),
        Verdict::Echo => origin,
    };
    if let Some(allowed) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
