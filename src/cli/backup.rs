//! `bedside backup`: the database, the keys and the files, as they stand now, in a folder that only its owner reads.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    Failure,
    migrate::database,
    output::{block_on, say},
    progress::Progress,
    settings::Settings,
};
use crate::{
    config::{Storage, StorageUrl},
    data::{DataFolder, KEY_FILES},
    store::{DatabaseSettings, Store},
    vault::FILES,
};

/// The database in a backup.
pub(super) const DATABASE_COPY: &str = "database.sqlite3";

/// The files in a backup.
pub(super) const FILES_COPY: &str = FILES;

/// Copy the database, the keys and the files into a folder, also while the server runs.
#[derive(Args)]
#[command(after_help = "Example:\n  bedside backup /var/backups/bedside/2026-11-01\n\n\
    A PostgreSQL database is copied with pg_dump; the keys and the files are copied all the same.\n\
    Files in an object store, and keys that the configuration names, are not copied: keep copies of your own.")]
pub(super) struct Backup {
    /// A folder that is not there yet.
    folder: PathBuf,
    /// Leave the files out: they never change, so that any tool that copies what is new does as well.
    #[arg(long)]
    no_files: bool,
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
        let done = match &database {
            DatabaseSettings::Sqlite(_) => {
                let to = backup.path().join(DATABASE_COPY);
                block_on(async { Ok(Store::backup(&database, &to).await?) })?;
                format!("the database and the keys are in {}", self.folder.display())
            }
            DatabaseSettings::Postgres(_) => {
                format!("the keys are in {}; copy the database with pg_dump", self.folder.display())
            }
        };
        // After the database: a key that was new meanwhile is among them, and those before it are, too.
        for name in KEY_FILES.map(|name| data.path().join(name)).iter().filter(|file| file.exists()) {
            let to = name.file_name().map(|file| backup.path().join(file)).unwrap_or_default();
            fs::copy(name, to)?;
        }
        say(done)?;
        // After the database, too: what it names by then is there, or was erased meanwhile.
        match kept_in(&config.storage, data.path()) {
            Some(files) if !self.no_files => {
                let count = copy_files(&files, &backup.folder(FILES_COPY)?)?;
                say(format_args!("and {count} files"))?;
            }
            Some(_) => say("without the files")?,
            None => say("the files are in an object store, which has backups of its own")?,
        }
        if !config.storage.key.is_empty() || config.storage.key_file.is_some() {
            say("the keys of files are configured: without a copy of them nobody opens the files")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The folder of sealed files, if it is one.
pub(super) fn kept_in(storage: &Storage, data: &Path) -> Option<PathBuf> {
    match &storage.url {
        None => Some(data.join(FILES)),
        Some(StorageUrl::Folder(path)) => Some(path.clone()),
        Some(StorageUrl::Bucket { .. }) => None,
    }
}

/// Copy the files that are not there yet; a file of the same name is the same file. Gives how many were copied.
pub(super) fn copy_files(from: &Path, to: &Path) -> Result<usize, Failure> {
    let mut found = Vec::new();
    for owner in entries(from)? {
        let folder = to.join(owner.file_name().unwrap_or_default());
        found.extend(entries(&owner)?.into_iter().map(|file| (file, folder.clone())));
    }
    let progress = Progress::new(found.len() as u64, "files");
    let mut copied = 0;
    for (file, folder) in found {
        let target = DataFolder::open(&folder)?.path().join(file.file_name().unwrap_or_default());
        progress.advance(1);
        if target.exists() {
            continue;
        }
        let beside = target.with_added_extension("half");
        match fs::copy(&file, &beside) {
            Ok(_) => fs::rename(&beside, &target)?,
            // Erased since it was seen.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                fs::remove_file(&beside)?;
                return Err(error.into());
            }
        }
        copied += 1;
    }
    progress.finish();
    Ok(copied)
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?),
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}
