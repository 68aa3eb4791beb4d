//! `bedside selftest`: doctor–patient pairs without a screen hold whole visits with real media.

mod figures;
mod ground;
mod playback;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use bedside_peer::{
    call::Network,
    client::Framing,
    visit::{self, Report, Visit},
};
use bedside_protocol::{consultation::IcePolicy, ids::UserId, session::Role};
use clap::{Args, value_parser};
use tokio::task::JoinSet;

use self::{figures::Figures, ground::Ground, playback::Playback};
use super::{
    Failure,
    output::{block_on, say},
    settings::Settings,
};
use crate::config::Config;

/// A token is good for a day at the most, and so is a visit.
const MAX_MEDIA_SECONDS: u64 = 20 * 3_600;

/// Hold whole visits between doctors and patients without a screen, and print what they were like.
///
/// Each pair connects, waits, is admitted, exchanges Opus and VP8 over DTLS-SRTP, chats, loses and regains
/// both connections, catches up and ends the visit; every second patient is on plain WebSocket. Exits with 1
/// if anything fell short of what is promised.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  bedside selftest\n  bedside selftest --pairs 8 --media-seconds 10\n  bedside selftest --record\n  \
    bedside selftest --set database.url=postgres://localhost/selftest\n  \
    bedside selftest --url https://clinic.example --secret \"$BEDSIDE_AUTH__SECRET\" --pairs 50\n  \
    bedside selftest --url https://clinic.example --secret \"$BEDSIDE_AUTH__SECRET\" --pairs 1 --relay\n\n\
    Against a running server it makes consultations of users selftest-…, which stay in its database.\n\
    Where that server expects an issuer, an audience or another role claim, give this command the\n\
    same configuration (--config, --set auth.issuer=…)."
)]
pub(super) struct Selftest {
    /// A running server; without it one is started for this run, on a free port and a folder of its own.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The shared secret of the running server, to sign tokens with [default: auth.secret of the
    /// configuration].
    #[arg(long, value_name = "SECRET", requires = "url")]
    secret: Option<String>,
    /// A certificate authority to trust besides the system's, as a PEM file; may be given several times.
    #[arg(long, value_name = "FILE", requires = "url")]
    ca: Vec<PathBuf>,
    /// How many visits to hold.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = value_parser!(u64).range(1..=10_000))]
    pairs: u64,
    /// How many of them begin each second.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_000))]
    pairs_per_second: u32,
    /// For how long media is looked at in each.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 3,
        value_parser = value_parser!(u64).range(1..=MAX_MEDIA_SECONDS)
    )]
    media_seconds: u64,
    /// Let media pass through the TURN server only, to see that it does.
    #[arg(long)]
    relay: bool,
    /// Record each visit, play the files back, and measure whether sound and picture are in time.
    #[arg(long)]
    record: bool,
}

impl Selftest {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let figures = block_on(async {
            let ground = Arc::new(match &self.url {
                Some(url) => Ground::running(settings, url, &self.config(settings)?, &self.ca, self.media())?,
                None => Ground::own(settings, self.media(), self.record).await?,
            });
            let figures = self.hold(&ground).await;
            if let Some(ground) = Arc::into_inner(ground) {
                ground.clear().await;
            }
            Ok(figures)
        })?;
        say(&figures)?;
        match figures.fallen_short() {
            0 => Ok(ExitCode::SUCCESS),
            short => Err(Failure::new(format!("{short} of {} visits fell short", self.pairs))),
        }
    }

    async fn hold(&self, ground: &Arc<Ground>) -> Figures {
        let run = rand::random::<u32>();
        // Both peers are on this machine; beside a server elsewhere they use its ICE servers as browsers would.
        let network = if self.url.is_some() { Network::Everywhere } else { Network::Loopback };
        let mut begin = tokio::time::interval(Duration::from_secs(1) / self.pairs_per_second);
        let mut visits = JoinSet::new();
        for number in 0..self.pairs {
            begin.tick().await;
            let terms =
                Terms { network, media: self.media(), ice_policy: self.ice_policy(), record: self.record };
            visits.spawn(pair(Arc::clone(ground), run, number, terms));
        }
        let mut figures = Figures::default();
        while let Some(held) = visits.join_next().await {
            figures.add(held.unwrap_or_else(|panicked| Err(panicked.to_string())));
        }
        figures
    }

    /// What is known of a running server: the secret, and what it expects of tokens.
    fn config(&self, settings: &Settings) -> Result<Config, Failure> {
        let layers = settings.layers()?;
        let layers = match &self.secret {
            Some(secret) => layers.flag("--secret", "auth.secret", secret)?,
            None => layers,
        };
        Ok(layers.read()?)
    }

    fn media(&self) -> Duration {
        Duration::from_secs(self.media_seconds)
    }

    fn ice_policy(&self) -> IcePolicy {
        if self.relay { IcePolicy::Relay } else { IcePolicy::All }
    }
}

/// What all visits of a run have in common.
#[derive(Clone, Copy)]
struct Terms {
    network: Network,
    media: Duration,
    ice_policy: IcePolicy,
    record: bool,
}

/// One doctor, one patient, one visit. The error is one line.
async fn pair(
    ground: Arc<Ground>,
    run: u32,
    number: u64,
    terms: Terms,
) -> Result<(Report, Vec<Playback>), String> {
    let Terms { network, media, ice_policy, record } = terms;
    let user = |part: &str| UserId::parse(&format!("selftest-{part}-{run:08x}-{number}"));
    let doctor = user("doctor").map_err(|error| error.to_string())?;
    let patient = user("patient").map_err(|error| error.to_string())?;
    let room = ground.consultation(&doctor, &patient, ice_policy).await?;
    let framing = if number.is_multiple_of(2) { Framing::SocketIo } else { Framing::Plain };
    let visit = Visit {
        room,
        doctor: ground.way_in(&doctor, Role::Doctor),
        patient: ground.way_in(&patient, Role::Patient).framing(framing),
        network,
        media,
        record,
    };
    let report = visit::hold(visit).await.map_err(|shortfall| shortfall.to_string())?;
    let playbacks = match &report.recording {
        Some(recording) => playback::play(&ground, &doctor, recording).await?,
        None => Vec::new(),
    };
    Ok((report, playbacks))
}
