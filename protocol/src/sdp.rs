//! Session descriptions and ICE candidates: their shape is checked when they are read, and from then on
//! they travel as they came.

use std::{fmt, net::IpAddr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Visitor},
};
use serde_json::value::{RawValue, to_raw_value};

/// The longest session description, in bytes.
pub const MAX_SDP_BYTES: usize = 64 * 1024;
/// The longest ICE candidate, in bytes.
pub const MAX_CANDIDATE_BYTES: usize = 1024;
const MAX_SDP_LINES: usize = 2_000;
const MAX_MEDIA_SECTIONS: usize = 16;
/// What a media section may run over (RFC 8829 section 5.1.2, RFC 8841): encrypted transports only.
const PROTOCOLS: [&str; 5] =
    ["UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP", "TCP/DTLS/SCTP", "DTLS/SCTP"];
/// Hash functions of `a=fingerprint` (RFC 8122) that are strong enough.
const FINGERPRINTS: [&str; 3] = ["sha-256", "sha-384", "sha-512"];

/// Why a session description or a candidate is refused. The leading code is what the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself in its message")]
pub enum BadSignal {
    #[error("[too_large] a session description has at most 64 KiB")]
    SdpTooLong,
    #[error("[malformed] a session description is a string")]
    NoString,
    #[error("[invalid_sdp] a session description starts with v=0")]
    NoVersion,
    #[error("[invalid_sdp] a line of a session description is not of the form x=…")]
    BadLine,
    #[error("[invalid_sdp] a session description has at most 2000 lines")]
    TooManyLines,
    #[error("[invalid_sdp] a session description has at most 16 media sections")]
    TooManyMediaSections,
    #[error("[invalid_sdp] media runs over DTLS-SRTP or a data channel only")]
    BadProtocol,
    #[error("[invalid_sdp] a fingerprint of sha-256 or stronger is needed, and no weaker one")]
    BadFingerprint,
    #[error("[invalid_sdp] a candidate is the address of one machine")]
    ManyMachines,
    #[error("[malformed] the type of the session description does not fit the event")]
    WrongType,
    #[error("[invalid_candidate] an ICE candidate has at most 1 KiB")]
    CandidateTooLong,
    #[error("[invalid_candidate] not an ICE candidate")]
    BadCandidate,
}

/// A session description (RFC 8866) of the shape that WebRTC makes, as the JSON string that it came as: whoever passes it on
/// writes the same bytes again. `Debug` shows its length only.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Sdp(Box<RawValue>);

impl Sdp {
    /// Check the shape of a description.
    pub fn parse(text: &str) -> Result<Self, BadSignal> {
        check(text)?;
        to_raw_value(text).map(Self).map_err(|_error| BadSignal::BadLine)
    }

    /// The same, of a JSON string, without another copy of it.
    fn from_json(json: Box<RawValue>) -> Result<Self, BadSignal> {
        let inside = json.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let inside = inside.ok_or(BadSignal::NoString)?;
        match check_escaped(inside) {
            Some(checked) => checked?,
            None => check(&unescape(&json))?,
        }
        Ok(Self(json))
    }

    /// The description.
    pub fn text(&self) -> String {
        unescape(&self.0)
    }

    /// Whether it has at most so many bytes.
    pub fn fits(&self, bytes: u64) -> bool {
        // JSON is longer than its text: hardly ever the text has to be looked at.
        self.0.get().len() as u64 <= bytes || self.text().len() as u64 <= bytes
    }

    /// The same without its candidates that are not relayed: what `icePolicy: "relay"` lets through.
    #[must_use]
    pub fn only_relayed(&self) -> Self {
        let keep = |line: &&str| match line.strip_prefix("a=candidate:") {
            Some(candidate) => is_relayed(candidate),
            None => true,
        };
        let kept: String = self.text().split_inclusive('\n').filter(keep).collect();
        // A string is always JSON.
        to_raw_value(&kept).map_or_else(|_error| self.clone(), Self)
    }
}

impl PartialEq for Sdp {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Sdp {}

/// The text of a JSON string, which it was checked to be.
fn unescape(json: &RawValue) -> String {
    serde_json::from_str(json.get()).unwrap_or_default()
}

fn check(text: &str) -> Result<(), BadSignal> {
    let mut shape = Shape::of(text.len())?;
    if !text.starts_with("v=0\r\n") && !text.starts_with("v=0\n") {
        return Err(BadSignal::NoVersion);
    }
    for line in text.split_terminator('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        shape.line(line)?;
        if !is_clean(line) {
            return Err(BadSignal::BadLine);
        }
    }
    shape.end()
}

/// The same for the inside of a JSON string whose only escapes are the ends of its lines, as they are wherever a browser's
/// description was put into JSON. `None` where there are others.
fn check_escaped(inside: &str) -> Option<Result<(), BadSignal>> {
    // With its escapes it is longer than it is.
    let mut shape = Shape::of(inside.len()).ok()?;
    let begins = inside.starts_with("v=0\\r\\n") || inside.starts_with("v=0\\n");
    // JSON allows of all control characters only this one to stand for itself.
    if !begins || inside.contains('\u{7f}') {
        return None;
    }
    let mut pieces = inside.split('\\');
    let mut line = pieces.next()?;
    while let Some(mut piece) = pieces.next() {
        if piece == "r" {
            piece = pieces.next()?;
        }
        let next = piece.strip_prefix('n')?;
        if let Err(bad) = shape.line(line) {
            return Some(Err(bad));
        }
        line = next;
    }
    let last = if line.is_empty() { Ok(()) } else { shape.line(line) };
    Some(last.and_then(|()| shape.end()))
}

/// What is known of a description, line after line.
struct Shape {
    lines: usize,
    sections: usize,
    fingerprints: usize,
}

impl Shape {
    fn of(length: usize) -> Result<Self, BadSignal> {
        if length > MAX_SDP_BYTES {
            return Err(BadSignal::SdpTooLong);
        }
        Ok(Self { lines: 0, sections: 0, fingerprints: 0 })
    }

    fn line(&mut self, line: &str) -> Result<(), BadSignal> {
        if self.lines == MAX_SDP_LINES {
            return Err(BadSignal::TooManyLines);
        }
        self.lines += 1;
        if !is_shaped(line) {
            return Err(BadSignal::BadLine);
        }
        if let Some(media) = line.strip_prefix("m=") {
            self.sections += 1;
            let protocol = media.split(' ').nth(2).ok_or(BadSignal::BadLine)?;
            if !PROTOCOLS.contains(&protocol) {
                return Err(BadSignal::BadProtocol);
            }
        } else if let Some(fingerprint) = line.strip_prefix("a=fingerprint:") {
            let hash = fingerprint.split(' ').next().unwrap_or_default();
            if !FINGERPRINTS.iter().any(|strong| strong.eq_ignore_ascii_case(hash)) {
                return Err(BadSignal::BadFingerprint);
            }
            self.fingerprints += 1;
        } else if let Some(candidate) = line.strip_prefix("a=candidate:")
            && candidate.split(' ').nth(4).is_some_and(is_many_machines)
        {
            return Err(BadSignal::ManyMachines);
        }
        Ok(())
    }

    fn end(&self) -> Result<(), BadSignal> {
        if self.sections > MAX_MEDIA_SECTIONS {
            Err(BadSignal::TooManyMediaSections)
        } else if self.sections > 0 && self.fingerprints == 0 {
            Err(BadSignal::BadFingerprint)
        } else {
            Ok(())
        }
    }
}

/// Whether a line is of the form `x=…`.
fn is_shaped(line: &str) -> bool {
    matches!(line.as_bytes(), [b'a'..=b'z', b'=', ..])
}

fn is_clean(line: &str) -> bool {
    !line.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f)
}

/// Whether an address is multicast or broadcast. A browser that is given such a candidate would send its checks to a whole
/// network; all other special addresses may be how two people reach each other, and names are resolved by browsers only.
fn is_many_machines(address: &str) -> bool {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.is_multicast() || address.is_broadcast(),
        Ok(IpAddr::V6(address)) => address.is_multicast(),
        Err(_a_name) => false,
    }
}

/// Whether the attributes of a candidate say `typ relay`.
fn is_relayed(candidate: &str) -> bool {
    let mut words = candidate.split_ascii_whitespace().skip_while(|word| *word != "typ");
    words.nth(1) == Some("relay")
}

impl fmt::Debug for Sdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.get().len())
    }
}

impl<'de> Deserialize<'de> for Sdp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Box::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Reads a string and checks it, without another copy of it.
struct Parsed<T>(fn(&str) -> Result<T, BadSignal>);

impl<T> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

/// Reads a description as clients give it: the text, or an `RTCSessionDescriptionInit` of the type that fits.
fn spelled<E: Error>(json: Box<RawValue>, kind: &str) -> Result<Sdp, E> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Init {
        r#type: String,
        sdp: Box<RawValue>,
    }
    if !json.get().starts_with('{') {
        return Sdp::from_json(json).map_err(E::custom);
    }
    let Init { r#type, sdp } = serde_json::from_str(json.get()).map_err(E::custom)?;
    let sdp = Sdp::from_json(sdp).map_err(E::custom)?;
    if r#type == kind { Ok(sdp) } else { Err(E::custom(BadSignal::WrongType)) }
}

macro_rules! descriptions {
    ($($(#[$doc:meta])* $name:ident $kind:literal)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Sdp);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                spelled(Box::deserialize(deserializer)?, $kind).map(Self)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "oneOf": [
                    { "type": "string", "maxLength": MAX_SDP_BYTES },
                    {
                        "type": "object",
                        "properties": {
                            "type": { "const": $kind },
                            "sdp": { "type": "string", "maxLength": MAX_SDP_BYTES },
                        },
                        "required": ["type", "sdp"],
                        "additionalProperties": false,
                    },
                ] })
            }
        }
    )*};
}

descriptions! {
    /// The `sdp` of an offer: the text, or `{ "type": "offer", "sdp" }`. It is relayed as the text.
    OfferSdp "offer"
    /// The `sdp` of an answer: the text, or `{ "type": "answer", "sdp" }`. It is relayed as the text.
    AnswerSdp "answer"
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Sdp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sdp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "maxLength": MAX_SDP_BYTES })
    }
}

/// An `RTCIceCandidateInit` (W3C WebRTC section 4.8.1.2). `Debug` shows the candidate's length only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IceCandidate {
    /// `candidate:…` (RFC 8839 section 5.1), or empty at the end of a generation.
    pub candidate: CandidateLine,
    /// The media section, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The media section, by its index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// The generation that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

impl IceCandidate {
    /// Its address, without the interface that some machines append to it. A name is none.
    pub fn address(&self) -> Option<IpAddr> {
        let address = self.candidate.0.split(' ').nth(4)?;
        address.split('%').next()?.parse().ok()
    }

    /// Whether `icePolicy: "relay"` lets it through. The end of a generation says nothing of an address.
    pub fn is_relayed(&self) -> bool {
        self.candidate.0.is_empty() || is_relayed(&self.candidate.0)
    }
}

impl fmt::Debug for IceCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IceCandidate({} bytes)", self.candidate.0.len())
    }
}

/// One candidate attribute, checked for grammar.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct CandidateLine(Box<str>);

impl CandidateLine {
    /// Check the grammar of RFC 8839 section 5.1 as far as it is the same for every candidate.
    pub fn parse(text: &str) -> Result<Self, BadSignal> {
        if text.len() > MAX_CANDIDATE_BYTES {
            return Err(BadSignal::CandidateTooLong);
        }
        if text.is_empty() {
            return Ok(Self(text.into()));
        }
        let attribute = text.strip_prefix("a=").unwrap_or(text);
        let words = attribute.strip_prefix("candidate:").ok_or(BadSignal::BadCandidate)?;
        if words.chars().any(char::is_control) {
            return Err(BadSignal::BadCandidate);
        }
        let mut words = words.split(' ');
        let mut next = || words.next().filter(|word| !word.is_empty()).ok_or(BadSignal::BadCandidate);
        let (foundation, component, transport) = (next()?, next()?, next()?);
        let (priority, address, port, typ, kind) = (next()?, next()?, next()?, next()?, next()?);
        let fits = foundation.len() <= 32
            && component.parse::<u8>().is_ok_and(|component| component > 0)
            && (transport.eq_ignore_ascii_case("udp") || transport.eq_ignore_ascii_case("tcp"))
            && priority.parse::<u32>().is_ok()
            && address.len() <= 255
            && !is_many_machines(address)
            && port.parse::<u16>().is_ok()
            && typ == "typ"
            && ["host", "srflx", "prflx", "relay"].contains(&kind);
        if fits { Ok(Self(text.into())) } else { Err(BadSignal::BadCandidate) }
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CandidateLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CandidateLine({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for CandidateLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(Self::parse))
    }
}
