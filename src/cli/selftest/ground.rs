//! Where the visits of a self-test are held: on a server of its own, or on one that runs.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use bedside_peer::client::Connect;
use bedside_protocol::{
    consultation::{Consultation, IcePolicy},
    ids::{RoomId, UserId},
    session::Role,
};
use serde_json::json;
use tempfile::TempDir;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::App,
    auth::{Bearer, Expected, Minter},
    cli::{Failure, settings::Settings, token},
    clock::Clock,
    config::{Config, Layers},
    private::Secret,
    telemetry,
};

/// How long the tokens of a visit are good, besides the time that media is looked at.
const TOKEN_LIFE: Duration = Duration::from_hours(1);

/// How long a server may take to make a consultation.
const REST_TIMEOUT: Duration = Duration::from_secs(10);

/// Many visits come from one address here, which is no attack.
const OWN_LIMITS: &[(&str, &str)] = &[
    ("limits.connections_per_second", "10000"),
    ("limits.connections_burst", "10000"),
    ("limits.requests_per_second", "10000"),
    ("limits.requests_burst", "10000"),
    ("limits.sessions_per_address", "100000"),
];

/// All peers are on this machine.
const RECORDING: &[(&str, &str)] = &[
    ("recording.enabled", "true"),
    ("recording.bind", "127.0.0.1"),
    ("recording.udp_port", "0"),
    ("storage.disk_floor_mb", "0"),
];

/// What the WebRTC stack warns of is the rule: a check before there are candidates, a connection without a name,
/// packets before their track is known and after the end.
const LOG: &[(&str, &str)] = &[("log.filter", "warn,rtc=error,webrtc=off"), ("log.format", "pretty")];

/// A server that visits can be held on.
pub(super) struct Ground {
    url: String,
    rest: reqwest::Client,
    minter: Minter,
    token_life: Duration,
    authorities: Vec<PathBuf>,
    own: Option<Own>,
}

/// The server that was started for this run.
struct Own {
    stop: CancellationToken,
    tasks: TaskTracker,
    _data: TempDir,
}

impl Ground {
    /// A server that runs at `url`; its secret and what it expects of tokens stand in `config`.
    pub(super) fn running(
        settings: &Settings,
        url: &str,
        config: &Config,
        authorities: &[PathBuf],
        media: Duration,
    ) -> Result<Self, Failure> {
        let Some(secret) = &config.auth.secret else {
            return Err(Failure::new("--url needs --secret, the shared secret (auth.secret) of that server"));
        };
        telemetry::log(&throw_away(settings, &[])?.log);
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            rest: rest(authorities)?,
            minter: Minter::shared(secret, Expected::of(&config.auth)),
            token_life: TOKEN_LIFE + media,
            authorities: authorities.to_owned(),
            own: None,
        })
    }

    /// A server of our own on a free port of the loopback, with a data folder that goes with it.
    pub(super) async fn own(settings: &Settings, media: Duration, record: bool) -> Result<Self, Failure> {
        let data = tempfile::Builder::new().prefix("bedside-selftest-").tempdir()?;
        let folder = data.path().to_string_lossy();
        let own = [("data.dir", &*folder), ("server.bind", "127.0.0.1:0")];
        let recording = if record { RECORDING } else { &[] };
        let config = throw_away(settings, own.iter().chain(OWN_LIMITS).chain(recording))?;
        telemetry::log(&config.log);
        let minter = token::minter(&config)?;
        let app = App::build(config).await?;
        let url = format!("http://{}", app.addr());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(app.run(stop.clone(), stop.clone()));
        tasks.close();
        Ok(Self {
            url,
            rest: rest(&[])?,
            minter,
            token_life: TOKEN_LIFE + media,
            authorities: Vec::new(),
            own: Some(Own { stop, tasks, _data: data }),
        })
    }

    /// Make a consultation with a waiting room.
    pub(super) async fn consultation(
        &self,
        doctor: &UserId,
        patient: &UserId,
        ice_policy: IcePolicy,
    ) -> Result<RoomId, String> {
        let failed = |cause: &dyn std::fmt::Display| format!("make a consultation: {cause}");
        let request = self
            .rest
            .post(format!("{}/api/v1/consultations", self.url))
            .bearer_auth(self.token(doctor, Role::Doctor).expose())
            .json(&json!({
                "doctorId": doctor,
                "patientId": patient,
                "waitingRoom": true,
                "icePolicy": ice_policy,
            }));
        let answer = request.send().await.map_err(|error| failed(&root_cause(&error)))?;
        let status = answer.status();
        let body = answer.text().await.map_err(|error| failed(&error))?;
        if !status.is_success() {
            return Err(failed(&format_args!("{status} {body}")));
        }
        let made: Consultation = serde_json::from_str(&body).map_err(|error| failed(&error))?;
        Ok(made.id)
    }

    /// Something that somebody may read by REST.
    pub(super) async fn read(&self, user: &UserId, path: &str) -> Result<Vec<u8>, String> {
        let failed = |cause: &dyn std::fmt::Display| format!("GET {path}: {cause}");
        let request = self.rest.get(format!("{}{path}", self.url));
        let request = request.bearer_auth(self.token(user, Role::Doctor).expose());
        let answer = request.send().await.map_err(|error| failed(&root_cause(&error)))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| failed(&error))?;
        if !status.is_success() {
            return Err(failed(&format_args!("{status} {}", String::from_utf8_lossy(&body))));
        }
        Ok(body.into())
    }

    /// A way in for somebody.
    pub(super) fn way_in(&self, user: &UserId, role: Role) -> Connect {
        let mut connect = Connect::to(&self.url, self.token(user, role).expose());
        connect.extra_roots.clone_from(&self.authorities);
        connect
    }

    fn token(&self, user: &UserId, role: Role) -> Secret<String> {
        let bearer = Bearer { user_id: user.clone(), name: None, role, consultation: None };
        self.minter.mint(&bearer, Clock::system().now(), self.token_life)
    }

    /// Leave nothing behind of a server of our own.
    pub(super) async fn clear(self) {
        if let Some(own) = self.own {
            own.stop.cancel();
            own.tasks.wait().await;
        }
    }
}

/// What an error comes from: where a connection fails, the outer ones say no more than that.
fn root_cause(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

/// A configuration that nothing on the machine changes; what is asked for on the command line has the last word.
fn throw_away<'a>(
    settings: &Settings,
    keys: impl IntoIterator<Item = &'a (&'a str, &'a str)>,
) -> Result<Config, Failure> {
    let mut layers = Layers::default();
    for (key, value) in keys.into_iter().chain(LOG) {
        layers = layers.flag("selftest", key, value)?;
    }
    Ok(settings.flags(layers)?.read()?)
}

/// A REST client that trusts what the peers trust.
fn rest(authorities: &[PathBuf]) -> Result<reqwest::Client, Failure> {
    let mut client = reqwest::Client::builder().timeout(REST_TIMEOUT).no_proxy();
    for file in authorities {
        for authority in certificates(file)? {
            client = client.add_root_certificate(authority);
        }
    }
    Ok(client.build()?)
}

fn certificates(file: &Path) -> Result<Vec<reqwest::Certificate>, Failure> {
    let unusable = |cause: &dyn std::fmt::Display| Failure::new(format!("--ca {}: {cause}", file.display()));
    let pem = std::fs::read(file).map_err(|error| unusable(&error))?;
    reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unusable(&error))
}
