//! `bedside serve`: the server in the foreground, with its signals.

use std::{
    net::{SocketAddr, TcpListener},
    process::ExitCode,
};

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Failure, output::block_on, settings::Settings};
use crate::{
    app::{App, Reloader},
    config::Config,
    telemetry::{self, Exporter},
};

/// Start the server.
#[derive(Args)]
#[command(after_help = "Examples:\n  bedside serve\n  bedside --config /etc/bedside.toml serve\n  \
    BEDSIDE_DATABASE__URL=postgres://bedside@db/bedside bedside serve --bind 0.0.0.0:4000\n\n\
    Signals: SIGTERM and SIGINT drain and end, a second one ends now; SIGHUP reads the certificate and the key set again.")]
pub(super) struct Serve {
    /// Address and port to listen on (the key server.bind).
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<SocketAddr>,
}

impl Serve {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let mut layers = settings.layers()?;
        if let Some(bind) = self.bind {
            layers = layers.flag("--bind", "server.bind", &bind.to_string())?;
        }
        let config = layers.read()?;
        telemetry::log(&config.log);
        block_on(serve(config))?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    // Before anything else, so that a signal during the start is not the system's to answer.
    let signals = Signals::new()?;
    let exporter = config.metrics.bind.map(exporter).transpose()?;
    let app = App::build(config).await?;
    tracing::info!(address = %app.addr(), "ready");
    let tasks = TaskTracker::new();
    let metrics_stop = CancellationToken::new();
    if let Some((exporter, listener)) = exporter {
        tasks.spawn(exporter.serve(listener, metrics_stop.clone()));
    }
    let reloader = app.reloader();
    signals.run(app, Some(reloader)).await?;
    metrics_stop.cancel();
    tasks.close();
    tasks.wait().await;
    tracing::info!("ended");
    Ok(())
}

fn exporter(bind: SocketAddr) -> Result<(Exporter, TcpListener), Failure> {
    let listener = TcpListener::bind(bind)
        .map_err(|error| Failure::new(format!("metrics.bind: cannot listen on {bind}: {error}")))?;
    Ok((Exporter::install()?, listener))
}

/// The signals that a server obeys.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Take the signals over from the system.
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Run the server until it is told to end: the first signal drains, the second one means now.
    pub(super) async fn run(self, app: App, reloader: Option<Reloader>) -> Result<(), Failure> {
        let (stop, now) = (CancellationToken::new(), CancellationToken::new());
        let Self { mut terminate, mut interrupt, mut hang_up } = self;
        let running = app.run(stop.clone(), now.clone());
        tokio::pin!(running);
        loop {
            tokio::select! {
                ended = &mut running => return Ok(ended?),
                _ = terminate.recv() => again(&stop, &now),
                _ = interrupt.recv() => again(&stop, &now),
                _ = hang_up.recv() => if let Some(reloader) = &reloader { reloader.reload() },
            }
        }
    }
}

fn again(stop: &CancellationToken, now: &CancellationToken) {
    if stop.is_cancelled() {
        tracing::warn!("told to end a second time: ending now");
        now.cancel();
    } else {
        tracing::info!("told to end: draining");
        stop.cancel();
    }
}
