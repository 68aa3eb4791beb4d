//! `bedside demo`: a server that is thrown away, with a doctor, a patient and their visit, and a link for each.

mod network;
mod qr;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use bedside_protocol::{
    consultation::{IcePolicy, RecordingPolicy},
    ids::{RoomId, UserId},
    session::Role,
    text::{Name, Reason},
};
use clap::Args;

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
    domain::{Clinic, consultation::NewVisit, invitation::NewInvitation},
    error::Error,
    model::actor::Actor,
    private::Secret,
    telemetry,
};

/// How long the demo's tokens are good for: a working day.
const TOKEN_LIFETIME: Duration = Duration::from_hours(12);
/// Where it listens unless it is told otherwise.
const PORT: u16 = 4000;
const DOCTOR: (&str, &str) = ("dr-anna", "Dr. Anna");
const PATIENT: (&str, &str) = ("ben", "Ben");

/// Start a throw-away server and print a link for a doctor and one for a patient.
#[derive(Args)]
#[command(after_help = "Examples:\n  bedside demo          on this machine only\n  \
    bedside demo --lan    for a phone in the same network, too\n\n\
    Nothing of it stays: the data folder is temporary, and goes when the demo ends (Ctrl-C).")]
pub(super) struct Demo {
    /// Listen for the local network, with TLS: browsers give no camera without. The certificate is made on the spot.
    #[arg(long)]
    lan: bool,
    /// Address and port to listen on [default: 127.0.0.1:4000, and with --lan 0.0.0.0:4000].
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<SocketAddr>,
}

impl Demo {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let ip = if self.lan { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        let bind = self.bind.unwrap_or(SocketAddr::new(ip.into(), PORT));
        if !self.lan && !bind.ip().is_loopback() {
            return Err(Failure::new(
                "without --lan the demo listens on this machine only: --bind wants a loopback address",
            ));
        }
        let folder = tempfile::Builder::new().prefix("bedside-demo-").tempdir()?;
        let layers = settings
            .flags(Layers::default())?
            .flag("demo", "data.dir", &folder.path().to_string_lossy())?
            .flag("demo", "server.bind", &bind.to_string())?
            .flag("demo", "server.allowed_origins", "*")?
            .flag("demo", "log.format", "pretty")?
            .flag("demo", "log.filter", "warn")?;
        let (ip, layers) = if self.lan {
            let ip = network::own_address(bind.ip())?;
            (ip, with_tls(layers, ip, bind.port(), folder.path())?)
        } else {
            (bind.ip(), layers)
        };
        let config = layers.read()?;
        telemetry::log(&config.log);
        block_on(demo(config, ip))?;
        folder.close()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A certificate for this address and this machine's name, and links that begin with the address.
fn with_tls(layers: Layers, ip: IpAddr, port: u16, folder: &Path) -> Result<Layers, Failure> {
    let files = network::make_certificate(ip, folder, Clock::system().now())?;
    let layers = layers.flag("demo", "server.tls_cert", &files.certificate.to_string_lossy())?.flag(
        "demo",
        "server.tls_key",
        &files.key.to_string_lossy(),
    )?;
    // Of a free port the number is not known yet.
    if port == 0 {
        return Ok(layers);
    }
    Ok(layers.flag("demo", "server.public_url", &format!("https://{}", SocketAddr::new(ip, port)))?)
}

async fn demo(config: Config, ip: IpAddr) -> Result<(), Failure> {
    let signals = Signals::new()?;
    let minter = minter(&config)?;
    let scheme = if config.server.tls_cert.is_some() { "https" } else { "http" };
    let app = App::build(config).await?;
    let url = format!("{scheme}://{}", SocketAddr::new(ip, app.addr().port()));
    let visit = prepare(&app.clinic(), &minter).await?;
    say(visit.greeting(&url)?)?;
    signals.run(app, None).await
}

/// A visit, and the ways into it.
struct Prepared {
    room: RoomId,
    /// The doctor's token and the patient's.
    doctor: Secret<String>,
    patient: Secret<String>,
    /// The secret of the patient's invitation.
    invitation: String,
}

async fn prepare(clinic: &Clinic, minter: &Minter) -> Result<Prepared, Failure> {
    let token = |(user, name): (&str, &str), role| -> Result<Secret<String>, Failure> {
        let bearer =
            Bearer { user_id: UserId::parse(user)?, name: Some(name.to_owned()), role, consultation: None };
        Ok(minter.mint(&bearer, clinic.clock.now(), TOKEN_LIFETIME))
    };
    let (doctor_id, patient_id) = (UserId::parse(DOCTOR.0)?, UserId::parse(PATIENT.0)?);
    let doctor = Actor {
        user_id: doctor_id.clone(),
        name: Some(Name::parse(DOCTOR.1)?),
        role: Role::Doctor,
        scope: None,
    };
    let visit = NewVisit {
        doctor_id,
        patient_id,
        patient_name: Some(Name::parse(PATIENT.1)?),
        reason: Some(Reason::parse("A first look at Bedside")?),
        scheduled_at: None,
        waiting_room: true,
        recording_policy: RecordingPolicy::OnRequest,
        ice_policy: IcePolicy::All,
    };
    let failed = |error: Error| Failure::new(error.into_refusal().to_string());
    let room = clinic.create_visit(&doctor, visit).await.map_err(failed)?.id;
    let guest =
        NewInvitation { role: Role::Patient, name: Some(Name::parse(PATIENT.1)?), expires_in_ms: None };
    let invited = clinic.invite(&doctor, &room, guest).await.map_err(failed)?;
    Ok(Prepared {
        room,
        doctor: token(DOCTOR, Role::Doctor)?,
        patient: token(PATIENT, Role::Patient)?,
        invitation: invited.token.as_str().to_owned(),
    })
}

impl Prepared {
    fn greeting(&self, url: &str) -> Result<String, Failure> {
        let tls = url.starts_with("https:");
        let patients = format!("{url}/join#token={}", self.invitation);
        // The link that is wanted on another device is the one to be scanned.
        let phone = if tls {
            format!("{}\n\n{WARNING}", qr::drawn(&patients)?)
        } else {
            "For a phone in the same network: make demo LAN=1 (bedside demo --lan)\n".to_owned()
        };
        let developers = DEVELOPERS
            .replace("{url}", url)
            .replace("{room}", self.room.as_str())
            .replace("{doctor}", self.doctor.expose())
            .replace("{patient}", self.patient.expose())
            .replace("{insecure}", if tls { " -k" } else { "" });
        Ok(format!(
            "\nBedside is running on {url}. Ctrl-C ends it, and nothing of it stays.\n\n\
             Open each link in a window of its own.\n\n\
             Doctor:   {url}/#token={doctor}\n\n\
             Patient:  {patients}\n\n\
             {phone}\n{developers}",
            doctor = self.doctor.expose(),
        ))
    }
}

const WARNING: &str = "\
The patient's link, for a phone in the same network. Each browser warns once that it does not know the certificate: it\n\
was made a moment ago, on this machine, for this demo alone. Choose \"Advanced\" or \"Show details\", and go on.\n";

const DEVELOPERS: &str = include_str!("developers.txt");
