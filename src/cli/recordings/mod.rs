//! `bedside recordings`: what was recorded. Works on the database and the storage beside a server that runs.

mod compose;
mod delete;
mod export;
mod verify;

use std::{path::PathBuf, process::ExitCode};

use bedside_protocol::ids::{RecordingId, RoomId};
use bedside_seal::DataKey;
use clap::{Args, Subcommand};

use super::{
    Failure,
    migrate::database,
    output::{block_on, say},
    settings::Settings,
};
use crate::{
    data::DataFolder,
    domain::recording::key,
    store::{Recording, Store},
    vault::Vault,
};

/// Show, judge, export and delete recordings.
#[derive(Args)]
#[command(after_help = "Examples:\n  bedside recordings list\n  bedside recordings verify\n  \
    bedside recordings export 01J… --to visit --compose\n\n\
    A server that runs on the same database may go on running. Use the server's configuration (--config).")]
pub(super) struct Recordings {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Show the recordings that there are.
    List(List),
    /// Read every byte that is kept, and name the first place of each file that is not as it was written.
    Verify(Verify),
    /// Write the files of a recording, opened, into a folder.
    Export(Export),
    /// Delete a recording for good: its key, without which its files are noise, and its files.
    Delete(Delete),
}

#[derive(Args)]
struct List {
    /// Only those of this consultation.
    #[arg(long, value_name = "ID", value_parser = RoomId::parse)]
    consultation: Option<RoomId>,
}

#[derive(Args)]
#[command(
    after_help = "Exit code: 0 if everything is sound, 3 if something is damaged or missing, 1 if it could not be judged."
)]
struct Verify {
    /// The recordings; all, if none is named.
    #[arg(value_name = "ID", value_parser = RecordingId::parse)]
    ids: Vec<RecordingId>,
}

#[derive(Args)]
#[command(after_help = "The files lie open then, readable for you alone: keep them as such.")]
struct Export {
    /// The recording.
    #[arg(value_name = "ID", value_parser = RecordingId::parse)]
    id: RecordingId,
    /// The folder. It is made, if it is not there; nothing in it is overwritten.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Make one film of it besides, with everybody side by side. Needs ffmpeg.
    #[arg(long)]
    compose: bool,
}

#[derive(Args)]
struct Delete {
    /// The recording.
    #[arg(value_name = "ID", value_parser = RecordingId::parse)]
    id: RecordingId,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Where recordings are kept.
struct Archive {
    store: Store,
    vault: Vault,
}

impl Recordings {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let config = settings.read()?;
        let data = DataFolder::open(&config.data.dir)?;
        let database = database(&config)?;
        let vault = Vault::open(&config.storage, &data)?;
        block_on(async {
            let archive = Archive { store: Store::open(&database, |_rows| ()).await?, vault };
            let done = match self.act {
                Act::List(list) => archive.list(list.consultation.as_ref()).await,
                Act::Verify(verify) => archive.verify(&verify.ids).await,
                Act::Export(export) => archive.export(&export.id, &export.to, export.compose).await,
                Act::Delete(delete) => archive.delete(&delete.id, delete.yes).await,
            };
            archive.store.close().await;
            done
        })
    }
}

impl Archive {
    async fn list(&self, consultation: Option<&RoomId>) -> Result<ExitCode, Failure> {
        say(format_args!(
            "{:<36} {:<20} {:>8} {:>5} {:>12}  state",
            "recording", "begun", "length", "files", "bytes"
        ))?;
        let mut after = None;
        loop {
            let page = self.store.kept_recordings(after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
            after = Some(last.id.clone());
            for recording in page {
                if consultation.is_none_or(|room| *room == recording.room) {
                    self.show(&recording).await?;
                }
            }
        }
    }

    async fn show(&self, recording: &Recording) -> Result<(), Failure> {
        let files = self.store.recording_files(&recording.id).await?;
        let begun = recording.started_at.unwrap_or(recording.requested_at).format("%Y-%m-%dT%H:%M:%SZ");
        let seconds = recording.duration_ms / 1_000;
        let length = format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let bytes: u64 = files.iter().map(|file| file.sealed_bytes).sum();
        let state = serde_json::to_value(recording.state)?;
        let state = state.as_str().unwrap_or_default();
        say(format_args!(
            "{:<36} {begun:<20} {length:>8} {:>5} {bytes:>12}  {state}",
            recording.id,
            files.len()
        ))
    }

    /// A recording that was not deleted.
    async fn find(&self, id: &RecordingId) -> Result<Recording, Failure> {
        let stored = self.store.recording(id).await?.filter(|stored| stored.deleted_at.is_none());
        stored.ok_or_else(|| Failure::new(format!("there is no recording {id}")))
    }

    fn open_key(&self, recording: &Recording) -> Result<DataKey, Failure> {
        let stored = recording.key.as_ref();
        let key =
            stored.ok_or_else(|| Failure::new(format!("nothing was recorded of {} yet", recording.id)))?;
        Ok(key::open(&self.vault, &recording.id, key)?)
    }
}
