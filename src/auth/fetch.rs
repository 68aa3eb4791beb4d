//! Brings the identity provider's keys in and keeps them fresh, in a task of its own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Verifier,
    key_set::{BadKeySet, KeySet, MAX_DOCUMENT_BYTES},
};
use crate::config::KeySetUrl;

/// How old keys get before they are fetched again.
const REFRESH: Duration = Duration::from_mins(10);
/// The least time between two fetches, however many tokens name keys that nobody knows.
const MIN_PAUSE: Duration = Duration::from_secs(30);
/// How soon a fetch that failed is tried again, while there are no keys at all.
const RETRY: Duration = Duration::from_secs(2);
/// How long a fetch may take, connection and body together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the keys are.
pub(super) enum Source {
    File(PathBuf),
    Url(KeySetUrl),
}

/// The keys could not be brought in.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// The file cannot be read.
    #[error("cannot read the key set {path}: {reason}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file holds no usable keys.
    #[error("the key set {path} cannot be used: {reason}", path = path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: BadKeySet,
    },
    /// What the URL answered holds no usable keys.
    #[error("the key set at the configured URL cannot be used: {0}")]
    BadAnswer(#[from] BadKeySet),
    /// The URL cannot be fetched.
    #[error("the key set cannot be fetched: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The fetch took too long.
    #[error("the key set cannot be fetched: no answer within {} s", FETCH_TIMEOUT.as_secs())]
    TimedOut,
}

pub(super) fn read_file(path: &Path) -> Result<KeySet, KeySetError> {
    let document =
        std::fs::read(path).map_err(|reason| KeySetError::Unreadable { path: path.to_owned(), reason })?;
    KeySet::parse(&document).map_err(|reason| KeySetError::BadFile { path: path.to_owned(), reason })
}

impl Verifier {
    /// Read a key set file again (on SIGHUP). What cannot be read leaves the old keys in place.
    pub fn reload_key_file(&self) -> Result<(), KeySetError> {
        if let Some(Source::File(path)) = &self.source {
            let keys = read_file(path)?;
            tracing::info!(keys = keys.len(), "read the identity provider's keys again");
            self.key_set.store(Some(Arc::new(keys)));
        }
        Ok(())
    }

    /// Fetch the keys from their URL, again when they are old or one is missing, until `stop`. Returns at once where
    /// no URL is configured.
    pub async fn keep_fresh(self: Arc<Self>, stop: CancellationToken) {
        let Some(Source::Url(url)) = &self.source else { return };
        let client = match client() {
            Ok(client) => client,
            Err(error) => return tracing::error!(%error, "the identity provider's keys cannot be fetched"),
        };
        let mut next = Instant::now();
        let mut earliest = next;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(next) => {}
                () = self.missed.notified() => sleep_until(earliest).await,
            }
            let fetched =
                timeout(FETCH_TIMEOUT, fetch(&client, url)).await.unwrap_or(Err(KeySetError::TimedOut));
            match fetched {
                Ok(keys) => {
                    tracing::debug!(keys = keys.len(), "fetched the identity provider's keys");
                    self.key_set.store(Some(Arc::new(keys)));
                }
                Err(error) => tracing::warn!(%error, "the identity provider's keys were not fetched"),
            }
            let now = Instant::now();
            earliest = now + MIN_PAUSE;
            next = now + if self.key_set.load().is_some() { REFRESH } else { RETRY };
        }
    }

    /// Whether tokens of the identity provider can be checked now.
    pub fn has_keys(&self) -> bool {
        self.source.is_none() || self.key_set.load().is_some()
    }
}

/// Follows no redirect: the keys come from where the operator said and from nowhere else.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    crate::tls::use_ring();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(FETCH_TIMEOUT)
        .build()
}

async fn fetch(client: &reqwest::Client, url: &KeySetUrl) -> Result<KeySet, KeySetError> {
    let mut answer = client.get(url.url().clone()).send().await?.error_for_status()?;
    let mut document = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if document.len() + chunk.len() > MAX_DOCUMENT_BYTES {
            return Err(BadKeySet::TooLarge.into());
        }
        document.extend_from_slice(&chunk);
    }
    Ok(KeySet::parse(&document)?)
}
