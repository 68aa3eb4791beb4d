//! What Bedside says about itself: log lines on standard error, and metrics on a listener of their own.
//! Neither shows anything about a person.

use std::{net::TcpListener, panic, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{self, LogFormat};

/// Libraries that would write payloads or statements at lower levels; those of WebRTC write peoples' addresses at any level, and
/// warn of what is nothing to worry about. `log.filter` may ask for more by name.
const QUIET: &str = "sqlx=warn,sea_orm=warn,hyper=warn,reqwest=warn,rustls=warn,tungstenite=warn,actix_http=warn,\
                     actix_server=warn,mio=warn,rtc=off,webrtc=off";
/// Buckets for lengths of time in seconds: from a relayed signal to a statement that is given up.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0];
/// How often histograms are tidied, so that they do not grow while nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Send log lines to standard error, and panics there too: where one happened, not what it said, which may be
/// somebody's data.
pub fn log(settings: &config::Log) {
    let filter = EnvFilter::new(format!("{QUIET},{}", settings.filter.as_str()));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // A second call (in a test) finds the first one's logs in place, which is as good.
    let _already = match settings.format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Pretty => registry.with(lines).try_init(),
    };
    panic::set_hook(Box::new(|panicked| {
        metrics::counter!("bedside_panics_total").increment(1);
        let place = panicked.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked");
    }));
}

/// The metrics of this process.
#[derive(Clone)]
pub struct Exporter(PrometheusHandle);

/// Metrics cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum ExporterError {
    /// Somebody keeps them already, or a bucket is wrong.
    #[error("metrics cannot be kept: {0}")]
    Recorder(#[from] metrics_exporter_prometheus::BuildError),
    /// The listener cannot be had.
    #[error("metrics.bind: cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

impl Exporter {
    /// Begin to keep metrics. Without it they cost nothing and go nowhere.
    pub fn install() -> Result<Self, ExporterError> {
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS)?;
        Ok(Self(builder.install_recorder()?))
    }

    /// Answer `GET /metrics` on this listener until `stop`.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> Result<(), ExporterError> {
        let handle = self.0.clone();
        let server = HttpServer::new(move || {
            let handle = handle.clone();
            App::new().route(
                "/metrics",
                web::get().to(move || {
                    let text = handle.render();
                    async move { HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text) }
                }),
            )
        });
        let server = server.workers(1).disable_signals().listen(listener)?.run();
        let control = server.handle();
        let upkeep = async {
            let mut tick = tokio::time::interval(UPKEEP);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return control.stop(false).await,
                    _ = tick.tick() => self.0.run_upkeep(),
                }
            }
        };
        let (served, ()) = tokio::join!(server, upkeep);
        Ok(served?)
    }
}
