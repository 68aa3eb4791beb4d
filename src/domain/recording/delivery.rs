//! Files that recorders bring which live in processes of their own.

use std::path::{Path, PathBuf};

use bedside_protocol::{
    Code, Refusal,
    ids::{MessageId, RecordingId},
    session::Role,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    domain::Clinic,
    error::{Error, Result},
    model::actor::Actor,
};

/// Files that come in at once: as many as a disk takes well.
const AT_ONCE: usize = 8;
/// When to try again where there are as many, or where the storage is away, in milliseconds.
const TRY_AGAIN_MS: u64 = 2_000;
/// Sound, and what sealing and the container add, beside the pictures of a recording.
const BESIDE_KBPS: u64 = 1_000;
/// The longest name of a sealed file: two numbers and a word.
const MAX_NAME: usize = 64;

/// What recorders bring, of all recordings.
pub(crate) struct Deliveries(Semaphore);

impl Default for Deliveries {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

/// A sealed file that a recorder is about to bring.
pub struct Delivery<'a> {
    id: RecordingId,
    file: String,
    path: PathBuf,
    _place: SemaphorePermit<'a>,
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a file that a recorder brought could not be deleted on its way");
        }
    }
}

impl Delivery<'_> {
    /// Where it is to be written first.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Clinic {
    /// Whether a recorder may bring this file, and where to.
    pub async fn expect_delivery(
        &self,
        actor: &Actor,
        id: &RecordingId,
        file: &str,
        bytes: u64,
    ) -> Result<Delivery<'_>> {
        if actor.role != Role::Recorder {
            return Err(Code::Forbidden.into());
        }
        if !is_name(file) {
            return Err(Refusal::malformed("file", "no name of a sealed file").into());
        }
        if bytes > self.largest_delivery() {
            return Err(Code::TooLarge.into());
        }
        let wanted = self.store.recording(id).await?;
        let wanted = wanted.filter(|stored| stored.deleted_at.is_none() && stored.key.is_some());
        if wanted.is_none() {
            return Err(Code::NotFound.into());
        }
        let place = self.deliveries.0.try_acquire().map_err(|_all_taken| {
            Refusal::new(Code::Overloaded, "as many files come in as may at once")
                .retry_after_ms(TRY_AGAIN_MS)
        })?;
        self.vault.make_sure_of_room(bytes)?;
        // An id is a name that nothing else has.
        let path = self.vault.incoming().join(MessageId::new().as_str());
        Ok(Delivery { id: id.clone(), file: file.to_owned(), path, _place: place })
    }

    /// Keep a file that has come in whole. Doing it again is the same as doing it once.
    pub async fn keep_delivery(&self, delivery: Delivery<'_>) -> Result<()> {
        let Delivery { id, file, path, .. } = &delivery;
        let Err(error) = self.vault.put(id.as_str(), file, path).await else { return Ok(()) };
        tracing::warn!(recording.id = %id, %error, "a recording could not be put away yet");
        self.storage_failed(id).await?;
        Err(Error::from(error))
    }

    /// As much as one participant may send in the longest recording, and some.
    fn largest_delivery(&self) -> u64 {
        let kbps = self.recording.max_kbps + BESIDE_KBPS;
        self.recording.max_minutes.saturating_mul(60).saturating_mul(kbps).saturating_mul(1_000 / 8)
    }
}

/// Whether a recorder would call a sealed file so.
pub(super) fn is_name(file: &str) -> bool {
    let stem = file.strip_suffix(".sealed").unwrap_or_default();
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    !stem.is_empty() && file.len() <= MAX_NAME && stem.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_file_is_called_as_recorders_call_it() {
        for name in ["0-0-0.sealed", "12-3-45.sealed", "manifest-rescued.sealed"] {
            assert!(is_name(name), "{name}");
        }
        for name in
            ["", ".sealed", "../0-0-0.sealed", "0-0-0.card", "0/0.sealed", "0-0-0.sealed.sealed", "A.sealed"]
        {
            assert!(!is_name(name), "{name}");
        }
    }
}
