//! What a recording consists of: the paper that lies beside its files.

use bedside_protocol::recording::ConsentGiven;
use serde::{Deserialize, Serialize};

use crate::media::PartReport;

/// The form of [`Manifest`] that is written now.
pub const MANIFEST_VERSION: u32 = 1;

/// A whole recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`MANIFEST_VERSION`] at the time of writing.
    pub version: u32,
    /// The recording.
    pub recording_id: String,
    /// Unix milliseconds at zero of the recording's timeline; all offsets count from here.
    pub started_at_ms: i64,
    /// Everybody's decisions, oldest first, as the server had told them when this was written. What was taken back later
    /// stands in the server's database alone, and in what it exports.
    #[serde(default)]
    pub consents: Vec<ConsentGiven>,
    /// Everyone who was recorded.
    pub legs: Vec<Leg>,
}

/// All that was recorded of one person's connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leg {
    /// The leg; file names begin with it.
    pub leg_id: String,
    /// Whom it shows.
    pub user_id: String,
    /// Parts in a million by which the clock of their device ran faster than the server's, negative where it was slower.
    /// None: too little was measured.
    #[serde(default)]
    pub drift_ppm: Option<i32>,
    /// Its files, in order.
    pub parts: Vec<Part>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Name in the recording's folder: `<leg>-<part>.sealed`.
    pub file: String,
    /// Length of the sealed file.
    pub sealed_bytes: u64,
    /// Length of the WebM or Matroska file inside.
    pub plain_bytes: u64,
    /// SHA-256 of the sealed file, in hexadecimal.
    pub sha256: String,
    /// It was put in order after a crash: its end is where the crash was.
    #[serde(default)]
    pub recovered: bool,
    /// What is inside.
    #[serde(flatten)]
    pub report: PartReport,
}
