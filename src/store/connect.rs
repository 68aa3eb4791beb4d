//! Opening the database: addresses, pools, durability, the schema.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use bedside_migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{self, Connection, PgConnection},
};
use tokio::time::timeout;

/// No transaction takes longer. Who comes while one is under way waits for two: they are told within 3 s.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1_400);
/// For a connection, at first and for every pool: shorter, so that it fits into a statement's time.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_200);
/// A connection that was used just now is not asked whether it lives.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// SQLite's connections are threads, and reads there take microseconds.
const SQLITE_READERS: u32 = 4;
/// The writer's cache, in KiB: a whole transaction fits, or SQLite would write its pages twice.
const SQLITE_CACHE_KIB: u32 = 16 * 1024;
/// Pages of the write-ahead log before they go to their places: 16 MiB. Messages of many rooms touch a page for
/// each room with every transaction, and of all its versions only the last one has to go.
const SQLITE_LOG_PAGES: u32 = 4_096;
const POSTGRES_READERS: u32 = 12;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseSettings {
    /// A file of SQLite; it is made if it is missing.
    Sqlite(PathBuf),
    /// `postgres://user:password@host/name`, with `?sslmode=` as libpq knows it.
    Postgres(PostgresUrl),
}

/// An address with a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresUrl")
    }
}

/// Why the database was not opened: one line for whoever starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of no database that is known.
    #[error("database.url must start with sqlite:, postgres: or postgresql:")]
    Address,
    /// It cannot be reached, or lets nobody in.
    #[error("the database cannot be opened: {0}")]
    Unreachable(String),
    /// A newer program has changed the schema.
    #[error(
        "the database was changed by a newer version of this program ({0}); start that version, or restore a backup"
    )]
    Newer(String),
    /// A migration failed; the database is as it was before it.
    #[error("the database's schema cannot be brought up to date: {0}")]
    Migration(String),
}

impl DatabaseSettings {
    /// From `database.url`; without one, a file in the data folder.
    pub fn new(url: Option<&str>, data_dir: &Path) -> Result<Self, OpenError> {
        let Some(url) = url else { return Ok(Self::Sqlite(data_dir.join("bedside.sqlite3"))) };
        if let Some(rest) = url.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            let path = path.split_once('?').map_or(path, |(path, _)| path);
            return if path.is_empty() { Err(OpenError::Address) } else { Ok(Self::Sqlite(path.into())) };
        }
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        rest.map(|rest| Self::Postgres(PostgresUrl(format!("postgres://{rest}")))).ok_or(OpenError::Address)
    }
}

/// The two ways to the database.
#[derive(Clone)]
pub(super) struct Pools {
    /// One connection, the writer's.
    pub(super) write: DatabaseConnection,
    pub(super) read: DatabaseConnection,
}

/// Connect, bring the schema up to date, and make the pools.
pub(super) async fn open(settings: &DatabaseSettings) -> Result<Pools, OpenError> {
    migrate(settings).await?;
    let write = connect(options(settings, Use::Write)).await?;
    let mut read = connect(options(settings, Use::Read)).await?;
    read.set_metric_callback(|read| {
        metrics::histogram!("bedside_database_read_seconds").record(read.elapsed);
    });
    Ok(Pools { write, read })
}

/// Bring the schema up to date.
pub(super) async fn migrate(settings: &DatabaseSettings) -> Result<(), OpenError> {
    if let DatabaseSettings::Sqlite(path) = settings {
        make_private_file(path, Make::IfMissing)
            .map_err(|error| OpenError::Unreachable(format!("{}: {error}", path.display())))?;
    }
    let database = apart(settings).await?;
    let migrated = async {
        let unknown = Migrator::unknown(&database).await.map_err(migration_error)?;
        if !unknown.is_empty() {
            return Err(OpenError::Newer(unknown.join(", ")));
        }
        Migrator::up(&database, None).await.map_err(migration_error)
    }
    .await;
    database.close().await.map_err(unreachable)?;
    migrated
}

/// One connection beside the pools, which may take its time.
pub(super) async fn apart(settings: &DatabaseSettings) -> Result<DatabaseConnection, OpenError> {
    connect(options(settings, Use::Apart)).await
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, OpenError> {
    Database::connect(options).await.map_err(unreachable)
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be named in map_err")]
fn unreachable(error: DbErr) -> OpenError {
    OpenError::Unreachable(error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be named in map_err")]
fn migration_error(error: DbErr) -> OpenError {
    OpenError::Migration(error.to_string())
}

/// What is in it is nobody else's to read; SQLite's own files beside it take over its mode.
pub(super) fn make_private_file(path: &Path, make: Make) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new();
    file.append(true).create(true).create_new(make == Make::New);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path).map(drop)
}

/// What to do where the file is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    IfMissing,
    New,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Apart,
    Write,
    Read,
}

fn options(settings: &DatabaseSettings, purpose: Use) -> ConnectOptions {
    let mut options = match settings {
        DatabaseSettings::Sqlite(path) => sqlite(path, purpose),
        DatabaseSettings::Postgres(url) => postgres(url, purpose),
    };
    options
        .connect_timeout(CONNECT_TIMEOUT)
        .acquire_timeout(CONNECT_TIMEOUT)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire_if_idle_for(TRUSTED_IDLE);
    options
}

fn sqlite(path: &Path, purpose: Use) -> ConnectOptions {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite:");
    options.max_connections(if purpose == Use::Read { SQLITE_READERS } else { 1 }).map_sqlx_sqlite_opts(
        move |file| {
            let file = file
                .filename(&path)
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(STATEMENT_TIMEOUT)
                .pragma("journal_mode", "WAL")
                // An acknowledged row survives the loss of power.
                .pragma("synchronous", "FULL")
                // What was redacted is overwritten, not only unlinked.
                .pragma("secure_delete", "ON");
            match purpose {
                Use::Read => file.pragma("query_only", "ON"),
                Use::Apart => file,
                Use::Write => file
                    .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
                    .pragma("wal_autocheckpoint", SQLITE_LOG_PAGES.to_string())
                    // What undoes a statement that fails needs no file.
                    .pragma("temp_store", "MEMORY"),
            }
        },
    );
    if purpose != Use::Apart {
        // The file is there all the time; closing and opening it would only cost.
        options.min_connections(1).idle_timeout(None).max_lifetime(None);
    }
    options
}

/// Before a connection goes back to its pool. Without a limit, one whose network has fallen silent would be
/// waited for as long as TCP does, and the writer has no other.
async fn still_alive(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    timeout(CONNECT_TIMEOUT, connection.ping()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
}

fn postgres(url: &PostgresUrl, purpose: Use) -> ConnectOptions {
    let mut options = ConnectOptions::new(&url.0);
    options
        .max_connections(if purpose == Use::Read { POSTGRES_READERS } else { 1 })
        .set_application_name("bedside")
        .map_sqlx_postgres_pool_opts(|pool| {
            pool.after_release(|connection, _| Box::pin(still_alive(connection)))
        });
    if purpose != Use::Apart {
        options.statement_timeout(STATEMENT_TIMEOUT);
    }
    options
}
