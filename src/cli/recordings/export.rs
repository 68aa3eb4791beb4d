//! Writing the files of a recording, opened.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use bedside_protocol::{ids::RecordingId, recording::ConsentGiven};
use bedside_seal::DataKey;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use super::{Archive, compose::Ffmpeg};
use crate::{
    cli::{Failure, output::say, progress::Progress},
    store::{Recording, RecordingFile},
};

/// A manifest of eight people with a thousand parts each is far below.
const MAX_PAPER_BYTES: u64 = 16 * 1024 * 1024;

/// A file that is not whole yet lies under another name, and goes if it does not become so.
pub(super) struct Half {
    half: PathBuf,
    whole: PathBuf,
}

impl Half {
    /// An empty file for its owner alone, that will have this name.
    pub(super) fn create(folder: &Path, name: &str) -> Result<(Self, fs::File), Failure> {
        let (half, whole) = (folder.join(format!(".{name}.part")), folder.join(name));
        if fs::symlink_metadata(&whole).is_ok() {
            return Err(Failure::new(format!(
                "{} is there already; nothing is overwritten",
                whole.display()
            )));
        }
        // Of a run that was killed.
        match fs::remove_file(&half) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
        Ok((Self { half, whole }, file))
    }

    /// Where it lies for now.
    pub(super) fn path(&self) -> &Path {
        &self.half
    }

    /// It is whole.
    pub(super) fn keep(self, file: &fs::File) -> Result<PathBuf, Failure> {
        file.sync_all()?;
        fs::rename(&self.half, &self.whole)?;
        Ok(self.whole.clone())
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // It is gone where it was kept, and there is nobody to tell where it cannot be deleted.
        let _gone = fs::remove_file(&self.half);
    }
}

impl Archive {
    pub(super) async fn export(
        &self,
        id: &RecordingId,
        folder: &Path,
        compose: bool,
    ) -> Result<ExitCode, Failure> {
        let recording = self.find(id).await?;
        let files = self.store.recording_files(id).await?;
        if files.is_empty() {
            return Err(Failure::new(format!("nothing was put away of {id} yet")));
        }
        // Said before anything is written.
        let ffmpeg = compose.then(Ffmpeg::find).transpose()?;
        let key = self.open_key(&recording)?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Of what nobody plays the length is not known, and it is little.
        let progress = Progress::new(files.iter().map(|file| file.plain_bytes).sum(), "bytes");
        for file in &files {
            let path = if file.playable {
                self.write(&recording, file, &key, folder, &progress).await?
            } else {
                self.write_paper(&recording, file, &key, folder).await?
            };
            say(path.display())?;
        }
        progress.finish();
        if let Some(ffmpeg) = ffmpeg {
            let media: Vec<&RecordingFile> = files.iter().filter(|file| file.playable).collect();
            say(ffmpeg.compose(folder, &media).await?.display())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn write(
        &self,
        recording: &Recording,
        file: &RecordingFile,
        key: &DataKey,
        folder: &Path,
        progress: &Progress,
    ) -> Result<PathBuf, Failure> {
        let playing = self.vault.play(recording.id.as_str(), &file.file, key).await?;
        let (half, mut to) = Half::create(folder, &name(file))?;
        let len = playing.len();
        let mut pieces = Box::pin(playing.read(0..len));
        while let Some(piece) = pieces.try_next().await? {
            // Nothing else waits for this thread.
            to.write_all(&piece)?;
            progress.advance(piece.len() as u64);
        }
        half.keep(&to)
    }

    /// A manifest, with everybody's decisions as they are now: what was taken back since it was sealed stands in the database
    /// alone.
    async fn write_paper(
        &self,
        recording: &Recording,
        file: &RecordingFile,
        key: &DataKey,
        folder: &Path,
    ) -> Result<PathBuf, Failure> {
        let playing = self.vault.play(recording.id.as_str(), &file.file, key).await?;
        let len = playing.len();
        if len > MAX_PAPER_BYTES {
            return Err(Failure::new(format!("{} is no manifest: it has {len} bytes", file.file)));
        }
        let mut bytes = Vec::new();
        let mut pieces = Box::pin(playing.read(0..len));
        while let Some(piece) = pieces.try_next().await? {
            bytes.extend_from_slice(&piece);
        }
        let no_manifest = |error| Failure::new(format!("{} is no manifest: {error}", file.file));
        let mut manifest: serde_json::Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(no_manifest)?;
        let consents = self.store.recording_consents(&recording.id).await?;
        let consents: Vec<ConsentGiven> = consents.into_iter().map(Into::into).collect();
        manifest.insert("consents".to_owned(), json!(consents));
        let (half, mut to) = Half::create(folder, &name(file))?;
        serde_json::to_writer_pretty(&mut to, &manifest).map_err(io::Error::from)?;
        to.write_all(b"\n")?;
        half.keep(&to)
    }
}

/// What a file is called when it lies open: which leg and part, whose role it was, and what it is. Nobody's name.
pub(super) fn name(file: &RecordingFile) -> String {
    let stem = file.file.strip_suffix(".sealed").unwrap_or(&file.file);
    let ending = match file.content_type.as_str() {
        "application/json" => "json",
        "video/x-matroska" => "mkv",
        _ => "webm",
    };
    match file.role {
        Some(role) => format!("{stem}-{}.{ending}", role.as_str()),
        None => format!("{stem}.{ending}"),
    }
}
