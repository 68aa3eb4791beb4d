//! Bringing sealed files to the server.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use bedside_protocol::{ids::RecordingId, recorder::SpooledFile};
use bedside_recorder::spool;
use bytes::BytesMut;
use futures_util::stream;
use reqwest::{Body, Certificate, Client, StatusCode, header};
use tokio::{fs::File, io::AsyncReadExt as _};

use super::{Failure, token::TokenSource};

/// How long the server is left alone after it has not taken a file, and the most that this grows to.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How long a connection may take, and a server that takes and says nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// A file is read in pieces of this size.
const PIECE: usize = 64 * 1024;

/// Brings files to a server.
#[derive(Clone)]
pub(super) struct Deliverer {
    client: Client,
    files: String,
    tokens: TokenSource,
    spool: PathBuf,
}

/// Why a file was not taken.
enum NotTaken {
    /// Nobody wants it any more.
    Unwanted,
    /// For a reason that may pass.
    ForNow(String),
}

impl Deliverer {
    pub(super) fn new(
        server: &str,
        roots: &[PathBuf],
        tokens: TokenSource,
        spool: PathBuf,
    ) -> Result<Self, Failure> {
        let mut client = Client::builder().connect_timeout(PATIENCE).read_timeout(PATIENCE);
        for root in roots {
            let pem = std::fs::read(root)
                .map_err(|error| Failure::new(format!("--ca: cannot read {}: {error}", root.display())))?;
            for certificate in Certificate::from_pem_bundle(&pem)? {
                client = client.add_root_certificate(certificate);
            }
        }
        // The socket's address is the server's, whichever way it is written.
        let base = server.trim_end_matches('/');
        let base = match base.split_once("://") {
            Some(("ws", rest)) => format!("http://{rest}"),
            Some(("wss", rest)) => format!("https://{rest}"),
            Some(("http" | "https", _)) => base.to_owned(),
            Some(_) | None => return Err(Failure::new("--server wants a URL, as in https://clinic.example")),
        };
        let files = format!("{base}/api/v1/recorder/recordings");
        Ok(Self { client: client.build()?, files, tokens, spool })
    }

    /// Bring all files of a recording, as often as it takes.
    pub(super) async fn bring(&self, id: &RecordingId, files: &[SpooledFile]) {
        for file in files {
            let mut pause = FIRST_PAUSE;
            loop {
                match self.put(id, file).await {
                    Ok(()) => break,
                    Err(NotTaken::Unwanted) => {
                        tracing::info!(recording.id = %id, "the server does not want a recording any more");
                        return;
                    }
                    Err(NotTaken::ForNow(why)) => {
                        tracing::warn!(recording.id = %id, file = file.file, why, "the server has not taken a file yet");
                    }
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// What the server has need not lie here.
    pub(super) async fn clear(&self, id: &RecordingId, files: Vec<SpooledFile>) {
        let folder = self.folder(id);
        match tokio::task::spawn_blocking(move || spool::clear(&folder, &files)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what was brought could not be deleted from the spool"),
            Err(error) => tracing::error!(%error, "emptying the spool came to a bad end"),
        }
    }

    async fn put(&self, id: &RecordingId, file: &SpooledFile) -> Result<(), NotTaken> {
        let token = self.tokens.read().await.map_err(NotTaken::ForNow)?;
        let body = read(&self.folder(id).join(&file.file)).await;
        let body = body.map_err(|error| NotTaken::ForNow(format!("it cannot be read: {error}")))?;
        let sent = self
            .client
            .put(format!("{}/{id}/files/{}", self.files, file.file))
            .bearer_auth(token)
            .header(header::CONTENT_LENGTH, file.bytes)
            .header("X-Content-SHA256", &file.sha256)
            .body(body)
            .send()
            .await;
        match sent.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(StatusCode::NOT_FOUND) => Err(NotTaken::Unwanted),
            Ok(StatusCode::UNAUTHORIZED) => Err(NotTaken::ForNow("a new token is needed".to_owned())),
            Ok(status) => Err(NotTaken::ForNow(format!("it answers {status}"))),
            // Its causes say what happened; the address of the server stands in the configuration.
            Err(error) => Err(NotTaken::ForNow(chain(&error.without_url()))),
        }
    }

    fn folder(&self, id: &RecordingId) -> PathBuf {
        self.spool.join(id.as_str())
    }
}

/// A file as a body that is read while it is sent.
async fn read(path: &Path) -> std::io::Result<Body> {
    let file = File::open(path).await?;
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
    });
    Ok(Body::wrap_stream(pieces))
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
