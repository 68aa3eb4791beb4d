//! How sessions end: 44xx come back, 45xx do not.

use bedside_protocol::{
    Refusal,
    session::{Action, SessionClosing},
};

fn closing(code: u16, action: Action, message: &str) -> SessionClosing {
    SessionClosing { code, message: message.to_owned(), action, reconnect_after_ms: None }
}

/// The token has expired.
pub fn token_expired() -> SessionClosing {
    closing(4401, Action::RefreshToken, "the token has expired")
}

/// The reader is too slow.
pub fn too_slow() -> SessionClosing {
    closing(4408, Action::Reconnect, "this connection reads too slowly; what it missed is kept")
}

/// The server is going down, or restarting. Clients come back spread over time.
pub fn draining(reconnect_after_ms: u64) -> SessionClosing {
    SessionClosing {
        reconnect_after_ms: Some(reconnect_after_ms),
        ..closing(4413, Action::Reconnect, "the server is restarting")
    }
}

/// The server cannot take them now, for a reason that passes.
pub fn not_now(refusal: &Refusal) -> SessionClosing {
    SessionClosing {
        reconnect_after_ms: refusal.retry_after_ms,
        ..closing(4413, Action::Reconnect, &refusal.message)
    }
}

/// Too fast, for too long.
pub fn flooding(reconnect_after_ms: u64) -> SessionClosing {
    SessionClosing {
        reconnect_after_ms: Some(reconnect_after_ms),
        ..closing(4429, Action::Reconnect, "too many events for too long")
    }
}

/// They have logged out, elsewhere perhaps, or may not log in any more.
pub fn logged_out() -> SessionClosing {
    closing(4501, Action::Stop, "the login has ended")
}

/// They have no part in the consultation any more, and their token opens nothing else.
pub fn removed() -> SessionClosing {
    closing(4503, Action::Stop, "you were removed from the consultation")
}

/// They ended this session from elsewhere.
pub fn ended_elsewhere() -> SessionClosing {
    closing(4503, Action::Stop, "this session was ended from elsewhere")
}

/// The person has too many sessions.
pub fn too_many_connections() -> SessionClosing {
    closing(4504, Action::Stop, "too many connections of one person")
}

/// A newer connection took the session, or its place in the call.
pub fn replaced() -> SessionClosing {
    closing(4505, Action::Stop, "a newer connection took this one's place")
}

/// Nobody said who they are in time.
pub fn authentication_timeout() -> SessionClosing {
    closing(4508, Action::Stop, "nobody said who they are in time")
}

/// Too many events that were refused.
pub fn too_many_errors() -> SessionClosing {
    closing(4509, Action::Stop, "too many events that had to be refused")
}
