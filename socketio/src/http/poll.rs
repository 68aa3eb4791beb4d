//! GET: opens polling sessions, and fetches what waits for the client.

use std::{future::poll_fn, sync::Arc, task::Poll};

use actix_web::{HttpRequest, HttpResponse, http::header};
use tokio::time::Instant;

use super::refusal::Refusal;
use crate::{
    application::Handshake,
    packet::engine::{Open, encode_payload},
    server::Server,
    session::{Driver, PollAnswer, PollStart, Polling, Session, Timer, Transport, Turn},
};

/// Opens a session that may move to a WebSocket later.
pub(super) fn open(server: &Arc<Server>, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
    let handshake = Handshake::of(request);
    server.admit(&handshake)?;
    let sid = Server::new_sid();
    let open = Open::new(&sid, &["websocket"], &server.options).encode();
    let session = Session::open(server, sid, Transport::Polling(Box::<Polling>::default()));
    let driver = Driver::new(Arc::clone(&session), handshake);
    actix_web::rt::spawn(run(session, driver));
    Ok(text(open.to_string()))
}

/// Runs the session until it ends or moves.
async fn run(session: Arc<Session>, mut driver: Driver) {
    let mut timer = Timer::default();
    loop {
        match poll_fn(|context| driver.poll(None, &mut timer, context)).await {
            Turn::Finished => return,
            Turn::Moved => match session.park(driver) {
                None => return,
                // The WebSocket has gone, and with it the session: its end is this task's again.
                Some(back) => driver = back,
            },
        }
    }
}

/// Answers at once if something waits, and waits otherwise.
pub(super) async fn get(session: Arc<Session>) -> Result<HttpResponse, Refusal> {
    let answer = match session.with(|state| state.begin_poll(Instant::now())) {
        PollStart::Answer(answer) => answer,
        PollStart::Wait(id) => {
            let waiting = Waiting { session, id };
            poll_fn(|context| {
                waiting.session.register_taker(context);
                let answer = waiting.session.with(|state| state.take_answer(waiting.id));
                answer.map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }
        PollStart::Overlap => return Err(Refusal::Malformed),
        PollStart::Unknown => return Err(Refusal::UnknownSession),
    };
    match answer {
        PollAnswer::Frames(frames) => Ok(text(encode_payload(&frames))),
        PollAnswer::Moved => Err(Refusal::BadRequest),
    }
}

/// A poll that waits. When the client goes away from it, the future is dropped, and the session ends.
struct Waiting {
    session: Arc<Session>,
    id: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.session.with(|state| state.abort_poll(self.id));
    }
}

fn text(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=UTF-8")
        .body(body)
}
