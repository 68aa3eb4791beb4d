//! Why the vault did not do what it was asked.

use bedside_seal::{Damage, KeyId, Unwrap};

use crate::data::DataError;

/// Why the vault did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk would be left with less than it must have.
    #[error("the disk is as good as full")]
    Full,
    /// There is no such file.
    #[error("there is no such file in the storage")]
    Missing,
    /// The object store, or the disk, did not do it.
    #[error("the storage failed: {0}")]
    Away(String),
    /// The file is not as it was written.
    #[error("a file is damaged: {0}")]
    Damaged(#[from] Damage),
    /// A key that is needed is not configured.
    #[error(
        "no key {0} is configured; storage.key and storage.key_file must name every key that is still in use"
    )]
    UnknownKey(KeyId),
    /// A wrapped key is not what was wrapped.
    #[error("a wrapped key is damaged")]
    BadKey,
    /// What is configured cannot be used: one line.
    #[error("{0}")]
    Settings(String),
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl From<std::io::Error> for VaultError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::Full;
        }
        // The causes below say what happened; the first line of an object store's error is "Generic S3 error".
        Self::Away(said(&error))
    }
}

impl From<object_store::Error> for VaultError {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            Self::Missing
        } else {
            Self::Away(said(&error))
        }
    }
}

impl From<bedside_seal::Error> for VaultError {
    fn from(error: bedside_seal::Error) -> Self {
        match error {
            bedside_seal::Error::Io(error) => error.into(),
            bedside_seal::Error::Damaged(damage) => Self::Damaged(damage),
            error @ (bedside_seal::Error::Length(_)
            | bedside_seal::Error::Full
            | bedside_seal::Error::Chance) => Self::Away(error.to_string()),
        }
    }
}

impl From<Unwrap> for VaultError {
    fn from(error: Unwrap) -> Self {
        match error {
            Unwrap::UnknownKey(id) => Self::UnknownKey(id),
            Unwrap::Damaged => Self::BadKey,
        }
    }
}

/// An error with its causes.
fn said(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !said.contains(&more) {
            said.push_str(": ");
            said.push_str(&more);
        }
        cause = error.source();
    }
    said
}
