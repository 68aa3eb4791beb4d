//! The two cookies that there are: with one a browser stays logged in, with the other its player fetches a recording.

use actix_web::{HttpRequest, http::header};
use bedside_protocol::ids::RecordingId;

use crate::private::Secret;

/// What keeps a login going. The prefix makes the browser insist: set by this very host over TLS, for all of it and for no other.
pub const REFRESH: &str = "__Host-bedside-refresh";
/// What plays a recording. Its path names the recording, which the stricter prefix does not allow.
pub const PLAY: &str = "__Secure-bedside-play";
/// No script reads it, nothing but TLS carries it (a browser makes an exception for this machine), and no other
/// site's page makes it be sent.
const ATTRIBUTES: &str = "Secure; HttpOnly; SameSite=Strict";

/// What a browser shall keep, or forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cookie {
    /// Keep this, to go on being logged in.
    Keep {
        /// What it is.
        value: Secret<String>,
        /// For how many seconds.
        seconds: u64,
    },
    /// Forget that.
    Forget,
    /// Keep this, to play.
    Play {
        /// What it opens.
        recording: RecordingId,
        /// What it is.
        ticket: Secret<String>,
        /// For how many seconds.
        seconds: u64,
    },
}

impl Cookie {
    /// `Set-Cookie`
    pub fn header(&self) -> String {
        match self {
            Self::Keep { value, seconds } => {
                format!("{REFRESH}={}; Max-Age={seconds}; Path=/; {ATTRIBUTES}", value.expose())
            }
            Self::Forget => format!("{REFRESH}=; Max-Age=0; Path=/; {ATTRIBUTES}"),
            Self::Play { recording, ticket, seconds } => {
                let path = format!("/api/v1/recordings/{recording}/media");
                format!("{PLAY}={}; Max-Age={seconds}; Path={path}; {ATTRIBUTES}", ticket.expose())
            }
        }
    }
}

/// What the browser has kept under a name. Of several, which no browser sends, none.
pub fn kept(request: &HttpRequest, name: &str) -> Option<Secret<String>> {
    let lines = request.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(it, _)| *it == name).map(|(_, value)| value);
    let value = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then(|| Secret::new(value.to_owned()))
}
