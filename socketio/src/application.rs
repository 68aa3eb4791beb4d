//! What an application gives and gets: the traits that it implements and the values that travel through them.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{HttpRequest, http::StatusCode};
use bytestring::ByteString;
use futures_util::future::BoxFuture;
use serde_json::{Value, value::RawValue};

use crate::{http::query, packet::Event, socket::Socket};

/// Decides who may connect. One for the whole server.
pub trait Application: Send + Sync + 'static {
    /// Somebody asks to enter a namespace; an error becomes a `CONNECT_ERROR`. Nothing else of that namespace is processed
    /// before it has ended. The connection may be gone by then: the handler is then closed at once.
    fn connect(&self, connect: Connect) -> BoxFuture<'static, Result<Accepted, ConnectError>>;

    /// May this HTTP request open a session at all? The place for limits by address. Never for tokens: stock clients
    /// take an HTTP error for a broken network and try for ever.
    fn handshake(&self, handshake: &Handshake) -> Result<(), HandshakeRefusal> {
        let _ = handshake;
        Ok(())
    }
}

/// One socket of one client, alive from its acceptance to its close.
pub trait Handler: Send + 'static {
    /// One event, awaited to its end before the next one of this socket begins. Meanwhile the connection goes on writing
    /// and answering pings; up to [`crate::Options::inbound_packets`] wait behind it, then it is not read from.
    fn event(&mut self, event: Event) -> BoxFuture<'_, ()>;

    /// With [`crate::Options::recovery`]: the client has come back after it had lost its connection, and has been given what
    /// it had missed. `auth` is the JSON object of its new CONNECT.
    fn recovered(&mut self, auth: Option<&RawValue>) {
        let _ = auth;
    }

    /// The end, called exactly once, after the last event. With [`crate::Options::recovery`] a lost connection is no end
    /// before its window is over.
    fn closed(self: Box<Self>, reason: CloseReason);
}

/// A wish to enter a namespace.
#[derive(Debug)]
pub struct Connect {
    /// The namespace, with its slash.
    pub namespace: String,
    /// The JSON object that came with it.
    pub auth: Option<Box<RawValue>>,
    /// The first HTTP request of the session.
    pub handshake: Arc<Handshake>,
    /// The socket that it will be. What is sent before the acceptance follows the CONNECT answer.
    pub socket: Socket,
}

/// Somebody was let in.
pub struct Accepted {
    /// Gets the events.
    pub handler: Box<dyn Handler>,
    /// The public id, told to the client.
    pub sid: String,
    /// The private id by which the client asks for recovery. `None`: the application does not recover by itself.
    pub pid: Option<String>,
    /// Encoded packets that are sent before the CONNECT answer: what a recovered client has missed.
    pub replay: Vec<ByteString>,
    /// With [`crate::Options::recovery`]: who this is. Only the same identity recovers the session; `None` never does.
    pub identity: Option<String>,
}

impl Accepted {
    /// With a random `sid` and no recovery.
    pub fn new(handler: impl Handler) -> Self {
        Self {
            handler: Box::new(handler),
            sid: crate::id::random(),
            pid: None,
            replay: Vec::new(),
            identity: None,
        }
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Accepted").field("sid", &self.sid).finish_non_exhaustive()
    }
}

/// A refusal, told to the client. It does not come back by itself, and its transport stays.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectError {
    /// `err.message` of the stock client.
    pub message: String,
    /// `err.data` of the stock client.
    pub data: Option<Value>,
}

impl ConnectError {
    /// A refusal without data.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// The refusal of a namespace that there is not, word for word as the reference says it.
    pub fn invalid_namespace() -> Self {
        Self::new("Invalid namespace")
    }

    /// With data beside the message.
    #[must_use]
    pub fn with_data(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }
}

/// The first HTTP request of a session, kept as long as the session. Its `Debug` shows no content.
#[derive(Clone)]
pub struct Handshake {
    /// The query string, undecoded.
    pub query: String,
    /// The peer of the TCP connection.
    pub peer_addr: Option<SocketAddr>,
    /// `name: value` lines. A header map would keep several times their size for each connection.
    headers: Box<str>,
}

impl Handshake {
    /// Of what a request consists. Headers whose value is no text are left out.
    pub fn new<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        query: impl Into<String>,
        peer_addr: Option<SocketAddr>,
    ) -> Self {
        let mut lines = String::new();
        for (name, value) in headers {
            lines.push_str(name);
            lines.push_str(": ");
            lines.push_str(value);
            lines.push('\n');
        }
        Self { query: query.into(), peer_addr, headers: lines.into() }
    }

    pub(crate) fn of(request: &HttpRequest) -> Self {
        let headers = request
            .headers()
            .iter()
            .filter_map(|(name, value)| value.to_str().ok().map(|value| (name.as_str(), value)));
        Self::new(headers, request.query_string(), request.peer_addr())
    }

    /// The bytes that it keeps in memory.
    pub(crate) fn size(&self) -> usize {
        self.headers.len() + self.query.len()
    }

    /// Names, in lower case, and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.lines().filter_map(|line| line.split_once(": "))
    }

    /// The first header of this name, which is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(header, _value)| header.eq_ignore_ascii_case(name)).map(|(_name, value)| value)
    }

    /// The first query parameter of this name, decoded; `None` also if it is no text.
    pub fn query_param(&self, name: &str) -> Option<String> {
        query::parameter(&self.query, name)
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handshake").finish_non_exhaustive()
    }
}

/// A handshake that is not even listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeRefusal {
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// Why a socket came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The client left the namespace.
    ClientDisconnect,
    /// [`Socket::disconnect`].
    ServerDisconnect,
    /// [`Socket::close`] or [`Socket::fail`].
    ServerClose,
    /// [`crate::SocketIo::shutdown`].
    ServerShutdown,
    /// The connection is gone.
    TransportClose,
    /// The connection broke its rules, or broke.
    TransportError,
    /// No pong in time.
    PingTimeout,
    /// The client sent what is no packet, or a packet out of place.
    ParseError,
    /// The client does not read what is sent to it.
    TooSlow,
    /// No namespace was joined in time.
    ConnectTimeout,
    /// The handler panicked.
    Panic,
    /// The client has come back: the handler from before goes on, in place of this one.
    Recovered,
}

impl CloseReason {
    /// Whether the client may come back after it and go on: its connection was lost, and nobody wanted it to be.
    pub fn is_recoverable(self) -> bool {
        match self {
            Self::TransportClose
            | Self::TransportError
            | Self::PingTimeout
            | Self::TooSlow
            | Self::ServerClose
            | Self::ServerShutdown => true,
            Self::ClientDisconnect
            | Self::ServerDisconnect
            | Self::ParseError
            | Self::ConnectTimeout
            | Self::Panic
            | Self::Recovered => false,
        }
    }

    /// A short name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientDisconnect => "client disconnect",
            Self::ServerDisconnect => "server disconnect",
            Self::ServerClose => "server close",
            Self::ServerShutdown => "server shutdown",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::TooSlow => "too slow",
            Self::ConnectTimeout => "connect timeout",
            Self::Panic => "panic",
            Self::Recovered => "recovered",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
