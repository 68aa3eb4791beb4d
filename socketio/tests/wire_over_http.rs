//! The server over real sockets as `wire` tests it, but on an HTTP server that keeps its connections to itself.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

#[path = "wire/client.rs"]
mod client;
#[path = "wire/framing.rs"]
mod framing;
#[path = "wire/lifecycle.rs"]
mod lifecycle;
#[path = "wire/policy.rs"]
mod policy;
#[path = "wire/pressure.rs"]
mod pressure;
#[path = "wire/probe.rs"]
mod probe;

use std::net::TcpListener;

use actix_socketio::SocketIo;
use actix_web::{App, HttpServer, dev::Server};

fn start(listener: TcpListener, routes: SocketIo) -> Server {
    HttpServer::new(move || App::new().configure(|config| routes.configure("/socket.io/", config)))
        .workers(2)
        .disable_signals()
        .h1_allow_half_closed(false)
        .tcp_nodelay(true)
        .listen(listener)
        .unwrap()
        .run()
}
