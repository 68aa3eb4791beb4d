//! `bedside migrate`: the schema before the server, for deployments that want the two apart.

use std::process::ExitCode;

use clap::Args;

use super::{
    Failure,
    output::{block_on, say},
    settings::Settings,
};
use crate::{
    config::{Config, DatabaseUrl},
    data::DataFolder,
    store::{DatabaseSettings, Store},
};

/// Bring the database's schema up to date, and leave.
#[derive(Args)]
#[command(after_help = "Example:\n  bedside --config /etc/bedside.toml migrate")]
pub(super) struct Migrate {}

impl Migrate {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let Self {} = self;
        let config = settings.read()?;
        DataFolder::open(&config.data.dir)?;
        let database = database(&config)?;
        block_on(async { Ok(Store::migrate(&database).await?) })?;
        say("the schema is up to date")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The database that is configured.
pub(super) fn database(config: &Config) -> Result<DatabaseSettings, Failure> {
    let url = config.database.url.as_ref().map(DatabaseUrl::expose);
    Ok(DatabaseSettings::new(url, &config.data.dir)?)
}
