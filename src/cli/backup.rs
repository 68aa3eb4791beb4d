//! `bedside backup`: the database and the keys, as they stand now, in a folder that only its owner reads.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    Failure,
    migrate::database,
    output::{block_on, say},
    settings::Settings,
};
use crate::{
    data::{DataFolder, KEY_FILES},
    store::{DatabaseSettings, Store},
};

/// The database in a backup.
pub(super) const DATABASE_COPY: &str = "database.sqlite3";

/// Copy the database and the keys into a folder, also while the server runs.
#[derive(Args)]
#[command(after_help = "Example:\n  bedside backup /var/backups/bedside/2026-11-01\n\n\
    A PostgreSQL database is copied with pg_dump; the keys are copied all the same.")]
pub(super) struct Backup {
    /// A folder that is not there yet.
    folder: PathBuf,
}

impl Backup {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let config = settings.read()?;
        let database = database(&config)?;
        if self.folder.exists() {
            return Err(Failure::new(format!("{} is there already", self.folder.display())));
        }
        let data = DataFolder::open(&config.data.dir)?;
        let backup = DataFolder::open(&self.folder)?;
        for name in KEY_FILES.map(|name| data.path().join(name)).iter().filter(|file| file.exists()) {
            let to = name.file_name().map(|file| backup.path().join(file)).unwrap_or_default();
            fs::copy(name, to)?;
        }
        match &database {
            DatabaseSettings::Sqlite(_) => {
                let to = backup.path().join(DATABASE_COPY);
                block_on(async { Ok(Store::backup(&database, &to).await?) })?;
                say(format_args!("the database and the keys are in {}", self.folder.display()))?;
            }
            DatabaseSettings::Postgres(_) => {
                say(format_args!(
                    "the keys are in {}; copy the database with pg_dump",
                    self.folder.display()
                ))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
