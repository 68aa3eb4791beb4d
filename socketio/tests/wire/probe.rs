//! The application under test: it does what the test's events say, and tells what happened to it.

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_socketio::{
    Accepted, Application, CloseReason, Connect, ConnectError, Event, Handler, Handshake, HandshakeRefusal,
    Options, Socket, SocketIo,
};
use actix_web::{dev::ServerHandle, http::StatusCode};
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc};

/// What the application saw.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Saw {
    Event(String),
    Acknowledged(String),
    Closed(CloseReason),
}

/// A server for one test.
pub(crate) struct Served {
    pub(crate) address: String,
    pub(crate) socket_io: SocketIo,
    pub(crate) saw: mpsc::Receiver<Saw>,
    /// Lets handlers of `wait` go on, one permit each.
    pub(crate) gate: Arc<Semaphore>,
    handle: ServerHandle,
}

impl Drop for Served {
    fn drop(&mut self) {
        // Dropping the answer stops waiting for it, not the stopping.
        drop(self.handle.stop(false));
    }
}

impl Served {
    pub(crate) async fn next(&mut self) -> Saw {
        tokio::time::timeout(Duration::from_secs(10), self.saw.recv())
            .await
            .expect("nothing was seen")
            .unwrap()
    }
}

pub(crate) fn serve(options: Options) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, saw) = mpsc::channel(100_000);
    let gate = Arc::new(Semaphore::new(0));
    let socket_io = SocketIo::new(options, Probe { saw: sender, gate: Arc::clone(&gate) });
    let routes = socket_io.clone();
    let server = crate::start(listener, routes);
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Served { address, socket_io, saw, gate, handle }
}

struct Probe {
    saw: mpsc::Sender<Saw>,
    gate: Arc<Semaphore>,
}

impl Application for Probe {
    fn connect(&self, connect: Connect) -> BoxFuture<'static, Result<Accepted, ConnectError>> {
        let (saw, gate) = (self.saw.clone(), Arc::clone(&self.gate));
        Box::pin(async move {
            let auth = connect.auth.as_ref().map_or("", |auth| auth.get());
            if auth.contains("early") {
                connect.socket.emit("early", &1).unwrap();
            }
            if auth.contains("tell") {
                saw.try_send(Saw::Event("asked".to_owned())).unwrap();
            }
            if auth.contains("wait") {
                gate.acquire().await.unwrap().forget();
            }
            assert!(!auth.contains("panic"), "as the client wishes");
            if auth.contains("refuse") {
                return Err(ConnectError::new("no").with_data(serde_json::json!({ "code": "refused" })));
            }
            let mut accepted = Accepted::new(Hands { socket: connect.socket, saw, gate });
            accepted.replay =
                if auth.contains("replay") { vec!["42[\"before\"]".into()] } else { Vec::new() };
            Ok(accepted)
        })
    }

    fn handshake(&self, handshake: &Handshake) -> Result<(), HandshakeRefusal> {
        match handshake.query_param("refuse") {
            None => Ok(()),
            Some(_) => Err(HandshakeRefusal {
                status: StatusCode::TOO_MANY_REQUESTS,
                retry_after: Some(Duration::from_millis(1500)),
            }),
        }
    }
}

struct Hands {
    socket: Socket,
    saw: mpsc::Sender<Saw>,
    gate: Arc<Semaphore>,
}

impl Handler for Hands {
    fn event(&mut self, event: Event) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            match event.name() {
                "wait" => self.gate.acquire().await.unwrap().forget(),
                "panic" => panic!("as the client wishes"),
                "flood" => {
                    // Until the outbox is full.
                    let payload = "x".repeat(1000);
                    while self.socket.emit("flood", &payload).is_ok() {}
                }
                "one" => self.socket.emit("one", &"x".repeat(1000)).unwrap(),
                "ask" => {
                    let patience = Duration::from_millis(event.first().unwrap().parse().unwrap());
                    let (socket, saw) = (self.socket.clone(), self.saw.clone());
                    actix_web::rt::spawn(async move {
                        let answer = socket.emit_with_ack("question", &1, patience).await;
                        let answer =
                            answer.map_or_else(|error| error.to_string(), |answer| answer.get().to_owned());
                        saw.try_send(Saw::Acknowledged(answer)).unwrap();
                    });
                }
                "close" => self.socket.close(4321, "as wished"),
                "leave" => self.socket.disconnect(),
                _ => {}
            }
            if let Some(id) = event.ack {
                self.socket.acknowledge(id, "[]").ok();
            }
            self.saw.try_send(Saw::Event(event.name().to_owned())).unwrap();
        })
    }

    fn closed(self: Box<Self>, reason: CloseReason) {
        self.saw.try_send(Saw::Closed(reason)).unwrap();
    }
}
