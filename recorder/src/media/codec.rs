//! The codecs that can be recorded.

use serde::{Deserialize, Serialize};

/// Whether a track is heard or seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is heard.
    Audio,
    /// It is seen.
    Video,
}

/// How a track is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// RFC 6716, RTP by RFC 7587.
    Opus,
    /// RFC 6386, RTP by RFC 7741.
    Vp8,
    /// RTP by RFC 9628.
    Vp9,
    /// ISO 14496-10, RTP by RFC 6184.
    H264,
    /// RTP by the AOM's specification.
    Av1,
}

impl Codec {
    /// From an SDP name such as `video/VP8`; none that cannot be recorded, among them `video/rtx`.
    pub fn from_mime(mime: &str) -> Option<Self> {
        const NAMES: [(&str, Codec); 5] = [
            ("audio/opus", Codec::Opus),
            ("video/vp8", Codec::Vp8),
            ("video/vp9", Codec::Vp9),
            ("video/h264", Codec::H264),
            ("video/av1", Codec::Av1),
        ];
        NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(mime)).map(|(_, codec)| *codec)
    }

    /// What Matroska calls it.
    pub fn matroska_id(self) -> &'static str {
        match self {
            Self::Opus => "A_OPUS",
            Self::Vp8 => "V_VP8",
            Self::Vp9 => "V_VP9",
            Self::H264 => "V_MPEG4/ISO/AVC",
            Self::Av1 => "V_AV1",
        }
    }

    /// From what Matroska calls it.
    pub fn from_matroska_id(id: &str) -> Option<Self> {
        [Self::Opus, Self::Vp8, Self::Vp9, Self::H264, Self::Av1]
            .into_iter()
            .find(|codec| codec.matroska_id() == id)
    }

    /// RTP ticks a second.
    pub fn clock_rate(self) -> u32 {
        if self.is_video() { 90_000 } else { 48_000 }
    }

    /// Whether it is seen.
    pub fn is_video(self) -> bool {
        self.kind() == Kind::Video
    }

    /// Heard or seen.
    pub fn kind(self) -> Kind {
        match self {
            Self::Opus => Kind::Audio,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => Kind::Video,
        }
    }
}

/// What kind of file a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// `.webm`: browsers play it.
    WebM,
    /// `.mkv`: the same form, with codecs that WebM does not name.
    Matroska,
}

impl Container {
    /// The smallest that may hold these.
    pub fn of(codecs: impl IntoIterator<Item = Codec>) -> Self {
        let foreign = codecs.into_iter().any(|codec| codec == Codec::H264);
        if foreign { Self::Matroska } else { Self::WebM }
    }

    /// End of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::WebM => "webm",
            Self::Matroska => "mkv",
        }
    }

    /// For HTTP.
    pub fn mime(self, seen: bool) -> &'static str {
        match (self, seen) {
            (Self::WebM, true) => "video/webm",
            (Self::WebM, false) => "audio/webm",
            (Self::Matroska, true) => "video/x-matroska",
            (Self::Matroska, false) => "audio/x-matroska",
        }
    }
}
