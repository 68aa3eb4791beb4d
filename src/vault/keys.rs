//! The key-encryption keys: where they come from, and how they are read again.

use std::{fs, path::PathBuf, sync::Arc};

use arc_swap::ArcSwap;
use bedside_seal::{DataKey, KeyEncryptionKey, KeyRing, Unwrap, Wrapped};
use zeroize::Zeroizing;

use super::VaultError;
use crate::{
    config::{Storage, StorageKey},
    data::DataFolder,
};

/// The keys of an installation.
pub struct Keys {
    ring: ArcSwap<KeyRing>,
    source: KeySource,
}

/// Where the keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// From the configuration itself.
    Configuration,
    /// From a file that the configuration names.
    File(PathBuf),
    /// From the file in the data folder that Bedside made.
    Generated(PathBuf),
}

impl Keys {
    /// The keys that are configured, or those of the data folder.
    pub fn open(settings: &Storage, data: &DataFolder) -> Result<Self, VaultError> {
        let (source, ring) = if settings.key.is_empty() {
            let source = match &settings.key_file {
                Some(path) => KeySource::File(path.clone()),
                None => KeySource::Generated(data.storage_keys()?),
            };
            let ring = source.read()?;
            (source, ring)
        } else {
            let lines: Vec<&str> = settings.key.iter().map(StorageKey::expose).collect();
            let text = Zeroizing::new(lines.join("\n"));
            (KeySource::Configuration, ring(&text, "storage.key")?)
        };
        Ok(Self { ring: ArcSwap::from_pointee(ring), source })
    }

    /// Where they come from.
    pub fn source(&self) -> &KeySource {
        &self.source
    }

    /// The keys as they were read last.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }

    /// Read the file of keys again, if they come from one.
    pub fn reload(&self) -> Result<(), VaultError> {
        if self.source != KeySource::Configuration {
            self.ring.store(Arc::new(self.source.read()?));
        }
        Ok(())
    }

    pub(super) fn wrap(&self, key: &DataKey, owner: &str) -> Result<Wrapped, VaultError> {
        Ok(self.ring.load().wrap(key, owner)?)
    }

    /// A key that is not known may have come since the file was read: another process rotates.
    pub(super) fn unwrap(&self, wrapped: &Wrapped, owner: &str) -> Result<DataKey, VaultError> {
        match self.ring.load().unwrap(wrapped, owner) {
            Err(Unwrap::UnknownKey(_)) => {
                self.reload()?;
                Ok(self.ring.load().unwrap(wrapped, owner)?)
            }
            outcome => Ok(outcome?),
        }
    }
}

impl KeySource {
    fn read(&self) -> Result<KeyRing, VaultError> {
        let (path, key) = match self {
            Self::File(path) => (path, "storage.key_file"),
            Self::Generated(path) => (path, "data.dir"),
            Self::Configuration => return Err(VaultError::Settings("the keys are in no file".to_owned())),
        };
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
            VaultError::Settings(format!("{key}: cannot read {}: {error}", path.display()))
        })?;
        ring(&text, &format!("{key}: {}", path.display()))
    }
}

/// Keys, one a line; what stands behind a `#` is a remark.
fn ring(text: &str, place: &str) -> Result<KeyRing, VaultError> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(lines) {
        if line.is_empty() {
            continue;
        }
        keys.push(KeyEncryptionKey::from_text(line).ok_or_else(|| {
            VaultError::Settings(format!(
                "{place}: line {number} is no key of 64 hexadecimal digits; make one with `openssl rand -hex 32`"
            ))
        })?);
    }
    let mut keys = keys.into_iter();
    let newest = keys.next().ok_or_else(|| VaultError::Settings(format!("{place}: there is no key")))?;
    Ok(KeyRing::new(newest, keys.collect()))
}
