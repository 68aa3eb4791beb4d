//! Sealed files in a folder or in an object store, and the keys that wrap theirs. The only user of `object_store`.
//!
//! A file belongs to an owner, such as an attachment or a recording, and is sealed under that owner's data key before it
//! comes here: the vault never sees plain bytes on a disk, and an owner whose wrapped key is gone is unreadable.

mod error;
mod keys;
mod open;
mod play;
mod source;
#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bedside_seal::{DataKey, Label, Wrapped};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{ObjectStore, buffered::BufWriter, path::Path as ObjectPath};
use tokio::io::AsyncWriteExt as _;

pub use self::{
    error::VaultError,
    keys::{KeySource, Keys},
    play::Playing,
    source::Source,
};
use crate::{config::Storage, data::DataFolder};

/// A file goes to the object store in pieces of this size: S3 takes 10,000 of them and none under 5 MiB, so that 80 GB fit.
const PIECE: usize = 8 << 20;
/// How long the object store may take for one request.
const PATIENCE: Duration = Duration::from_secs(30);
/// Where files lie while they come in.
const INCOMING: &str = "incoming";
/// Where files lie in the data folder, if nothing else is configured.
pub const FILES: &str = "files";

/// The vault. Clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    objects: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    keys: Keys,
    incoming: PathBuf,
    floor_bytes: u64,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Open what is configured. Nothing is asked of an object store yet.
    pub fn open(settings: &Storage, data: &DataFolder) -> Result<Self, VaultError> {
        let keys = Keys::open(settings, data)?;
        let (objects, prefix) = open::objects(settings, data)?;
        let incoming = data.folder(INCOMING)?;
        Ok(Self(Arc::new(Inner {
            objects,
            prefix,
            keys,
            incoming,
            floor_bytes: settings.disk_floor_mb.saturating_mul(1 << 20),
        })))
    }

    /// The keys that wrap.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// A key for a new owner, and how it is to be kept.
    pub fn new_key(&self, owner: &str) -> Result<(DataKey, Wrapped), VaultError> {
        let key = DataKey::random()?;
        let wrapped = self.0.keys.wrap(&key, owner)?;
        Ok((key, wrapped))
    }

    /// An owner's key.
    pub fn open_key(&self, owner: &str, wrapped: &Wrapped) -> Result<DataKey, VaultError> {
        self.0.keys.unwrap(wrapped, owner)
    }

    /// Wrap an owner's key with the newest key.
    pub fn wrap(&self, key: &DataKey, owner: &str) -> Result<Wrapped, VaultError> {
        self.0.keys.wrap(key, owner)
    }

    /// Where files lie while they come in. What is found there at a start was left by a process that died.
    pub fn incoming(&self) -> &Path {
        &self.0.incoming
    }

    /// Delete what came in only half. To be called before anything else comes in.
    pub fn clear_incoming(&self) {
        let Ok(entries) = fs::read_dir(&self.0.incoming) else { return };
        for entry in entries.flatten() {
            if let Err(error) = fs::remove_file(entry.path()) {
                tracing::warn!(%error, "a file that came in only half could not be deleted");
            }
        }
    }

    /// Refuse so many bytes if the disk would be left with less than it must have.
    pub fn make_sure_of_room(&self, bytes: u64) -> Result<(), VaultError> {
        let disk = rustix::fs::statvfs(&self.0.incoming).map_err(std::io::Error::from)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < self.0.floor_bytes.saturating_add(bytes) { Err(VaultError::Full) } else { Ok(()) }
    }

    /// Keep a sealed file. It stays where it is, too. Doing it again is the same as doing it once.
    pub async fn put(&self, owner: &str, file: &str, from: &Path) -> Result<(), VaultError> {
        let mut source = tokio::fs::File::open(from).await?;
        let objects = Arc::clone(&self.0.objects);
        let mut target = BufWriter::with_capacity(objects, self.path(owner, file), PIECE);
        match tokio::io::copy(&mut source, &mut target).await {
            Ok(_) => Ok(target.shutdown().await?),
            Err(error) => {
                // The pieces that are there already would stay, and cost, unseen.
                if let Err(error) = target.abort().await {
                    tracing::warn!(%error, "an upload that failed could not be taken back");
                }
                Err(error.into())
            }
        }
    }

    /// Open a sealed file for reading.
    pub async fn play(&self, owner: &str, file: &str, key: &DataKey) -> Result<Playing, VaultError> {
        let label = Label::new(owner, file);
        Playing::open(Arc::clone(&self.0.objects), self.path(owner, file), key, &label).await
    }

    /// A sealed file as it lies there, to be judged.
    pub async fn source(&self, owner: &str, file: &str) -> Result<Source, VaultError> {
        Source::open(Arc::clone(&self.0.objects), self.path(owner, file)).await
    }

    /// Delete all files of an owner. Doing it again is the same as doing it once.
    pub async fn delete(&self, owner: &str) -> Result<(), VaultError> {
        let folder = self.0.prefix.clone().join(owner);
        let found = self.0.objects.list(Some(&folder)).map_ok(|object| object.location).boxed();
        self.0.objects.delete_stream(found).try_for_each(|_gone| async { Ok(()) }).await?;
        Ok(())
    }

    fn path(&self, owner: &str, file: &str) -> ObjectPath {
        self.0.prefix.clone().join(owner).join(file)
    }
}
