//! `WebSocket`s: sessions that are born on one, and polling sessions that move to one.

use std::{future::poll_fn, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, web};
use bytestring::ByteString;
use tokio::time::Instant;

use super::refusal::Refusal;
use crate::{
    application::Handshake,
    packet::engine::{Open, PROBE_PONG},
    server::Server,
    session::{Driver, Session, Timer, Transport},
    websocket::{self, Message, Reader, Writer},
};

/// Opens a session on a WebSocket.
pub(super) fn open(
    server: &Arc<Server>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let handshake = Handshake::of(request);
    server.admit(&handshake)?;
    let limits = (&*server.options).into();
    let server = Arc::clone(server);
    let talk = move |reader, writer: Writer| {
        let sid = Server::new_sid();
        let open = Open::new(&sid, &[], &server.options).encode();
        // The queue is empty and the connection new: nothing can be in the way.
        writer.text(open).ok();
        let session = Session::open(&server, sid, Transport::WebSocket(writer));
        run(Driver::new(session, handshake), reader)
    };
    websocket::accept(request, payload, &[], limits, talk).map_err(|_error| Refusal::BadRequest)
}

/// No async function: that would keep room for its arguments twice.
fn run(mut driver: Driver, mut reader: Reader) -> impl Future<Output = ()> {
    let mut timer = Timer::default();
    poll_fn(move |context| driver.poll(Some(&mut reader), &mut timer, context).map(|_turn| ()))
}

/// A WebSocket with the id of a session: it may take over a polling session, if it knows the dance.
pub(super) fn take_over(
    session: Arc<Session>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let limits = (&*session.server.options).into();
    let talk = move |reader, writer: Writer| {
        let upgrade = session.with(|state| state.begin_upgrade(Instant::now()));
        let upgrade = upgrade.map(|id| Upgrade { session, id });
        async move {
            match upgrade {
                Some(upgrade) => dance(upgrade, reader, writer).await,
                // Only the newcomer goes.
                None => writer.close(1000, "the session has a WebSocket"),
            }
        }
    };
    websocket::accept(request, payload, &[], limits, talk).map_err(|_error| Refusal::BadRequest)
}

async fn dance(upgrade: Upgrade, mut reader: Reader, writer: Writer) {
    let patience = upgrade.session.server.options.upgrade_timeout;
    let outcome = tokio::time::timeout(patience, upgrade.probe(&mut reader, &writer)).await;
    if outcome != Ok(true) {
        writer.close(1000, "no upgrade");
        return;
    }
    let driver = upgrade.session.take_driver().await;
    drop(upgrade);
    if let Some(driver) = driver {
        run(driver, reader).await;
    }
}

/// A WebSocket that has not taken over yet. When it goes, another may try.
struct Upgrade {
    session: Arc<Session>,
    id: u64,
}

impl Upgrade {
    /// Whether the session has moved.
    async fn probe(&self, reader: &mut Reader, writer: &Writer) -> bool {
        let text = |message| match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_)) | Err(_)) | None => ByteString::new(),
        };
        let probed = text(reader.next().await) == "2probe"
            && writer.text(PROBE_PONG).is_ok()
            && self.session.with(|state| state.probe(self.id, Instant::now()));
        probed
            && text(reader.next().await) == "5"
            && self.session.with(|state| state.complete_upgrade(self.id, writer))
    }
}

impl Drop for Upgrade {
    fn drop(&mut self) {
        self.session.with(|state| state.abandon_upgrade(self.id));
    }
}
