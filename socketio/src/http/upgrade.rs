//! WebSockets: sessions that are born on one, and polling sessions that move to one.

use std::{future::poll_fn, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, web};

use super::refusal::Refusal;
use crate::{
    application::Handshake,
    packet::engine::Open,
    server::Server,
    session::{Driver, Session, Timer, Transport},
    websocket::{self, Reader},
};

/// Opens a session on a WebSocket.
pub(super) fn open(
    server: &Arc<Server>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let handshake = Handshake::of(request);
    server.admit(&handshake)?;
    let options = &server.options;
    let accepted = websocket::accept(request, payload, &[], (&**options).into());
    let (response, reader, writer) = accepted.map_err(|_error| Refusal::BadRequest)?;
    let sid = Server::new_sid();
    let open = Open::new(&sid, &[], options).encode();
    // The queue is empty and the connection new: nothing can be in the way.
    writer.text(open).ok();
    let session = Session::open(server, sid, Transport::WebSocket(writer));
    let driver = Driver::new(session, handshake);
    actix_web::rt::spawn(run(driver, reader));
    Ok(response)
}

async fn run(mut driver: Driver, mut reader: Reader) {
    let mut timer = Timer::default();
    poll_fn(|context| driver.poll(&mut reader, &mut timer, context)).await;
}
