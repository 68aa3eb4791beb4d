//! Socket.IO: who may come in, and how events are spelled there.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_socketio::{
    Accepted, Application, CloseReason, Connect, ConnectError, Event, Handler, Handshake, HandshakeRefusal,
    Options, OriginPolicy, SendError, Socket,
};
use actix_web::http::StatusCode;
use bedside_protocol::{
    Code, Refusal,
    session::{Action, Handshake as Auth, SessionClosing},
    webrtc::LeaveReason,
};
use bytestring::ByteString;
use futures_util::future::BoxFuture;
use std::time::Duration;

use crate::{
    config::Config,
    domain::{
        Clinic,
        session::{Arrival, NotToday},
    },
    gateway::{
        address::{Addresses, Counted},
        answer::{Answer, error_event, refusal_json},
        conversation::{self, Handled},
        legacy,
    },
    hub::{Encoded, Link, LinkFull, Offset, Session},
};

/// Connections beside those of a full server's sessions, for clients that come back before their loss was noticed.
const COMING_BACK: u64 = 512;

/// The door of Socket.IO clients.
pub struct Door {
    clinic: Arc<Clinic>,
    addresses: Arc<Addresses>,
    legacy: bool,
}

/// How Engine.IO and Socket.IO are set up for Bedside.
pub fn options(config: &Config, origins: OriginPolicy) -> Options {
    let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Options {
        ping_interval: Duration::from_millis(config.socket.ping_interval_ms),
        ping_timeout: Duration::from_millis(config.socket.ping_timeout_ms),
        connect_timeout: Duration::from_millis(config.socket.connect_timeout_ms),
        max_payload: size(config.socket.max_payload_bytes),
        max_fragments: size(config.socket.max_fragments),
        max_attachments: 0,
        outbox_packets: size(config.limits.outbox_events),
        outbox_bytes: size(config.limits.outbox_bytes),
        write_timeout: Duration::from_millis(config.limits.outbox_stall_ms),
        // The door counts them itself, and lets in whoever comes back to a session that is still counted.
        max_sessions: size(config.limits.sessions_per_node.saturating_add(COMING_BACK)),
        // Sessions come back by Bedside's own outbox, which plain WebSocket clients share.
        recovery: None,
        origins,
        ..Options::default()
    }
}

impl Door {
    /// A door of this clinic.
    pub fn new(clinic: Arc<Clinic>, addresses: Arc<Addresses>, config: &Config) -> Self {
        Self { clinic, addresses, legacy: config.compat.legacy_event_names }
    }
}

impl Application for Door {
    fn handshake(&self, handshake: &Handshake) -> Result<(), HandshakeRefusal> {
        let address = self.addresses.client(handshake.peer_addr, |name| handshake.header(name));
        let refused = |status| {
            move |refusal: Refusal| HandshakeRefusal {
                status,
                retry_after: refusal.retry_after_ms.map(Duration::from_millis),
            }
        };
        self.addresses.connect(address).map_err(refused(StatusCode::TOO_MANY_REQUESTS))?;
        // Stock clients come back after an HTTP error by themselves, and not after a CONNECT_ERROR.
        let room = self.addresses.has_room(address);
        room.or_else(|full| if comes_back(&self.clinic, handshake) { Ok(()) } else { Err(full) })
            .map_err(refused(StatusCode::SERVICE_UNAVAILABLE))
    }

    fn connect(&self, connect: Connect) -> BoxFuture<'static, Result<Accepted, ConnectError>> {
        if connect.namespace != "/" {
            let hint = serde_json::json!({ "code": "not_found", "hint": "use / with prefixed events" });
            return Box::pin(async { Err(ConnectError::invalid_namespace().with_data(hint)) });
        }
        let address =
            self.addresses.client(connect.handshake.peer_addr, |name| connect.handshake.header(name));
        let counted = self.addresses.count(address, || comes_back(&self.clinic, &connect.handshake));
        let (clinic, legacy) = (Arc::clone(&self.clinic), self.legacy);
        Box::pin(async move {
            let counted = counted.map_err(|refusal| connect_error(&refusal))?;
            admit(clinic, connect, counted, legacy).await
        })
    }
}

/// Whether a handshake names a session that is here. The name proves nothing: it only lets who comes show that they may
/// have the session back.
fn comes_back(clinic: &Clinic, handshake: &Handshake) -> bool {
    handshake.query_param("session").is_some_and(|id| clinic.hub.has_session(&id))
}

async fn admit(
    clinic: Arc<Clinic>,
    connect: Connect,
    counted: Counted,
    legacy: bool,
) -> Result<Accepted, ConnectError> {
    let auth: Auth = match &connect.auth {
        Some(json) => {
            bedside_protocol::refusal::parse(json.get()).map_err(|refusal| connect_error(&refusal))?
        }
        None => Auth::default(),
    };
    let token = auth
        .token
        .as_ref()
        .map(|token| token.as_str().to_owned())
        .or_else(|| bearer(connect.handshake.header("authorization")).map(str::to_owned))
        .or_else(|| connect.handshake.query_param("token"))
        .filter(|token| !token.is_empty())
        .ok_or_else(|| connect_error(&Code::TokenMissing.into()))?;
    let identity = clinic.identify(&token).await.map_err(|refusal| connect_error(&refusal))?;
    let resume = auth.pid.zip(auth.offset.and_then(|offset| offset.parse().ok()));
    let arrival = Arrival { identity, instance_id: auth.instance_id, resume };

    let link = Arc::new(SocketLink { socket: connect.socket, legacy: AtomicBool::new(false) });
    let mut replay = Vec::new();
    let resumed = clinic.resume(&arrival, |missed, _| {
        replay = missed.iter().map(|(offset, event)| spell(event, event.name, Some(*offset))).collect();
        Arc::clone(&link) as Arc<dyn Link>
    });
    let (session, generation) = if let Some(seated) = resumed {
        (seated.session, seated.generation)
    } else {
        counted.may_begin().map_err(|refusal| connect_error(&refusal))?;
        let session = clinic.arrive(arrival).await.map_err(|not_today| match not_today {
            NotToday::Refused(refusal) => connect_error(&refusal),
            NotToday::TooMany => connect_error(&Refusal::new(
                Code::Forbidden,
                "too many connections of one person: close another one",
            )),
        })?;
        let generation = session.attach(Arc::clone(&link) as Arc<dyn Link>);
        clinic.greet(&session);
        (session, generation)
    };
    let (sid, pid) = (session.id.to_string(), session.resume_id.to_string());
    let handler = Conversation { clinic, session, generation, link, legacy, _counted: counted };
    Ok(Accepted { handler: Box::new(handler), sid, pid: Some(pid), replay, identity: None })
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(header: Option<&str>) -> Option<&str> {
    let (scheme, token) = header?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn connect_error(refusal: &Refusal) -> ConnectError {
    ConnectError { message: refusal.message.clone(), data: serde_json::from_str(&refusal_json(refusal)).ok() }
}

/// `42["name",{…},"offset"]`
fn spell(event: &Encoded, name: &str, offset: Option<Offset>) -> ByteString {
    let mut packet = String::with_capacity(event.data.len() + name.len() + 32);
    packet.push_str("42[\"");
    packet.push_str(name);
    packet.push_str("\",");
    packet.push_str(&event.data);
    if let Some(offset) = offset {
        // Writing into a String does not fail.
        if write!(packet, ",\"{offset}\"").is_err() {
            return ByteString::new();
        }
    }
    packet.push(']');
    packet.into()
}

/// The way back to a Socket.IO client.
struct SocketLink {
    socket: Socket,
    /// Whether the client has shown that it knows the old names.
    legacy: AtomicBool,
}

impl Link for SocketLink {
    fn send(&self, event: &Encoded, offset: Option<Offset>) -> Result<(), LinkFull> {
        let old = self.legacy.load(Ordering::Relaxed);
        let name = if old { legacy::old_name(event.name) } else { event.name };
        match self.socket.send(spell(event, name, offset)) {
            Err(SendError::Full) => Err(LinkFull),
            // Its end is on the way, or it cannot happen: the outbox keeps the event either way.
            Ok(()) | Err(SendError::Closed | SendError::Unserialisable) => Ok(()),
        }
    }

    fn shut(&self, code: u16, reason: &str) {
        self.socket.close(code, reason);
    }

    fn end(&self, closing: &SessionClosing) {
        let said = Encoded::new(closing);
        if self.socket.send(spell(&said, said.name, None)).is_err() {
            tracing::debug!(code = closing.code, "a client could not be told why its connection ends");
        }
        match closing.action {
            // Stock clients stay away after DISCONNECT, and come back after a bare close.
            Action::Stop => self.socket.disconnect(),
            Action::Reconnect | Action::RefreshToken => self.socket.close(closing.code, &closing.message),
        }
    }
}

/// One Socket.IO connection of a session.
struct Conversation {
    clinic: Arc<Clinic>,
    session: Arc<Session>,
    generation: u64,
    link: Arc<SocketLink>,
    legacy: bool,
    _counted: Counted,
}

impl Conversation {
    async fn hear(&self, event: Event) {
        let first = event.first().map_or("{}", |first| first.as_ref());
        let extra = event.tail().len() > first.len() && event.first().is_some();
        let handled = if extra {
            self.refuse(Refusal::new(Code::Malformed, "an event has one argument")).await
        } else {
            self.handle(event.name(), first).await
        };
        match (event.ack, &handled.answer) {
            (Some(id), answer) => {
                let packet = format!("43{id}[{}]", answer.object());
                if self.link.socket.send(packet.into()).is_err() {
                    tracing::debug!(session.id = %self.session.id, "an answer found nobody");
                }
            }
            (None, Answer::Refused(refusal)) => {
                self.session.mention(&error_event(Some(event.name()), refusal.clone()));
            }
            (None, Answer::Done(_)) => {}
        }
    }

    async fn refuse(&self, refusal: Refusal) -> Handled<'_> {
        conversation::refuse(&self.clinic, &self.session, refusal).await
    }

    async fn handle(&self, name: &str, data: &str) -> Handled<'_> {
        if self.legacy
            && let Some(new) = legacy::new_name(name)
        {
            self.link.legacy.store(true, Ordering::Relaxed);
            return match legacy::translate(new, data) {
                Ok(data) => conversation::handle(&self.clinic, &self.session, new, &data).await,
                Err(refusal) => self.refuse(refusal).await,
            };
        }
        conversation::handle(&self.clinic, &self.session, name, data).await
    }
}

impl Handler for Conversation {
    fn event(&mut self, event: Event) -> BoxFuture<'_, ()> {
        Box::pin(self.hear(event))
    }

    fn closed(self: Box<Self>, reason: CloseReason) {
        if reason == CloseReason::ClientDisconnect {
            self.clinic.finish(&self.session, LeaveReason::Left);
        } else {
            self.clinic.lost(&self.session, self.generation);
        }
    }
}
