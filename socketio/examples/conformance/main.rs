//! A server that other implementations' test suites are pointed at. What it does stands in `server.rs`.

mod server;
mod token;

use std::{net::TcpListener, time::Duration};

use actix_socketio::{Options, OriginPolicy, Recovery};
use clap::Parser;

/// The conformance server.
#[derive(Clone, Parser)]
#[command(after_help = "Example: conformance --port 3000 --ping-interval-ms 300 --ping-timeout-ms 200")]
struct Arguments {
    /// Port on the loopback interface.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    #[arg(long, default_value_t = 25_000)]
    ping_interval_ms: u64,
    #[arg(long, default_value_t = 20_000)]
    ping_timeout_ms: u64,
    #[arg(long, default_value_t = 1_000_000)]
    max_payload: usize,
    #[arg(long, default_value_t = 45_000)]
    connect_timeout_ms: u64,
    #[arg(long, default_value_t = 10_000)]
    upgrade_timeout_ms: u64,
    /// Wants HS256 tokens signed with this secret in the root namespace.
    #[arg(long)]
    jwt_secret: Option<String>,
    /// An origin that may connect; may be repeated. Without it every origin may.
    #[arg(long)]
    origin: Vec<String>,
    /// Recovers lost connections within this time. Without it none is.
    #[arg(long)]
    recovery_ms: Option<u64>,
    /// HTTP workers.
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

impl Arguments {
    fn settings(&self) -> server::Settings {
        let origins = if self.origin.is_empty() {
            OriginPolicy::Any
        } else {
            OriginPolicy::AllowList(self.origin.clone())
        };
        let window = self.recovery_ms.map(Duration::from_millis);
        let options = Options {
            ping_interval: Duration::from_millis(self.ping_interval_ms),
            ping_timeout: Duration::from_millis(self.ping_timeout_ms),
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            upgrade_timeout: Duration::from_millis(self.upgrade_timeout_ms),
            max_payload: self.max_payload,
            // A burst of 5000 goes out at once.
            outbox_packets: 10_000,
            recovery: window.map(|window| Recovery { window, max_bytes: 1 << 20 }),
            origins,
            ..Options::default()
        };
        server::Settings { options, jwt_secret: self.jwt_secret.clone(), workers: self.workers }
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(("127.0.0.1", arguments.port))?;
    let (server, _socket_io) = server::start(arguments.settings(), listener)?;
    server.await
}
