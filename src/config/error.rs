//! Why a configuration is refused: always one line that a person can act on.

use std::path::PathBuf;

use super::layers::Origin;

impl ConfigError {
    /// The same, where the key stands in one of several tables of this name, counted from 1.
    pub(super) fn of_table(self, name: &str, number: usize) -> Self {
        match self {
            Self::BadValue { key, origin, reason } => {
                let key = key.replacen(name, &format!("{name}[{number}]"), 1);
                Self::BadValue { key, origin, reason }
            }
            other @ (Self::Unreadable { .. } | Self::NotToml { .. } | Self::UnknownKey { .. }) => other,
        }
    }
}

/// A configuration that Bedside does not start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {reason}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is no TOML.
    #[error("the configuration file {path} is not valid TOML: line {line}: {reason}", path = path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where reading stopped, from 1.
        line: usize,
        /// What the parser expected.
        reason: String,
    },
    /// No such key.
    #[error("unknown key {key} ({origin}){hint}")]
    UnknownKey {
        /// The key as it was written.
        key: String,
        /// Where it was written.
        origin: Origin,
        /// The nearest key, if one is near.
        hint: String,
    },
    /// The key is known, its value is not usable. The value itself is never repeated: it may be a secret.
    #[error("{key} ({origin}): {reason}")]
    BadValue {
        /// The key.
        key: String,
        /// Where its value was written.
        origin: Origin,
        /// What is wanted instead.
        reason: String,
    },
}
