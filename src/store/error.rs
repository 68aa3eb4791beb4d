//! What can go wrong with the store, as its callers need to tell it apart.

use std::{fmt, sync::Arc};

use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or does not take more now. A write that was asked for has happened
    /// once or not at all; asking again with the same key gives the first result.
    #[error("the database is not available")]
    Unavailable,
    /// The row is not in the state, or not of the version, that the change expects.
    #[error("changed in the meantime; now at version {version}")]
    Conflict {
        /// The version that it has.
        version: i64,
    },
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// The room is closed.
    #[error("the room is closed")]
    Ended,
    /// A defect, of the program or of the database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The cause of a fault. Neither form shows values: drivers put the offending key into `Debug`.
#[derive(Clone)]
pub struct Fault(Arc<Cause>);

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("database: {0}")]
    Database(DbErr),
    #[error("column {0} holds what nobody wrote")]
    Column(&'static str),
}

impl Fault {
    /// A column whose content no version of the program has written.
    pub(super) fn column(name: &'static str) -> Self {
        Self(Arc::new(Cause::Column(name)))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({})", self.0)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Fault {}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if is_outage(&error) {
            tracing::debug!(%error, "the database did not answer");
            return Self::Unavailable;
        }
        Self::Fault(Fault(Arc::new(Cause::Database(error))))
    }
}

/// Whether the database is away or full, rather than the statement wrong.
fn is_outage(error: &DbErr) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are about a statement or a row")]
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            is_driver_outage(cause)
        }
        _ => false,
    }
}

fn is_driver_outage(error: &SqlxError) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are about a statement or a row")]
    match error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        // What is left of a message when the server goes away in the middle of it.
        | SqlxError::Protocol(_) => true,
        SqlxError::Database(error) => error.code().is_some_and(|code| is_outage_code(&code)),
        _ => false,
    }
}

/// SQLSTATE of PostgreSQL has five characters, a result code of SQLite at the most four digits.
fn is_outage_code(code: &str) -> bool {
    if code.len() == 5 {
        // Connection, a failover (read-only), resources, operator, system.
        return code == "25006" || ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class));
    }
    // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14 | 15))
}
