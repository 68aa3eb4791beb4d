//! The HTTP server: `actix_web::HttpServer` as far as Bedside needs it, but with `WebSocket`s on the bare connection, and
//! with connections on which nobody is answered who has not asked, which `HttpServer` has no way to ask for.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_http::{HttpServiceBuilder, Protocol, Request, Response, error::DispatchError, h1};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_socketio::websocket::Upgrades;
use actix_tls::accept::{
    TlsError,
    rustls_0_23::{Acceptor, TlsStream},
};
use actix_web::{
    Error,
    body::BoxBody,
    dev::{AppConfig, Service, ServiceFactory, ServiceResponse},
};
use rustls::ServerConfig;
use tokio::net::TcpStream;

use super::reticent::Reticent;
use crate::config::Config;

/// How long answers that are under way may take when the server goes down, in seconds.
const STOP_TIMEOUT_S: u64 = 5;
/// Connections beside those of sessions: a full server still answers those whom it cannot take.
const SPARE: u64 = 1_024;
/// How long a client may take to close after the last answer.
const DISCONNECT: Duration = Duration::from_secs(1);

/// Serve what `application` makes, once for requests and once for upgrades of each worker.
pub fn serve<F, A>(
    listener: TcpListener,
    config: &Config,
    tls: Option<ServerConfig>,
    application: F,
) -> std::io::Result<Server>
where
    F: Fn() -> A + Clone + Send + 'static,
    A: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<BoxBody>,
            Error = Error,
            InitError = (),
        > + 'static,
    A::Service: 'static,
    A::Future: 'static,
{
    let connections = usize::try_from(config.limits.sessions_per_node + SPARE).unwrap_or(usize::MAX);
    let builder = Server::build()
        .max_concurrent_connections(connections)
        .shutdown_timeout(STOP_TIMEOUT_S)
        .disable_signals();
    let builder = match usize::try_from(config.server.workers) {
        Ok(0) | Err(_) => builder,
        Ok(workers) => builder.workers(workers),
    };
    let settings = Settings {
        shutdown: builder.graceful_shutdown_signal(),
        header_timeout: Duration::from_millis(config.limits.http_header_timeout_ms),
    };
    let requests = {
        let application = application.clone();
        move || map_config(application(), |()| AppConfig::default())
    };
    let upgrades = Upgrades::new(application);
    let builder = match tls {
        None => builder.listen("http", listener, move || {
            let http = settings.http().upgrade(upgrades.clone()).finish(requests());
            fn_service(|stream: TcpStream| async {
                let from = made_known(&stream);
                Ok::<_, DispatchError>((Reticent::new(stream), Protocol::Http1, from))
            })
            .and_then(http)
        }),
        Some(tls) => builder.listen("https", listener, move || {
            let http = settings.http().upgrade(upgrades.clone()).finish(requests());
            Acceptor::new(tls.clone())
                .map_err(TlsError::into_service_error)
                .map(|stream: TlsStream<TcpStream>| {
                    let from = made_known(stream.get_ref().0);
                    (Reticent::new(stream), Protocol::Http1, from)
                })
                .and_then(http.map_err(TlsError::Service))
        }),
    };
    Ok(builder?.run())
}

/// Where a connection comes from. Its small writes do not wait for more to send with them.
fn made_known(stream: &TcpStream) -> Option<SocketAddr> {
    // A connection that does not take this is gone already, and its first read says so.
    let _gone = stream.set_nodelay(true);
    stream.peer_addr().ok()
}

/// What is the same with TLS and without.
#[derive(Clone)]
struct Settings {
    shutdown: GracefulShutdownSignal,
    header_timeout: Duration,
}

impl Settings {
    fn http<T, S>(&self) -> HttpServiceBuilder<T, S, h1::ExpectHandler, h1::UpgradeHandler>
    where
        S: ServiceFactory<Request, Config = ()>,
        S::Error: Into<Response<BoxBody>> + 'static,
        S::InitError: std::fmt::Debug,
        <S::Service as Service<Request>>::Future: 'static,
    {
        let shutdown = self.shutdown.clone();
        HttpServiceBuilder::default()
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .client_request_timeout(self.header_timeout)
            .client_disconnect_timeout(DISCONNECT)
            // An aborted poll is noticed only so.
            .h1_allow_half_closed(false)
    }
}
