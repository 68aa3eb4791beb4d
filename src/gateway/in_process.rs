//! The recorder in this process: a session like any other recorder's, with channels in place of a socket. What it has
//! finished goes from its spool into the vault before the clinic hears of it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bedside_protocol::{
    Ask as _, Refusal,
    ids::{RecordingId, UserId},
    recorder::{RecorderFinished, SpooledFile},
    session::{Role, SessionClosing},
    webrtc::LeaveReason,
};
use bedside_recorder::{
    signals::{Heard, Said, Signals},
    spool::clear,
};
use chrono::TimeDelta;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::{
    auth::Identity,
    domain::{Clinic, session::Arrival},
    gateway::{answer::Answer, conversation},
    hub::{Encoded, Link, LinkFull, Offset, Session},
    vault::VaultError,
};

/// How long the vault is left alone after it has failed, and the most that this grows to.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long the end of the server waits for files that are being put away.
const LAST_PATIENCE: Duration = Duration::from_secs(10);
/// What the recorder of this process is called where ids stand.
const CALLED: &str = "recorder";

/// The server's end of the recorder's connection.
pub struct InProcess {
    clinic: Arc<Clinic>,
    spool: PathBuf,
    said: mpsc::Receiver<Said>,
    hear: mpsc::Sender<Heard>,
}

/// Where an answer goes, as the recorder waits for it.
type Waits = Option<oneshot::Sender<Result<String, Refusal>>>;

impl InProcess {
    /// A connection: the recorder's end, and the server's.
    pub fn new(clinic: Arc<Clinic>, spool: PathBuf) -> (Signals, Self) {
        let (signals, said, hear) = Signals::pair();
        (signals, Self { clinic, spool, said, hear })
    }

    /// Be the recorder's session until it has gone.
    pub async fn serve(mut self) {
        let Ok(user_id) = UserId::parse(CALLED) else { return };
        let expires_at = self.clinic.clock.now() + TimeDelta::days(1);
        let identity = Identity {
            user_id,
            name: None,
            role: Role::Recorder,
            consultation: None,
            login: None,
            expires_at,
        };
        let arrival = Arrival { identity, instance_id: None, resume: None };
        let session = match self.clinic.arrive(arrival).await {
            Ok(session) => session,
            Err(error) => return tracing::error!(?error, "the recorder of this process was not let in"),
        };
        session.attach(Arc::new(ChannelLink(self.hear.clone())));
        let putting_away = TaskTracker::new();
        while let Some(Said { event, data, answer }) = self.said.recv().await {
            if event == RecorderFinished::NAME {
                // The others' signals do not wait for a store that is slow.
                let (clinic, session) = (Arc::clone(&self.clinic), Arc::clone(&session));
                let spool = self.spool.clone();
                putting_away.spawn(async move { finish(&clinic, &session, &spool, &data, answer).await });
            } else {
                pass_on(&self.clinic, &session, event, &data, answer).await;
            }
        }
        self.clinic.finish(&session, LeaveReason::TimedOut);
        putting_away.close();
        if tokio::time::timeout(LAST_PATIENCE, putting_away.wait()).await.is_err() {
            tracing::warn!(
                "not all that was recorded could be put away; it lies in the spool, and is at the next start"
            );
        }
    }
}

async fn pass_on(clinic: &Clinic, session: &Arc<Session>, event: &str, data: &str, waits: Waits) {
    let handled = conversation::handle(clinic, session, event, data).await;
    let answer = match &handled.answer {
        Answer::Done(json) => Ok(json.to_string()),
        Answer::Refused(refusal) => Err(refusal.clone()),
    };
    if let Some(waits) = waits
        && waits.send(answer).is_err()
    {
        tracing::debug!(event, "nobody waits for an answer any more");
    }
}

/// Put the files of a recording away, as often as it takes; then the clinic hears of it, and the spool is emptied.
async fn finish(clinic: &Clinic, session: &Arc<Session>, spool: &Path, data: &str, waits: Waits) {
    if let Ok(RecorderFinished { recording_id, files, .. }) = serde_json::from_str(data) {
        let folder = spool.join(recording_id.as_str());
        let mut pause = FIRST_PAUSE;
        while let Err(error) = put_away(clinic, &recording_id, &folder, &files).await {
            tracing::warn!(recording.id = %recording_id, %error, "a recording could not be put away yet");
            if let Err(error) = clinic.storage_failed(&recording_id).await {
                tracing::warn!(recording.id = %recording_id, %error, "that could not be told either");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let handled = conversation::handle(clinic, session, RecorderFinished::NAME, data).await;
        let answer = match &handled.answer {
            Answer::Done(json) => {
                empty(folder, files).await;
                Ok(json.to_string())
            }
            Answer::Refused(refusal) => Err(refusal.clone()),
        };
        drop(handled);
        if let Some(waits) = waits
            && waits.send(answer).is_err()
        {
            tracing::debug!("the recorder has gone before it heard that its files were put away");
        }
    } else {
        pass_on(clinic, session, RecorderFinished::NAME, data, waits).await;
    }
}

async fn put_away(
    clinic: &Clinic,
    id: &RecordingId,
    folder: &Path,
    files: &[SpooledFile],
) -> Result<(), VaultError> {
    for file in files {
        clinic.vault.put(id.as_str(), &file.file, &folder.join(&file.file)).await?;
    }
    Ok(())
}

/// What is in the vault need not lie here.
async fn empty(folder: PathBuf, files: Vec<SpooledFile>) {
    let emptied = tokio::task::spawn_blocking(move || clear(&folder, &files)).await;
    match emptied {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what was put away could not be deleted from the spool"),
        Err(error) => tracing::error!(%error, "emptying the spool came to a bad end"),
    }
}

/// The way to the recorder: what it is told waits in a channel.
struct ChannelLink(mpsc::Sender<Heard>);

impl Link for ChannelLink {
    fn send(&self, event: &Encoded, _: Option<Offset>) -> Result<(), LinkFull> {
        let heard = Heard { event: event.name.to_owned(), data: event.data.to_string() };
        match self.0.try_send(heard) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(LinkFull),
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    // It ends with the channel, and hears of no reasons.
    fn shut(&self, _: u16, _: &str) {}

    fn end(&self, _: &SessionClosing) {}
}
