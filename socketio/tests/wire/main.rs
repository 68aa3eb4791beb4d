//! The server over real sockets: frames, limits, close codes, slow readers, panics, origins, the way down, on the bare
//! connection. `wire_over_http` is the same without.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod client;
mod framing;
mod lifecycle;
mod policy;
mod pressure;
mod probe;

use std::net::TcpListener;

use actix_http::HttpService;
use actix_server::Server;
use actix_service::map_config;
use actix_socketio::{SocketIo, websocket::Upgrades};
use actix_web::{App, dev::AppConfig};

fn start(listener: TcpListener, routes: SocketIo) -> Server {
    let application = move || {
        let routes = routes.clone();
        actix_service::IntoServiceFactory::into_factory(
            App::new().configure(|config| routes.configure("/socket.io/", config)),
        )
    };
    let http = move || {
        let requests = map_config(application(), |()| AppConfig::default());
        HttpService::build()
            .h1_allow_half_closed(false)
            .client_disconnect_timeout(std::time::Duration::from_secs(1))
            .upgrade(Upgrades::new(application.clone()))
            .finish(requests)
            .tcp()
    };
    Server::build().workers(2).disable_signals().listen("wire", listener, http).unwrap().run()
}
