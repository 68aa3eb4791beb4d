//! Tickets: with one a browser fetches what it plays, since a `<video>` can show no token. A ticket is good for one recording and
//! a short while, and says only who somebody is: what they may do is looked up anew each time it is shown.

use std::time::Duration;

use bedside_protocol::{
    ids::{RecordingId, RoomId, UserId},
    session::Role,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Identity, LoginId, ServerKey, jws};
use crate::private::Secret;

/// How long a ticket is good: a page that plays asks for the next one in good time.
const LIFE: Duration = Duration::from_secs(600);

/// A ticket that was just made.
pub struct Ticket {
    /// What to show.
    pub text: Secret<String>,
    /// How long it is good.
    pub seconds: u64,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    recording: RecordingId,
    sub: UserId,
    role: Role,
    consultation: Option<RoomId>,
    sid: Option<String>,
    exp: i64,
}

impl Ticket {
    /// A ticket of somebody for a recording. It ends with the token that they have shown, at the latest.
    pub fn make(key: &ServerKey, recording: &RecordingId, identity: &Identity, now: DateTime<Utc>) -> Self {
        let expires_at = (now + LIFE).min(identity.expires_at);
        let claims = serde_json::json!({
            "recording": recording,
            "sub": identity.user_id,
            "role": identity.role,
            "consultation": identity.consultation,
            "sid": identity.login.as_ref().map(ToString::to_string),
            "exp": expires_at.timestamp(),
        });
        let seconds = u64::try_from((expires_at - now).num_seconds()).unwrap_or(0);
        Self { text: jws::sign(&secret(key), None, &claims), seconds, expires_at }
    }

    /// Whose ticket this is, if it is one for this recording and its time is not over.
    pub fn read(
        key: &ServerKey,
        text: &str,
        recording: &RecordingId,
        now: DateTime<Utc>,
    ) -> Option<Identity> {
        let token = jws::Token::parse(text)?;
        let claims = token.signed_by(&jws::Key::shared(&secret(key)))?;
        let claims: Claims = serde_json::from_slice(claims).ok()?;
        let Claims { recording: meant, sub, role, consultation, sid, exp } = claims;
        let expires_at = DateTime::from_timestamp(exp, 0)?;
        if meant != *recording || expires_at <= now {
            return None;
        }
        // A login that cannot be read is none that goes on.
        let login = match sid {
            Some(sid) => Some(LoginId::parse(&sid)?),
            None => None,
        };
        Some(Identity { user_id: sub, name: None, role, consultation, login, expires_at })
    }
}

/// No token is a ticket, and no ticket is a token: each has a key of its own.
fn secret(key: &ServerKey) -> Vec<u8> {
    key.derive("tickets for recordings")
}
