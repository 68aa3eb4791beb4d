//! `bedside restore`: a backup back into the data folder. What stood there is moved aside, never overwritten.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    Failure,
    backup::{DATABASE_COPY, FILES_COPY, copy_files, kept_in},
    migrate::database,
    output::{block_on, say},
    settings::Settings,
};
use crate::{
    clock::Clock,
    data::{DataFolder, KEY_FILES},
    store::{DatabaseSettings, Store},
};

/// Put a backup into the data folder.
#[derive(Args)]
#[command(
    after_help = "Example:\n  systemctl stop bedside && bedside restore /var/backups/bedside/2026-11-01\n\n\
    The server must not be running. What stands in the data folder is kept under another name."
)]
pub(super) struct Restore {
    /// A folder that `bedside backup` made.
    folder: PathBuf,
}

impl Restore {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let config = settings.read()?;
        let data = DataFolder::open(&config.data.dir)?;
        let _nobody_else = data.lock()?;
        let copy = self.folder.join(DATABASE_COPY);
        let database = database(&config)?;
        let aside = format!("before-restore-{}", Clock::system().now().timestamp());
        if let DatabaseSettings::Sqlite(file) = &database {
            if !copy.is_file() {
                return Err(Failure::new(format!("{} holds no backup of a database", self.folder.display())));
            }
            // A copy that cannot be opened must not take the place of a database that can: try it first.
            let trial = file.with_added_extension("restoring");
            fs::copy(&copy, &trial)?;
            block_on(async { Ok(Store::migrate(&DatabaseSettings::Sqlite(trial.clone())).await?) })?;
            // The log and the index of SQLite belong to the file that they stand beside.
            for ending in ["", "-wal", "-shm"] {
                let (old, new) = (with_ending(file, ending), with_ending(&trial, ending));
                if old.exists() {
                    fs::rename(&old, old.with_added_extension(&aside))?;
                }
                if new.exists() {
                    fs::rename(&new, &old)?;
                }
            }
        }
        for name in KEY_FILES.into_iter().filter(|name| self.folder.join(name).is_file()) {
            let file = data.path().join(name);
            if file.exists() {
                fs::rename(&file, file.with_added_extension(&aside))?;
            }
            fs::copy(self.folder.join(name), file)?;
        }
        if let Some(files) = kept_in(&config.storage, data.path()) {
            copy_files(&self.folder.join(FILES_COPY), DataFolder::open(&files)?.path())?;
        }
        say(format_args!("restored; what was there before ends in .{aside}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
