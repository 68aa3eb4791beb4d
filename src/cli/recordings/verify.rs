//! Judging every byte of what is kept.

use std::{cell::Cell, io, process::ExitCode, sync::Arc};

use bedside_protocol::ids::RecordingId;
use bedside_seal::{Damage, DataKey, Error, Label, ReadAt, verify};

use super::Archive;
use crate::{
    cli::{Failure, output::say, progress::Progress},
    store::{Recording, RecordingFile},
    vault::{Source, VaultError},
};

/// What is said to whoever looks at the exit code alone.
const DAMAGED: u8 = 3;

/// A file that is read, as far as it was read.
struct Counted {
    source: Source,
    progress: Arc<Progress>,
    seen: Cell<u64>,
}

impl ReadAt for Counted {
    fn len(&self) -> io::Result<u64> {
        self.source.len()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.source.read_exact_at(buffer, offset)?;
        let (seen, now) = (self.seen.get(), offset.saturating_add(buffer.len() as u64));
        // The end is looked at first, and again when its turn comes.
        if now > seen && offset <= seen {
            self.progress.advance(now - seen);
            self.seen.set(now);
        }
        Ok(())
    }
}

/// What became of a file.
enum Verdict {
    Sound,
    Damaged(Damage),
    Missing,
}

impl Archive {
    pub(super) async fn verify(&self, ids: &[RecordingId]) -> Result<ExitCode, Failure> {
        let recordings = self.chosen(ids).await?;
        let mut files = Vec::new();
        for recording in &recordings {
            files.extend(
                self.store.recording_files(&recording.id).await?.into_iter().map(|it| (recording, it)),
            );
        }
        let progress =
            Arc::new(Progress::new(files.iter().map(|(_, file)| file.sealed_bytes).sum(), "bytes"));
        let (mut damaged, count) = (0_u64, files.len());
        for (recording, file) in files {
            let key = self.open_key(recording)?;
            let what = match self.judge(recording, &file, key, Arc::clone(&progress)).await? {
                Verdict::Sound => continue,
                Verdict::Damaged(damage) => damage.to_string(),
                Verdict::Missing => "it is not there".to_owned(),
            };
            damaged += 1;
            say(format_args!("{} {}: {what}", recording.id, file.file))?;
        }
        progress.finish();
        if damaged == 0 {
            say(format_args!("{count} files of {} recordings are as they were written", recordings.len()))?;
            return Ok(ExitCode::SUCCESS);
        }
        say(format_args!("{damaged} of {count} files of {} recordings are damaged", recordings.len()))?;
        Ok(ExitCode::from(DAMAGED))
    }

    /// The recordings of these ids, or all that have something to judge.
    async fn chosen(&self, ids: &[RecordingId]) -> Result<Vec<Recording>, Failure> {
        let mut recordings = Vec::new();
        for id in ids {
            recordings.push(self.find(id).await?);
        }
        let mut after = None;
        while ids.is_empty() {
            let page = self.store.kept_recordings(after.as_ref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            recordings.extend(page.into_iter().filter(|recording| recording.key.is_some()));
        }
        Ok(recordings)
    }

    async fn judge(
        &self,
        recording: &Recording,
        file: &RecordingFile,
        key: DataKey,
        progress: Arc<Progress>,
    ) -> Result<Verdict, Failure> {
        let source = match self.vault.source(recording.id.as_str(), &file.file).await {
            Ok(source) => source,
            Err(VaultError::Missing) => return Ok(Verdict::Missing),
            Err(error) => return Err(error.into()),
        };
        let label = Label::new(recording.id.as_str(), &file.file);
        let judged = tokio::task::spawn_blocking(move || {
            let source = Counted { source, progress, seen: Cell::new(0) };
            verify(&source, &key, &label)
        });
        match judged.await? {
            Ok(_) => Ok(Verdict::Sound),
            Err(Error::Damaged(damage)) => Ok(Verdict::Damaged(damage)),
            Err(error) => Err(Failure::new(format!("{} of {}: {error}", file.file, recording.id))),
        }
    }
}
