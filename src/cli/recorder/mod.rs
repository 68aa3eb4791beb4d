//! `bedside recorder`: a recorder in a process of its own, so that the server does not feel it, and neither dies of the other.

mod connection;
mod delivery;
mod token;

use std::{net::IpAddr, path::PathBuf, process::ExitCode, time::Duration};

use bedside_peer::{Client, Connect, Framing};
use bedside_recorder::deck::Deck;
use clap::Args;
use rand::Rng as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use self::{connection::Connection, delivery::Deliverer, token::TokenSource};
use super::{Failure, output::block_on, settings::Settings};
use crate::{
    config::Config,
    deck::{self, SpoolLock},
    telemetry,
};

/// How soon a lost connection is tried again, and the most that this grows to: after a restart of the server, recordings wait
/// for no longer.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Record for a server that does not do so itself, until told to end. Where it dies, whatever starts it again may do so at once:
/// recordings go on, and what lies in its spool is rescued.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  bedside token --user recorder-1 --role recorder --minutes 1440 --to /etc/bedside/recorder.token\n  \
    bedside recorder --server https://clinic.example --token-file /etc/bedside/recorder.token\n  \
    bedside recorder --server http://10.0.0.2:4000 --token-file recorder.token --public-ip 203.0.113.7\n\n\
    The server is configured with recording.enabled and without recording.in_process. What else this\n\
    command heeds of the configuration: recording.*, data.dir, storage.disk_floor_mb, log.*.\n\n\
    Signals: SIGTERM and SIGINT end all recordings in order and bring them to the server; a second one ends now."
)]
pub(super) struct Recorder {
    /// The server.
    #[arg(long, value_name = "URL", env = "BEDSIDE_RECORDER_SERVER")]
    server: String,
    /// What `bedside token --role recorder` has printed on the server.
    #[arg(long, env = "BEDSIDE_RECORDER_TOKEN", hide_env_values = true, conflicts_with = "token_file")]
    #[arg(required_unless_present = "token_file")]
    token: Option<String>,
    /// A file with it, which is read again each time that a token is needed.
    #[arg(long, value_name = "FILE", env = "BEDSIDE_RECORDER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Folder where recordings lie, sealed, until the server has them [default: `spool` in data.dir].
    #[arg(long, value_name = "FOLDER")]
    spool: Option<PathBuf>,
    /// Port for media (the key `recording.udp_port`).
    #[arg(long, value_name = "PORT")]
    udp_port: Option<u16>,
    /// Address at which clients reach this process (the key `recording.public_ip`); may be given several times.
    #[arg(long, value_name = "ADDRESS")]
    public_ip: Vec<IpAddr>,
    /// A certificate authority to trust besides the system's, as a PEM file; may be given several times.
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
}

impl Recorder {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let config = self.config(settings)?;
        telemetry::log(&config.log);
        block_on(self.record(config))?;
        Ok(ExitCode::SUCCESS)
    }

    fn config(&self, settings: &Settings) -> Result<Config, Failure> {
        let mut layers = settings.layers()?;
        if let Some(port) = self.udp_port {
            layers = layers.flag("--udp-port", "recording.udp_port", &port.to_string())?;
        }
        if !self.public_ip.is_empty() {
            let addresses: Vec<String> = self.public_ip.iter().map(ToString::to_string).collect();
            layers = layers.flag("--public-ip", "recording.public_ip", &addresses.join(","))?;
        }
        Ok(layers.read()?)
    }

    async fn record(self, config: Config) -> Result<(), Failure> {
        let stop = end_on_signals()?;
        let mut deck_config = deck::configured(&config, None);
        if let Some(spool) = &self.spool {
            deck_config.spool.clone_from(spool);
        }
        let _lock = SpoolLock::of(&deck_config.spool)?;
        let worker = Worker {
            deliverer: Deliverer::new(&self.server, &self.ca, self.tokens()?, deck_config.spool.clone())?,
            tokens: self.tokens()?,
            server: self.server,
            roots: self.ca,
        };
        let deck = Deck::start(deck_config)?;
        tracing::info!(addresses = ?deck.public(), "ready");
        worker.work(deck, stop).await;
        tracing::info!("ended");
        Ok(())
    }

    fn tokens(&self) -> Result<TokenSource, Failure> {
        match (&self.token, &self.token_file) {
            (_, Some(file)) => Ok(TokenSource::File(file.clone())),
            (Some(token), None) => Ok(TokenSource::Given(token.clone())),
            (None, None) => Err(Failure::new("a token is needed: --token or --token-file")),
        }
    }
}

/// What keeps a deck connected.
struct Worker {
    server: String,
    roots: Vec<PathBuf>,
    tokens: TokenSource,
    deliverer: Deliverer,
}

impl Worker {
    /// Until `stop`: connect, work, and connect again. The deck goes on recording where there is no connection.
    async fn work(&self, deck: Deck, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        let deck = loop {
            match self.connect().await {
                Ok(client) => {
                    pause = FIRST_PAUSE;
                    tracing::info!(server = self.server, "connected");
                    let connection = Connection::of(client, self.deliverer.clone(), &deck).await.work();
                    tokio::pin!(connection);
                    tokio::select! {
                        reason = &mut connection => {
                            tracing::warn!(server = self.server, reason, "the connection to the server is lost");
                        }
                        () = stop.cancelled() => {
                            tokio::select! {
                                () = deck.close() => {}
                                reason = &mut connection => {
                                    tracing::warn!(reason, "the connection was lost at the end; what is in the spool is brought at the next start");
                                }
                            }
                            return;
                        }
                    }
                }
                Err(why) => {
                    tracing::warn!(
                        server = self.server,
                        why,
                        retry_in_ms = pause.as_millis(),
                        "no connection to the server"
                    );
                }
            }
            // Spread, so that many recorders do not come back at the same moment.
            let spread = pause.mul_f64(rand::rng().random_range(0.5..1.0));
            tokio::select! {
                () = stop.cancelled() => break deck,
                () = tokio::time::sleep(spread) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        deck.close().await;
    }

    async fn connect(&self) -> Result<Client, String> {
        let token = self.tokens.read().await?;
        let connect = Connect { extra_roots: self.roots.clone(), ..Connect::to(&self.server, token) };
        let connected = Client::connect(connect.framing(Framing::Plain)).await;
        connected.map_err(|error| match error.code() {
            Some(code) if code.as_str().starts_with("token_") => {
                format!("{error}: a new token is needed, from `bedside token --role recorder` on the server")
            }
            Some(_) | None => error.to_string(),
        })
    }
}

/// Cancelled by the first signal to end; a second one ends the process.
fn end_on_signals() -> Result<CancellationToken, Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio_util::task::TaskTracker::new().spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if told.is_cancelled() {
                tracing::warn!("told to end a second time: ending now");
                std::process::exit(1);
            }
            tracing::info!("told to end: ending all recordings");
            told.cancel();
        }
    });
    Ok(stop)
}
