//! Looking after the database: whether it answers, and copies of it.

use std::{fs, io, path::Path};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{
    Store,
    connect::{self, DatabaseSettings, OpenError},
    error::StoreError,
};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL's own tools do it.
    #[error("a PostgreSQL database is copied with pg_dump, not with this program")]
    Postgres,
    /// There is nothing to copy.
    #[error("there is no database at {0}")]
    Missing(String),
    /// The copy's place is taken or cannot be written.
    #[error("cannot write {0}: {1}")]
    Place(String, #[source] io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database refused.
    #[error("the copy was not made: {0}")]
    Copy(#[from] DbErr),
}

impl Store {
    /// Whether the database answers.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.read(async |db| Ok(db.ping().await?)).await
    }

    /// Copy a SQLite database into a new file, as it stands now, also while it is used. Its schema stays.
    pub async fn backup(settings: &DatabaseSettings, to: &Path) -> Result<(), BackupError> {
        let DatabaseSettings::Sqlite(path) = settings else { return Err(BackupError::Postgres) };
        if !path.is_file() {
            return Err(BackupError::Missing(path.display().to_string()));
        }
        let place = |error| BackupError::Place(to.display().to_string(), error);
        let name = to.to_str().ok_or_else(|| place(io::ErrorKind::InvalidFilename.into()))?;
        // SQLite takes an empty file for its own; like this it is nobody else's to read.
        connect::make_private_file(to, connect::Make::New).map_err(place)?;
        let db = connect::apart(settings).await?;
        let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [name.into()]);
        let copied = db.execute_raw(copy).await;
        db.close().await?;
        copied?;
        fs::File::open(to).and_then(|file| file.sync_all()).map_err(place)
    }
}
