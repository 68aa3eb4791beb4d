//! What a signed token says, and whether Bedside believes it.

use bedside_protocol::{
    Code,
    ids::{RoomId, UserId},
    session::Role,
    text::Name,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{Identity, LoginId, strict_json};

/// How far the clocks of Bedside and of the issuer may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// The longest life of a token: one that is lost is good for a day at most.
const MAX_LIFETIME: TimeDelta = TimeDelta::hours(24);
/// The longest name that is taken from a token, in characters.
const MAX_NAME_CHARS: usize = 100;
/// The latest time that is understood; beyond it a number is a mistake (year 9999).
const MAX_TIME_S: f64 = 253_402_300_799.0;

/// What a token must say besides a user and an end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// `iss`, if it matters.
    pub issuer: Option<String>,
    /// A member of `aud`, if it matters.
    pub audience: Option<String>,
    /// Where the role stands: a claim, or a dotted path.
    pub role_claim: String,
}

impl Expected {
    /// Believe the claims or say why not. Whether they are right is looked at before whether they are in time.
    pub(super) fn identify(&self, claims: &[u8], now: DateTime<Utc>) -> Result<Identity, Code> {
        let claims = strict_json::object(claims).ok_or(Code::TokenInvalid)?;
        let identity = self.believe(&claims, now).ok_or(Code::TokenInvalid)?;
        Ok(Identity { expires_at: in_time(&claims, now)?, ..identity })
    }

    fn believe(&self, claims: &Value, unknown_yet: DateTime<Utc>) -> Option<Identity> {
        let text = |name| match claims.get(name) {
            None => Some(None),
            Some(Value::String(text)) => Some(Some(text.as_str())),
            Some(_) => None,
        };
        let issued_by_them = self.issuer.is_none() || text("iss")? == self.issuer.as_deref();
        let for_us = self.audience.as_deref().is_none_or(|wanted| is_for(claims, wanted));
        (issued_by_them && for_us).then_some(())?;
        Some(Identity {
            user_id: UserId::parse(text("sub")??).ok()?,
            name: text("name")?.and_then(display_name),
            role: role(claims, &self.role_claim)?,
            consultation: text("consultation")?.map(RoomId::parse).transpose().ok()?,
            login: claims.get("sid").and_then(Value::as_str).and_then(LoginId::parse),
            expires_at: unknown_yet,
        })
    }
}

fn is_for(claims: &Value, wanted: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == wanted,
        Some(Value::Array(audiences)) => {
            audiences.iter().all(Value::is_string) && audiences.iter().any(|audience| audience == wanted)
        }
        _ => false,
    }
}

/// The role, a patient's where none stands. In a list of roles (as Keycloak has them) those of other systems are
/// passed over, and of several the first in this order counts.
fn role(claims: &Value, path: &str) -> Option<Role> {
    const ORDER: [Role; 4] = [Role::Doctor, Role::Staff, Role::Guest, Role::Patient];
    // Namespaced claims (`https://clinic.example/role`) have dots in their name, so the whole name comes first.
    let at_path = || path.split('.').try_fold(claims, |value, key| value.get(key));
    match claims.get(path).or_else(at_path) {
        None => Some(Role::Patient),
        Some(Value::String(role)) => role.parse().ok(),
        Some(Value::Array(roles)) => {
            let has = |role: &Role| roles.iter().any(|listed| listed == role.as_str());
            let listed = ORDER.into_iter().find(has).unwrap_or(Role::Patient);
            roles.iter().all(Value::is_string).then_some(listed)
        }
        Some(_) => None,
    }
}

/// A name to show: without control characters and marks that turn the direction of what follows, cut to a length.
fn display_name(text: &str) -> Option<Name> {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept: String = text.chars().filter(|c| !c.is_control() && !turns(*c)).take(MAX_NAME_CHARS).collect();
    Name::parse(kept.trim()).ok()
}

/// Whether the token is good now, and until when: until it expires, or, where our clock says that it has and the issuer's
/// may not, until that cannot be any more.
fn in_time(claims: &Value, now: DateTime<Utc>) -> Result<DateTime<Utc>, Code> {
    let expires_at = moment(claims, "exp")?.ok_or(Code::TokenInvalid)?;
    let not_before = moment(claims, "nbf")?;
    let issued_at = moment(claims, "iat")?;
    if expires_at - issued_at.unwrap_or(now) > MAX_LIFETIME {
        return Err(Code::TokenInvalid);
    }
    if not_before.max(issued_at).is_some_and(|start| start > now + LEEWAY) {
        return Err(Code::TokenNotYetValid);
    }
    if now >= expires_at + LEEWAY {
        return Err(Code::TokenExpired);
    }
    Ok(if now < expires_at { expires_at } else { expires_at + LEEWAY })
}

/// A `NumericDate` (RFC 7519): seconds, perhaps with a fraction.
fn moment(claims: &Value, name: &str) -> Result<Option<DateTime<Utc>>, Code> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let in_range = |seconds: &f64| (0.0..=MAX_TIME_S).contains(seconds);
    let seconds = value.as_f64().filter(in_range).ok_or(Code::TokenInvalid)?;
    #[expect(clippy::cast_possible_truncation, reason = "checked to lie between 1970 and 9999")]
    let milliseconds = (seconds * 1000.0) as i64;
    DateTime::from_timestamp_millis(milliseconds).map(Some).ok_or(Code::TokenInvalid)
}
