//! Why the server says no: a closed list of codes. What failed inside the server never travels.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

spoken! { words
    /// The reason of a refusal, for programs.
    #[expect(missing_docs, reason = "the names are the documentation; `Code::message` says each in a sentence")]
    pub enum Code {
        Malformed,
        UnknownEvent,
        TokenMissing,
        TokenInvalid,
        TokenExpired,
        TokenNotYetValid,
        CredentialsInvalid,
        NotFound,
        Forbidden,
        NotJoined,
        Waiting,
        Conflict,
        StaleNegotiation,
        InvalidSdp,
        InvalidCandidate,
        TooLarge,
        RateLimited,
        Overloaded,
        Draining,
        Unavailable,
        StorageFull,
        ConsentRequired,
        Ended,
        Internal,
    }
}

impl Code {
    /// The HTTP status that carries this code.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Malformed | Self::UnknownEvent | Self::InvalidSdp | Self::InvalidCandidate => 400,
            Self::TokenMissing
            | Self::TokenInvalid
            | Self::TokenExpired
            | Self::TokenNotYetValid
            | Self::CredentialsInvalid => 401,
            Self::Forbidden | Self::Waiting => 403,
            Self::NotFound => 404,
            Self::NotJoined
            | Self::Conflict
            | Self::StaleNegotiation
            | Self::ConsentRequired
            | Self::Ended => 409,
            Self::TooLarge => 413,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Overloaded | Self::Draining | Self::Unavailable => 503,
            Self::StorageFull => 507,
        }
    }

    /// The code as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownEvent => "unknown_event",
            Self::TokenMissing => "token_missing",
            Self::TokenInvalid => "token_invalid",
            Self::TokenExpired => "token_expired",
            Self::TokenNotYetValid => "token_not_yet_valid",
            Self::CredentialsInvalid => "credentials_invalid",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::NotJoined => "not_joined",
            Self::Waiting => "waiting",
            Self::Conflict => "conflict",
            Self::StaleNegotiation => "stale_negotiation",
            Self::InvalidSdp => "invalid_sdp",
            Self::InvalidCandidate => "invalid_candidate",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Draining => "draining",
            Self::Unavailable => "unavailable",
            Self::StorageFull => "storage_full",
            Self::ConsentRequired => "consent_required",
            Self::Ended => "ended",
            Self::Internal => "internal",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Malformed => "the data could not be read",
            Self::UnknownEvent => "there is no such event",
            Self::TokenMissing => "a token is needed",
            Self::TokenInvalid => "the token is not valid",
            Self::TokenExpired => "the token has expired",
            Self::TokenNotYetValid => "the token is not valid yet",
            Self::CredentialsInvalid => "name and password do not fit together",
            Self::NotFound => "there is no such thing, or it is not yours",
            Self::Forbidden => "you may not do this",
            Self::NotJoined => "join the room first",
            Self::Waiting => "you have not been admitted yet",
            Self::Conflict => "it has changed meanwhile",
            Self::StaleNegotiation => "this answers an offer that has been replaced",
            Self::InvalidSdp => "the session description is not acceptable",
            Self::InvalidCandidate => "the ICE candidate is not acceptable",
            Self::TooLarge => "it is too large",
            Self::RateLimited => "too many, wait a little",
            Self::Overloaded => "the server is full, try again",
            Self::Draining => "the server is restarting, try again",
            Self::Unavailable => "not available now",
            Self::StorageFull => "there is no room for more files",
            Self::ConsentRequired => "consent is needed",
            Self::Ended => "the consultation has ended",
            Self::Internal => "the server failed; give the incident to its operator",
        }
    }
}

/// A refusal: `{ "code", "message", … }`, the same on the socket and in HTTP problems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[error("{}: {message}", code.as_str())]
pub struct Refusal {
    /// The reason, for programs.
    pub code: Code,
    /// The reason, for people.
    pub message: String,
    /// The field that was wrong, with `malformed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Box<str>>,
    /// When to try again, with `rate_limited`, `overloaded`, `draining` and `unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The newest negotiation, with `stale_negotiation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negotiation: Option<u64>,
    /// Finds the cause in the server's log, with `internal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Box<str>>,
    /// The version that it has now, with `conflict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code, code.message())
    }
}

impl Refusal {
    /// A refusal in other words than the code's own.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            retry_after_ms: None,
            negotiation: None,
            incident: None,
            version: None,
        }
    }

    /// Data that cannot be read, by the field where that showed.
    pub fn malformed(field: impl Into<Box<str>>, message: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Code::Malformed, message) }
    }

    /// There is no such event.
    pub fn unknown_event() -> Self {
        Code::UnknownEvent.into()
    }

    /// The same, to be tried again after so long.
    #[must_use]
    pub fn retry_after_ms(self, retry_after_ms: u64) -> Self {
        Self { retry_after_ms: Some(retry_after_ms), ..self }
    }
}

/// The longest field name that an error repeats, in bytes.
const MAX_FIELD_BYTES: usize = 64;

/// Read a payload strictly: unknown, duplicate, missing and mistyped fields are refused by name, and
/// nothing else of the input stands in the error.
pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Refusal> {
    serde_json::from_str(json).map_err(|error| refuse::<T>(json, &error))
}

/// The slow path of [`parse`]: read once more, to find where it went wrong.
fn refuse<T: DeserializeOwned>(json: &str, error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    if let Some((code, message)) = text.strip_prefix('[').and_then(|text| text.split_once("] ")) {
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
        let code = match code {
            "too_large" => Code::TooLarge,
            "invalid_sdp" => Code::InvalidSdp,
            "invalid_candidate" => Code::InvalidCandidate,
            _ => Code::Malformed,
        };
        return Refusal { field: path::<T>(json), ..Refusal::new(code, message) };
    }
    let quoted = || text.split('`').nth(1).map(shorten);
    let (field, message) = if text.starts_with("unknown field") {
        (quoted(), "unknown field")
    } else if text.starts_with("missing field") {
        (quoted(), "missing field")
    } else if text.starts_with("duplicate field") {
        (quoted(), "duplicate field")
    } else if text.starts_with("unknown variant") || text.starts_with("invalid value") {
        (path::<T>(json), "a value that is not allowed")
    } else if text.starts_with("invalid type") {
        (path::<T>(json), "a value of the wrong type")
    } else if error.is_syntax() || error.is_eof() {
        (path::<T>(json), "not JSON that can be read")
    } else {
        (path::<T>(json), "a value that is not allowed")
    };
    Refusal { field, ..Refusal::new(Code::Malformed, message) }
}

/// Where reading stopped, as `media.audio`; none at the top.
fn path<T: DeserializeOwned>(json: &str) -> Option<Box<str>> {
    let error =
        serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(json)).err()?;
    let path = error.path().to_string();
    (path != "." && path != "?").then(|| shorten(&path))
}

fn shorten(field: &str) -> Box<str> {
    let fits = |(start, c): &(usize, char)| start + c.len_utf8() <= MAX_FIELD_BYTES;
    let short = field.char_indices().take_while(fits).map(|(_, c)| c);
    short.filter(|c| !c.is_control()).collect::<String>().into()
}
