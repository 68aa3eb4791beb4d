//! Versions of what is stored, as entity tags.

use actix_web::{HttpRequest, http::header};
use bedside_protocol::{Code, Refusal};

use crate::http::problem::Problem;

/// What a client says that it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It does not say, or says `*`.
    Anything,
    /// This version.
    Version(i64),
    /// Something that this server has not given out as a version: whatever is stored is another one.
    Another,
}

impl Seen {
    /// `If-Match`
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(Self::Anything) };
        let malformed = || Refusal::malformed("If-Match", "a version in quotes, as in \"3\"");
        let tag = value.to_str().ok().ok_or_else(malformed)?.trim();
        if tag == "*" {
            return Ok(Self::Anything);
        }
        // A weak tag is never the same in the strong comparison that RFC 9110 asks for here.
        if tag.starts_with("W/\"") && tag.ends_with('"') {
            return Ok(Self::Another);
        }
        let quoted = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or_else(malformed)?;
        Ok(quoted.parse().map_or(Self::Another, Self::Version))
    }

    /// The version for the verb, which looks at it within the transaction.
    pub fn version(self) -> Option<i64> {
        match self {
            Self::Anything => None,
            Self::Version(version) => Some(version),
            // No version is negative.
            Self::Another => Some(-1),
        }
    }

    /// Whether a conflict came of what the client said.
    pub fn is_stale(self, refusal: &Refusal) -> bool {
        match (self.version(), refusal.version) {
            (Some(seen), Some(stored)) => refusal.code == Code::Conflict && seen != stored,
            (None, _) | (_, None) => false,
        }
    }
}

/// The tag of a version.
pub fn tag(version: i64) -> String {
    format!("\"{version}\"")
}
