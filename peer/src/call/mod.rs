//! Calls: real audio and video to another peer.

pub(crate) mod clip;
mod entry;
mod flow;
mod leg;
mod negotiator;
mod room;
mod rtc;
mod sending;
mod speak;
mod weather;

use std::time::Duration;

pub use self::{
    clip::Footage,
    entry::{CallOptions, Company, NotIn},
    flow::Received,
    leg::{Leg, LegOptions, Network, Progress, Signal},
    room::{Call, RecorderLeg},
    sending::{Pause, Paused, Sending},
    weather::{Sent, Weather},
};

/// A call fell short of something.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// WebRTC refused a step.
    #[error("WebRTC: {0}")]
    Rtc(#[from] RtcError),
    /// Offer, answer, candidates and handshakes did not come to an end.
    #[error("not connected within {after:?}: {progress:?}")]
    NotConnected {
        /// How long we waited.
        after: Duration,
        /// How far it got.
        progress: Progress,
    },
    /// The path to the other side is gone.
    #[error("the path to the other side is gone")]
    PathLost,
    /// Nothing came that could be shown.
    #[error("no picture within {after:?}, received {received:?}")]
    NoPicture {
        /// How long we waited.
        after: Duration,
        /// What came.
        received: Received,
    },
    /// Less media came than should have.
    #[error(
        "wanted {wanted_audio} audio and {wanted_video} video packets within {after:?}, received {received:?}"
    )]
    NoMedia {
        /// So many audio packets were wanted.
        wanted_audio: u64,
        /// So many video packets were wanted.
        wanted_video: u64,
        /// How long we waited.
        after: Duration,
        /// What came.
        received: Received,
    },
    /// Nobody else came.
    #[error("nobody else was in the call within {after:?}")]
    Alone {
        /// How long we waited.
        after: Duration,
    },
    /// The call was left.
    #[error("the call is over")]
    Over,
}

/// What went wrong below. The text names the step and the cause; descriptions and candidates are not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {cause}")]
pub struct RtcError {
    step: &'static str,
    cause: String,
}

impl RtcError {
    pub(super) fn new(step: &'static str, cause: &impl ToString) -> Self {
        Self { step, cause: cause.to_string() }
    }
}
