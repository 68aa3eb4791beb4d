//! What can be said of a leg when it ends, or on the way.

use serde::{Deserialize, Serialize};

use super::{Codec, Container, Kind};

/// Of a leg.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegReport {
    /// Its files, in order.
    pub parts: Vec<PartReport>,
    /// Parts in a million by which the sender's clock runs faster than ours, negative where it is slower. None while too
    /// little was measured: that takes two minutes with sender reports.
    #[serde(default)]
    pub drift_ppm: Option<i32>,
}

/// Of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartReport {
    /// Counted from zero within the leg.
    pub part: u32,
    /// What kind of file it is.
    pub container: Container,
    /// Where it begins on the recording's timeline.
    pub start_ms: u64,
    /// How long it plays.
    pub duration_ms: u64,
    /// What is in it.
    pub tracks: Vec<TrackReport>,
    /// Where something is missing, in order; the longest ones when there are many.
    pub gaps: Vec<Gap>,
}

/// Of a track within a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackReport {
    /// Heard or seen.
    pub kind: Kind,
    /// How it is coded.
    pub codec: Codec,
    /// The first picture's, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// The first picture's, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Packets that came, without duplicates.
    pub packets: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Frames that are in the file.
    pub frames: u64,
    /// Frames that came and are not in the file: damaged, or predicted from a damaged one.
    pub dropped_frames: u64,
}

/// Something that is missing, on the recording's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// In which track.
    pub kind: Kind,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
}
