//! The conformance server, apart from its command line: tests start it in their own process.
//!
//! `/engine.io/` gives every message back. `/socket.io/` has the namespaces `/` and `/custom`; their events stand in
//! `Echo::answer`.

use std::{
    collections::HashMap,
    net::TcpListener,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_http::HttpService;
use actix_server::Server;
use actix_service::{IntoServiceFactory as _, map_config};
use actix_socketio::{
    Accepted, Application, CloseReason, Connect, ConnectError, Event, Handler, Handshake, Options, Socket,
    SocketIo, engine, packet, websocket::Upgrades,
};
use actix_web::{App, dev::AppConfig};
use futures_util::future::BoxFuture;
use serde_json::{Value, json, value::RawValue};

use super::token;

/// The official suite waits for one message after the other, and loses the second of two that one read brings. This
/// keeps what is emitted on connection apart from the answer to CONNECT.
const AUTH_DELAY: Duration = Duration::from_millis(50);

/// What the server is started with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) options: Options,
    pub(crate) jwt_secret: Option<String>,
    pub(crate) workers: usize,
}

/// Starts both servers on a listener.
pub(crate) fn start(settings: Settings, listener: TcpListener) -> std::io::Result<(Server, SocketIo)> {
    let Settings { options, jwt_secret, workers } = settings;
    let application = Conformance { jwt_secret, everybody: Everybody::default(), next: AtomicU64::new(0) };
    let socket_io = SocketIo::new(options.clone(), application);
    let engine_io = engine::EngineIo::new(options, Mirror);
    let routes = socket_io.clone();
    let application = move || {
        App::new()
            .configure(|config| routes.configure("/socket.io/", config))
            .configure(|config| engine_io.configure("/engine.io/", config))
            .into_factory()
    };
    // Without WebSockets on the bare connection it is simply `HttpServer`, as in the crate's first example.
    let http = move || {
        HttpService::build()
            // Or an aborted poll is not noticed.
            .h1_allow_half_closed(false)
            .client_disconnect_timeout(Duration::from_secs(1))
            .tcp_nodelay(true)
            .upgrade(Upgrades::new(application.clone()))
            .finish(map_config(application(), |()| AppConfig::default()))
            .tcp()
    };
    let server = Server::build().workers(workers).shutdown_timeout(1);
    let server = server.listen("conformance", listener, http)?.run();
    Ok((server, socket_io))
}

/// Engine.IO: what comes goes back.
struct Mirror;

impl engine::Application for Mirror {
    fn open(&self, socket: engine::Socket, _handshake: Arc<Handshake>) -> Box<dyn engine::Handler> {
        Box::new(Reflection(socket))
    }
}

struct Reflection(engine::Socket);

impl engine::Handler for Reflection {
    fn message(&mut self, message: engine::Message) -> BoxFuture<'_, ()> {
        // Whoever does not read is closed for it.
        self.0.send(message).ok();
        Box::pin(async {})
    }

    fn closed(self: Box<Self>, _reason: CloseReason) {}
}

/// The sockets that hear relayed events, with their namespaces.
type Everybody = Arc<Mutex<HashMap<u64, (String, Socket)>>>;

struct Conformance {
    jwt_secret: Option<String>,
    everybody: Everybody,
    next: AtomicU64,
}

impl Application for Conformance {
    fn connect(&self, connect: Connect) -> BoxFuture<'static, Result<Accepted, ConnectError>> {
        let subject = match (connect.namespace.as_str(), &self.jwt_secret) {
            ("/", Some(secret)) => verify(&connect, secret).map(Some),
            ("/" | "/custom", _) => Ok(None),
            _ => Err(ConnectError::invalid_namespace()),
        };
        let accepted = subject.map(|subject| {
            let Connect { namespace, auth, socket, .. } = connect;
            if self.jwt_secret.is_none() {
                greet(socket.clone(), &namespace, auth.as_deref());
            }
            let identity = subject.clone().unwrap_or_else(|| "anybody".to_owned());
            let everybody = Arc::clone(&self.everybody);
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let member = (namespace.clone(), socket.clone());
            everybody.lock().unwrap_or_else(PoisonError::into_inner).insert(number, member);
            let echo = Echo { socket, namespace, subject, number, everybody };
            let mut accepted = Accepted::new(echo);
            accepted.identity = Some(identity);
            accepted
        });
        Box::pin(async { accepted })
    }
}

/// Emits the payload of CONNECT.
fn greet(socket: Socket, namespace: &str, auth: Option<&RawValue>) {
    let auth = auth.map_or("{}", RawValue::get);
    let greeting = packet::event(namespace, &format!(r#"["auth",{auth}]"#));
    actix_web::rt::spawn(async move {
        tokio::time::sleep(AUTH_DELAY).await;
        // It may have left already.
        socket.send(greeting).ok();
    });
}

/// The subject of the token in the CONNECT payload, the header or the query, or what is wrong with it.
fn verify(connect: &Connect, secret: &str) -> Result<String, ConnectError> {
    let refusal = |code: &str| ConnectError::new("unauthorised").with_data(json!({ "code": code }));
    let in_auth = connect.auth.as_ref().and_then(|auth| {
        let auth: Value = serde_json::from_str(auth.get()).ok()?;
        auth.get("token")?.as_str().map(ToOwned::to_owned)
    });
    let header = connect.handshake.header("authorization");
    let in_header = header.map(|value| value.strip_prefix("Bearer ").unwrap_or(value).to_owned());
    let token = in_auth.or(in_header).or_else(|| connect.handshake.query_param("token"));
    let token = token.filter(|token| !token.is_empty());
    token::subject(&token.ok_or_else(|| refusal("token_missing"))?, secret).map_err(refusal)
}

/// One client in one namespace.
struct Echo {
    socket: Socket,
    namespace: String,
    subject: Option<String>,
    number: u64,
    everybody: Everybody,
}

impl Handler for Echo {
    fn event(&mut self, event: Event) -> BoxFuture<'_, ()> {
        // Whoever does not read is closed for it.
        self.answer(&event).ok();
        Box::pin(async {})
    }

    fn recovered(&mut self, auth: Option<&RawValue>) {
        if self.subject.is_none() {
            greet(self.socket.clone(), &self.namespace, auth);
        }
    }

    fn closed(self: Box<Self>, _reason: CloseReason) {
        self.everybody.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl Echo {
    fn answer(&self, event: &Event) -> Result<(), actix_socketio::SendError> {
        let tail = event.tail();
        let separator = if tail.is_empty() { "" } else { "," };
        let back = |name: &str| format!(r#"["{name}"{separator}{tail}]"#);
        match (event.name(), event.ack) {
            ("message", _) => self.emit(&back("message-back"), event),
            ("binary", _) => self.emit(&back("binary-back"), event),
            ("message-with-ack" | "echo", Some(id)) if event.attachments.is_empty() => {
                self.socket.acknowledge(id, &format!("[{tail}]"))
            }
            ("message-with-ack" | "echo", Some(id)) => {
                self.socket.acknowledge_binary(id, &format!("[{tail}]"), &event.attachments)
            }
            ("whoami", Some(id)) => {
                self.socket.acknowledge(id, &json!([{ "sub": self.subject }]).to_string())
            }
            ("relay", _) => {
                self.relay(event);
                Ok(())
            }
            ("burst", _) => {
                let count = event.first().and_then(|count| count.parse().ok()).unwrap_or(0_u32);
                (0..count.min(5000)).try_for_each(|number| self.socket.emit("tick", &number))
            }
            ("kick", _) if event.first().is_some_and(|how| how == "\"namespace\"") => {
                self.socket.disconnect();
                Ok(())
            }
            ("kick", _) => {
                self.socket.close(1000, "kicked");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn emit(&self, array: &str, event: &Event) -> Result<(), actix_socketio::SendError> {
        if event.attachments.is_empty() {
            self.socket.send(packet::event(&self.namespace, array))
        } else {
            self.socket.emit_binary(array, &event.attachments)
        }
    }

    /// Encoded once for everybody.
    fn relay(&self, event: &Event) {
        let payload = event.arguments().first().map(|&payload| payload.to_owned());
        let payload = payload.or_else(|| RawValue::from_string("null".to_owned()).ok());
        let array = packet::array("relayed", &[json!({ "from": self.subject, "payload": payload })]);
        let packet = packet::event(&self.namespace, &array.unwrap_or_default());
        for (namespace, socket) in self.everybody.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if *namespace == self.namespace {
                socket.send(packet.clone()).ok();
            }
        }
    }
}
