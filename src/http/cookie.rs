//! The one cookie that there is: with it a browser stays logged in.

use actix_web::{HttpRequest, http::header};

use crate::private::Secret;

/// Its name. The prefix makes the browser insist: set by this very host over TLS, for all of it and for no other.
pub const REFRESH: &str = "__Host-bedside-refresh";
/// No script reads it, nothing but TLS carries it (a browser makes an exception for this machine), and no other
/// site's page makes it be sent.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// What a browser shall keep, or forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cookie {
    /// Keep it so long.
    Keep {
        /// What it is.
        value: Secret<String>,
        /// For how many seconds.
        seconds: u64,
    },
    /// Forget it.
    Forget,
}

impl Cookie {
    /// `Set-Cookie`
    pub fn header(&self) -> String {
        match self {
            Self::Keep { value, seconds } => {
                format!("{REFRESH}={}; Max-Age={seconds}; {ATTRIBUTES}", value.expose())
            }
            Self::Forget => format!("{REFRESH}=; Max-Age=0; {ATTRIBUTES}"),
        }
    }
}

/// What the browser has kept. Of several, which no browser sends, none.
pub fn kept(request: &HttpRequest) -> Option<Secret<String>> {
    let lines = request.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == REFRESH).map(|(_, value)| value);
    let value = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then(|| Secret::new(value.to_owned()))
}
