//! Engine.IO alone: messages over WebSocket, long-polling and the upgrade between them, without Socket.IO on top.

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use futures_util::future::BoxFuture;

pub use crate::packet::engine::Frame as Message;
use crate::{
    application::{CloseReason, Handshake},
    http,
    options::Options,
    server::{Protocol, Server},
    session::Session,
    websocket::SendError,
};

/// Makes a handler for each session.
pub trait Application: Send + Sync + 'static {
    /// A session has been opened.
    fn open(&self, socket: Socket, handshake: Arc<Handshake>) -> Box<dyn Handler>;
}

/// One session.
pub trait Handler: Send + 'static {
    /// One message, awaited to its end before the next begins. Text comes without its type digit.
    fn message(&mut self, message: Message) -> BoxFuture<'_, ()>;

    /// The end, called exactly once.
    fn closed(self: Box<Self>, reason: CloseReason);
}

/// An Engine.IO server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EngineIo(Arc<Server>);

impl EngineIo {
    /// A server with these limits.
    pub fn new(options: Options, application: impl Application) -> Self {
        Self(Server::new(options, Protocol::Engine(Box::new(application))))
    }

    /// Adds the routes under this path, for instance `/engine.io/`.
    pub fn configure(&self, path: &str, config: &mut ServiceConfig) {
        http::configure(&self.0, path, config);
    }
}

/// Sends on one session.
#[derive(Clone, Debug)]
pub struct Socket(pub(crate) Arc<Session>);

impl Socket {
    /// Queues a message.
    pub fn send(&self, message: Message) -> Result<(), SendError> {
        let frame = match message {
            Message::Text(text) => Message::Text(format!("4{text}").into()),
            Message::Binary(bytes) => Message::Binary(bytes),
        };
        self.0.with(|state| state.transmit(frame, &[]))
    }

    /// Closes the session after what is queued.
    pub fn close(&self) {
        self.0.close(1000, "");
    }
}
