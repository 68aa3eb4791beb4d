//! `bedside token`: a token from the command line, for trying things and for back ends without an identity provider.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use bedside_protocol::{
    ids::{RoomId, UserId},
    session::Role,
};
use clap::Args;

use super::{Failure, output::say, settings::Settings};
use crate::{
    auth::{Bearer, Expected, Minter},
    clock::Clock,
    config,
    data::DataFolder,
};

/// Print a token for somebody.
#[derive(Args)]
#[command(after_help = "Example:\n  bedside token --user dr-anna --role doctor --name 'Dr. Anna'")]
pub(super) struct Token {
    /// The user's id.
    #[arg(long)]
    user: UserId,
    /// doctor, patient, staff or guest; recorder for a process that records.
    #[arg(long, default_value = "patient")]
    role: Role,
    /// The name that others see.
    #[arg(long)]
    name: Option<String>,
    /// The only consultation that the token shall open.
    #[arg(long, value_name = "ID")]
    consultation: Option<RoomId>,
    /// How long it is good for, at most 24 hours.
    #[arg(long, default_value_t = 60, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
    /// Put it into this file, in place of what is there, instead of printing it. Owner and group may read it.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Token {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let config = settings.read()?;
        let Self { user, role, name, consultation, minutes, to } = self;
        // Nobody else's token makes a recorder.
        let minter = match role {
            Role::Recorder => Minter::own(&DataFolder::open(&config.data.dir)?.server_key()?),
            Role::Doctor | Role::Patient | Role::Staff | Role::Guest => minter(&config)?,
        };
        let bearer = Bearer { user_id: user, name, role, consultation };
        let token = minter.mint(&bearer, Clock::system().now(), Duration::from_secs(minutes * 60));
        match to {
            Some(file) => replace(&file, token.expose())
                .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?,
            None => say(token.expose())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whoever reads the file meanwhile finds the old token or the new one, whole.
fn replace(file: &Path, token: &str) -> io::Result<()> {
    let beside = file.with_added_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&beside)?;
    writeln!(new, "{token}")?;
    new.sync_all()?;
    fs::rename(beside, file)
}

/// Signs with the secret that is configured, or else with what stands in the data folder: the generated secret, or the
/// server's own key where an identity provider has the word.
pub(super) fn minter(config: &config::Config) -> Result<Minter, Failure> {
    let auth = &config.auth;
    if let Some(secret) = &auth.secret {
        return Ok(Minter::shared(secret, Expected::of(auth)));
    }
    let folder = DataFolder::open(&config.data.dir)?;
    if auth.jwks_file.is_some() || auth.jwks_url.is_some() {
        return Ok(Minter::own(&folder.server_key()?));
    }
    Ok(Minter::shared(&folder.auth_secret()?, Expected::of(auth)))
}
