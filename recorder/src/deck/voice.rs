//! How the deck speaks: through the newest connection there is.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use bedside_protocol::{Ask, Refusal, webrtc::Negotiated};
use tokio::sync::mpsc;

use crate::signals::{Answer, Said};

/// Speaks for every recording. Cloning it gives the same voice.
#[derive(Debug, Clone, Default)]
pub(super) struct Voice {
    say: Arc<Mutex<Option<mpsc::Sender<Said>>>>,
}

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("there is no connection to the server")]
    Lost,
    #[error("refused: {0}")]
    Refused(Refusal),
    #[error("not to be read or written: {0}")]
    Garbled(#[from] serde_json::Error),
}

impl Voice {
    pub(super) fn connect(&self, say: mpsc::Sender<Said>) {
        *self.say.lock().unwrap_or_else(PoisonError::into_inner) = Some(say);
    }

    pub(super) fn disconnect(&self) {
        *self.say.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn put(&self, said: Said) -> Result<(), Unanswered> {
        let say = self.say.lock().unwrap_or_else(PoisonError::into_inner).clone();
        say.ok_or(Unanswered::Lost)?.try_send(said).map_err(|_full_or_gone| Unanswered::Lost)
    }

    /// Say something whose answer does not matter.
    pub(super) fn say<E: Ask>(&self, event: &E) {
        let said = Said::only(event).map_err(Unanswered::from).and_then(|said| self.put(said));
        if let Err(error) = said {
            tracing::debug!(event = E::NAME, %error, "the server does not hear something");
        }
    }

    /// Say something at once, and get hold of its answer.
    pub(super) fn begin_ask<E: Ask>(&self, event: &E) -> Result<Answer, Unanswered> {
        let (said, answer) = Said::ask(event)?;
        self.put(said)?;
        Ok(answer)
    }

    /// Say something, and wait for the answer.
    pub(super) async fn ask<E: Ask>(&self, event: &E) -> Result<E::Answer, Unanswered> {
        read::<E>(self.begin_ask(event)?).await
    }
}

/// Wait for an answer, and read it.
pub(super) async fn read<E: Ask>(answer: Answer) -> Result<E::Answer, Unanswered> {
    let text = answer.await.map_err(|_gone| Unanswered::Lost)?.map_err(Unanswered::Refused)?;
    Ok(serde_json::from_str(&text)?)
}

/// The number of an offer, on its way.
pub(super) type Number = Pin<Box<dyn Future<Output = Result<Negotiated, Unanswered>> + Send>>;
