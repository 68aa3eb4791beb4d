//! HTTP in: which transport is meant, whether it may be, and the answers that refuse it.

mod poll;
mod push;
pub(crate) mod query;
mod refusal;
mod upgrade;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::{self, ServiceConfig},
};

use self::{query::Parameters, refusal::Refusal};
use crate::{options::Verdict, server::Server};

/// Adds the routes of one server.
pub(crate) fn configure(server: &Arc<Server>, path: &str, config: &mut ServiceConfig) {
    let server = Arc::clone(server);
    let route = web::route().to(move |request: HttpRequest, payload: web::Payload| {
        let server = Arc::clone(&server);
        async move { enter(&server, request, payload).await }
    });
    config.service(web::resource(path.to_owned()).route(route));
}

async fn enter(server: &Arc<Server>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let origin = request.headers().get(header::ORIGIN);
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // An origin that is no text is nobody's.
    let origin = origin.map(|origin| origin.to_str().unwrap_or("null"));
    let verdict = server.options.origins.judge(origin, host);
    let mut response = match sort(server, &request, payload, verdict).await {
        Ok(response) => response,
        Err(refusal) => refusal.answer(),
    };
    refusal::allow_origin(&mut response, verdict, request.headers().get(header::ORIGIN));
    response
}

async fn sort(
    server: &Arc<Server>,
    request: &HttpRequest,
    payload: web::Payload,
    verdict: Verdict,
) -> Result<HttpResponse, Refusal> {
    if request.method() == Method::OPTIONS {
        return if verdict == Verdict::Refused { Err(Refusal::Forbidden) } else { Ok(refusal::preflight()) };
    }
    let parameters = Parameters::read(request.query_string());
    let upgrade = request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let transport = match parameters.transport.as_deref() {
        Some("polling") => Asked::Polling,
        Some("websocket") => Asked::WebSocket,
        _ => return Err(Refusal::UnknownTransport),
    };
    if let Some(sid) = &parameters.sid {
        let session = server.find(sid).ok_or(Refusal::UnknownSession)?;
        let fits = match transport {
            Asked::Polling => !session.with(|state| state.has_moved()),
            Asked::WebSocket => upgrade,
        };
        if !fits {
            return Err(Refusal::BadRequest);
        }
        refuse_origin(verdict)?;
        return match (transport, request.method()) {
            (Asked::WebSocket, _) => upgrade::take_over(session, request, payload),
            (Asked::Polling, &Method::GET) => poll::get(session).await,
            (Asked::Polling, &Method::POST) => push::post(session, request, payload).await,
            (Asked::Polling, _) => Err(Refusal::BadRequest),
        };
    }
    if request.method() != Method::GET {
        return Err(Refusal::BadMethod);
    }
    if transport == Asked::WebSocket && !upgrade {
        return Err(Refusal::BadRequest);
    }
    refuse_origin(verdict)?;
    parameters.check_version()?;
    match transport {
        Asked::Polling => poll::open(server, request),
        Asked::WebSocket => upgrade::open(server, request, payload),
    }
}

/// The transport that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Polling,
    WebSocket,
}

fn refuse_origin(verdict: Verdict) -> Result<(), Refusal> {
    if verdict == Verdict::Refused { Err(Refusal::Forbidden) } else { Ok(()) }
}
