//! `bedside demo`: a server that is thrown away, with a doctor, a patient and a visit, and what to do with them.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use bedside_protocol::{
    ids::{RoomId, UserId},
    session::Role,
};
use clap::Args;
use serde::Deserialize;

use super::{
    Failure,
    output::{block_on, say},
    serve::Signals,
    settings::Settings,
    token::minter,
};
use crate::{
    app::App,
    auth::{Bearer, Minter},
    clock::Clock,
    config::{Config, Layers},
    private::Secret,
    telemetry,
};

/// How long the demo's tokens are good for: a working day.
const TOKEN_LIFETIME: Duration = Duration::from_hours(12);
/// How long the demo waits for its own server.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Start a throw-away server and print what to do with it.
#[derive(Args)]
#[command(
    after_help = "Example:\n  bedside demo\n\nNothing of it stays: the data folder is temporary, and goes when the demo ends (Ctrl-C)."
)]
pub(super) struct Demo {
    /// Address and port to listen on, on this machine only.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4000")]
    bind: SocketAddr,
}

impl Demo {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        if !self.bind.ip().is_loopback() {
            return Err(Failure::new(
                "the demo listens on this machine only: --bind wants a loopback address",
            ));
        }
        let folder = tempfile::Builder::new().prefix("bedside-demo-").tempdir()?;
        let layers = settings
            .flags(Layers::default())?
            .flag("demo", "data.dir", &folder.path().to_string_lossy())?
            .flag("demo", "server.bind", &self.bind.to_string())?
            .flag("demo", "server.allowed_origins", "*")?
            .flag("demo", "log.format", "pretty")?
            .flag("demo", "log.filter", "warn")?;
        let config = layers.read()?;
        telemetry::log(&config.log);
        block_on(demo(config))?;
        folder.close()?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn demo(config: Config) -> Result<(), Failure> {
    let signals = Signals::new()?;
    let minter = minter(&config)?;
    let app = App::build(config).await?;
    let address = app.addr();
    // The visit is made through the front door, which opens when the server runs.
    let greeted = async {
        greet(address, minter).await?;
        std::future::pending().await
    };
    tokio::select! {
        ended = signals.run(app, None) => ended,
        failed = greeted => failed,
    }
}

#[derive(Deserialize)]
struct Created {
    id: RoomId,
}

async fn greet(address: SocketAddr, minter: Minter) -> Result<(), Failure> {
    let url = format!("http://{address}");
    let now = Clock::system().now();
    let token = |user: &str, name: &str, role| -> Result<Secret<String>, Failure> {
        let bearer =
            Bearer { user_id: UserId::parse(user)?, name: Some(name.to_owned()), role, consultation: None };
        Ok(minter.mint(&bearer, now, TOKEN_LIFETIME))
    };
    let doctor = token("dr-anna", "Dr. Anna", Role::Doctor)?;
    let patient = token("ben", "Ben", Role::Patient)?;
    let client = reqwest::Client::builder().timeout(REQUEST_TIMEOUT).no_proxy().build()?;
    let visit =
        serde_json::json!({ "doctorId": "dr-anna", "patientId": "ben", "reason": "A first look at Bedside" });
    let request =
        client.post(format!("{url}/api/v1/consultations")).bearer_auth(doctor.expose()).json(&visit);
    let created: Created = request.send().await?.error_for_status()?.json().await?;
    say(GREETING
        .replace("{url}", &url)
        .replace("{room}", created.id.as_str())
        .replace("{doctor}", doctor.expose())
        .replace("{patient}", patient.expose()))
}

const GREETING: &str = include_str!("demo.txt");
