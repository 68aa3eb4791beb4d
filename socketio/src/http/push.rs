//! POST: takes packets of a polling client. Read up to the limit, checked as a whole, handed on, answered `ok`.

use std::{future::poll_fn, sync::Arc, task::Poll};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::refusal::Refusal;
use crate::{
    application::CloseReason,
    packet::engine::{Frame, decode_payload},
    session::{PushStart, Session},
};

pub(super) async fn post(
    session: Arc<Session>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    match session.with(|state| state.begin_push(Instant::now())) {
        PushStart::Go => {}
        PushStart::Swallow => {
            // What is not read would cost the client its connection.
            read(&session, request, payload).await?;
            return Ok(ok());
        }
        PushStart::Overlap => return Err(Refusal::Malformed),
        PushStart::Unknown => return Err(Refusal::UnknownSession),
        PushStart::Moved => return Err(Refusal::BadRequest),
    }
    let mut push = Push { session, complete: false };
    let frames = frames(&push.session, request, payload).await?;
    push.complete = true;
    push.session.with(|state| state.push(frames));
    // Whoever pushes faster than the handlers work waits here.
    poll_fn(|context| {
        push.session.register_pusher(context);
        if push.session.with(|state| state.is_drained()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    Ok(ok())
}

async fn frames(
    session: &Session,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Vec<Frame>, Refusal> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    if content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/octet-stream")) {
        return Err(Refusal::Malformed);
    }
    let body = read(session, request, payload).await?;
    let body = ByteString::try_from(body).map_err(|_error| Refusal::Malformed)?;
    decode_payload(&body).map_err(|_error| Refusal::Malformed)
}

/// The whole body, never more of it than the limit.
async fn read(session: &Session, request: &HttpRequest, mut payload: web::Payload) -> Result<Bytes, Refusal> {
    let options = &session.server.options;
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > options.max_payload) {
        return Err(Refusal::TooLarge);
    }
    let reading = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_error| Refusal::Malformed)?;
            if body.len() + chunk.len() > options.max_payload {
                return Err(Refusal::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(options.body_timeout, reading).await.map_err(|_elapsed| Refusal::TooLate)?
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).content_type("text/html").body("ok")
}

/// A push that is under way. If it comes to no good end, its session does not go on: packets would be missing.
struct Push {
    session: Arc<Session>,
    complete: bool,
}

impl Drop for Push {
    fn drop(&mut self) {
        self.session.with(|state| {
            state.end_push();
            if !self.complete {
                state.end_for(CloseReason::TransportError);
            }
        });
    }
}
