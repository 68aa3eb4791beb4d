//! The spool: where recordings lie until they are put away, one folder each, every file of it sealed.
//!
//! `<leg>-<part>.sealed` are the parts, `<leg>.card` says who is on a leg and how far it was, `<leg>.wait` holds packets that wait
//! for a part, `manifest-<take>.sealed` says what there is. Everything here blocks: it belongs on a thread of its own.

mod card;
mod growing;
mod reel;
mod rescue;

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use bedside_protocol::{ids::RecordingId, recorder::SpooledFile, recording::ConsentGiven};
use bedside_seal::{DataKey, Label, Sealed, Writer};

pub use self::reel::{Reel, SpooledLeg};
use crate::manifest::Manifest;

/// Why the spool could not do something.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk.
    #[error("the spool: {0}")]
    Io(#[from] io::Error),
    /// A file cannot be sealed or opened.
    #[error("a sealed file: {0}")]
    Seal(#[from] bedside_seal::Error),
    /// What is to be sealed beside the parts cannot be written down.
    #[error("a paper of the recording: {0}")]
    Paper(#[from] serde_json::Error),
    /// An operation names a part that was never begun, or is at its end.
    #[error("part {part} of leg {leg} is not open")]
    NoPart {
        /// The leg.
        leg: String,
        /// The part.
        part: u32,
    },
    /// There is nothing of it.
    #[error("nothing of the recording is in the spool")]
    Nothing,
}

impl SpoolError {
    /// Whether there is no room left.
    pub fn is_full(&self) -> bool {
        let cause = match self {
            Self::Io(cause) | Self::Seal(bedside_seal::Error::Io(cause)) => cause,
            Self::Seal(_) | Self::Paper(_) | Self::NoPart { .. } | Self::Nothing => return false,
        };
        matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// A recording whose files are complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Its files, the manifest's own included.
    pub files: Vec<SpooledFile>,
    /// What is in them.
    pub manifest: Manifest,
}

/// The folder of all of them.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    /// Takes that are being written: a rescue leaves their files alone.
    live: Vec<(Weak<Shelf>, u32)>,
}

impl Spool {
    /// Open it, and make it where there is none. It is its owner's alone.
    pub fn open(dir: &Path) -> Result<Self, SpoolError> {
        make(dir)?;
        Ok(Self { dir: dir.to_owned(), live: Vec::new() })
    }

    /// Recordings of which something is here.
    pub fn unfinished(&self) -> Result<Vec<RecordingId>, SpoolError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| name.parse().ok()));
        }
        Ok(found)
    }

    /// How much room there is.
    pub fn free_bytes(&self) -> Result<u64, SpoolError> {
        let disk = rustix::fs::statvfs(&self.dir).map_err(io::Error::from)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Begin a recording, or another take of it.
    pub fn begin(
        &mut self,
        id: &RecordingId,
        key: DataKey,
        take: u32,
        started_at_ms: i64,
    ) -> Result<Reel, SpoolError> {
        let dir = self.folder(id);
        make(&dir)?;
        let shelf = Arc::new(Shelf { dir, id: id.to_string(), key });
        self.live.retain(|(shelf, _)| shelf.strong_count() > 0);
        self.live.push((Arc::downgrade(&shelf), take));
        Ok(Reel::new(shelf, take, started_at_ms))
    }

    /// Put in order what a recorder left behind that died. What is being written now is left alone.
    pub fn rescue(
        &self,
        id: &RecordingId,
        key: DataKey,
        consents: Vec<ConsentGiven>,
    ) -> Result<Finished, SpoolError> {
        let dir = self.folder(id);
        let of_it = |shelf: &Weak<Shelf>| shelf.upgrade().is_some_and(|shelf| shelf.dir == dir);
        let live: BTreeSet<u32> =
            self.live.iter().filter(|(shelf, _)| of_it(shelf)).map(|(_, take)| *take).collect();
        rescue::rescue(&Arc::new(Shelf { dir, id: id.to_string(), key }), &live, consents)
    }

    /// Delete everything of a recording.
    pub fn discard(&self, id: &RecordingId) -> Result<(), SpoolError> {
        match fs::remove_dir_all(self.folder(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Where the files of a recording are.
    pub fn folder(&self, id: &RecordingId) -> PathBuf {
        self.dir.join(id.to_string())
    }
}

/// Delete files of a recording that were put away elsewhere, and its folder where nothing else is in it: a later take of the
/// same recording may lie beside them. Doing it again is the same as doing it once.
pub fn clear(folder: &Path, files: &[SpooledFile]) -> io::Result<()> {
    for file in files {
        match fs::remove_file(folder.join(&file.file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
            Err(error)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn make(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// The folder of one recording, and its key.
#[derive(Debug)]
struct Shelf {
    dir: PathBuf,
    id: String,
    key: DataKey,
}

impl Shelf {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// What a file is sealed for: this recording and its name.
    fn label(&self, name: &str) -> Label {
        Label::new(&self.id, name)
    }

    fn create(&self, name: &str, header: Option<&[u8]>) -> Result<Writer, SpoolError> {
        Ok(Writer::create(&self.path(name), &self.key, &self.label(name), header)?)
    }

    /// Seal the manifest as one more file.
    fn seal_manifest(
        &self,
        name: &str,
        manifest: Manifest,
        mut files: Vec<SpooledFile>,
    ) -> Result<Finished, SpoolError> {
        let mut paper = self.create(name, None)?;
        for chunk in serde_json::to_vec(&manifest)?.chunks(PAPER_CHUNK_BYTES) {
            paper.append(chunk)?;
        }
        files.push(spooled(name, &paper.finish()?));
        Ok(Finished { files, manifest })
    }
}

/// Far below the longest chunk that can be sealed.
const PAPER_CHUNK_BYTES: usize = 1 << 20;

fn spooled(name: &str, sealed: &Sealed) -> SpooledFile {
    let sha256 = sealed.sha256.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let sha256 = sha256.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    SpooledFile { file: name.to_owned(), bytes: sealed.bytes, sha256 }
}

fn part_name(leg: &str, part: u32) -> String {
    format!("{leg}-{part}.sealed")
}
