#![doc = include_str!("../README.md")]

mod application;
pub mod engine;
mod http;
mod id;
mod options;
pub mod packet;
pub mod replay;
mod server;
mod session;
mod socket;
pub mod websocket;

use std::{sync::Arc, time::Duration};

use actix_web::web::ServiceConfig;

use self::server::{Protocol, Server};
pub use self::{
    application::{
        Accepted, Application, CloseReason, Connect, ConnectError, Handler, Handshake, HandshakeRefusal,
    },
    options::{Options, OriginPolicy, Recovery, Verdict},
    packet::Event,
    socket::{AckError, Socket},
    websocket::SendError,
};

/// A Socket.IO server. Cheap to clone; all clones are the same server.
#[derive(Clone, Debug)]
pub struct SocketIo(Arc<Server>);

impl SocketIo {
    /// A server with these limits, for this application.
    pub fn new(options: Options, application: impl Application) -> Self {
        Self(Server::new(options, Protocol::SocketIo(Box::new(application))))
    }

    /// Adds the routes under this path, for instance `/socket.io/`. Every worker gets the same server. CORS is answered
    /// here, by [`Options::origins`]: wrap nothing else around it that does.
    pub fn configure(&self, path: &str, config: &mut ServiceConfig) {
        http::configure(&self.0, path, config);
    }

    /// Closes every connection, spread over the time so that they do not all come back at once. What is queued goes out
    /// first; the close is bare (1012 on WebSocket), so clients come back. New handshakes are refused from here on. Returns when
    /// everybody has been told, or [`Options::write_timeout`] after the last turn.
    pub async fn shutdown(&self, spread: Duration) {
        self.0.shutdown(spread).await;
    }

    /// How many sessions there are.
    pub fn connections(&self) -> usize {
        self.0.len()
    }

    /// Refuses new handshakes with 503 and this `Retry-After`, or takes them again. Running sessions do not notice.
    pub fn refuse_handshakes(&self, refuse: Option<Duration>) {
        self.0.refuse_handshakes(refuse);
    }
}
