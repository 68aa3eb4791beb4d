//! Invitations: a link for somebody without an account. It is good until the visit has ended, for the
//! device that accepts it first.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bedside_protocol::{
    Code, Refusal,
    ids::{MessageId, RoomId, UserId},
    session::{Role, User},
    text::{Name, Timestamp, Token},
};
use chrono::TimeDelta;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
};

use crate::{
    auth::Bearer,
    domain::{Access, Clinic, consultation::NewPlace},
    error::{Error, Result},
    model::{actor::Actor, part},
    store::{Acceptance, Accepted, Invitation},
};

/// How long a guest's token is good; the link gives another one. No token lives longer.
const TOKEN_LIFE: Duration = Duration::from_hours(24);
/// The longest and the shortest life of a link, in milliseconds: a year, a minute.
const LINK_LIFE_MS: std::ops::RangeInclusive<u64> = 60_000..=31_536_000_000;
/// As many bytes as cannot be guessed.
const SECRET_BYTES: usize = 32;

/// Somebody who is to come by a link.
#[derive(Debug)]
pub struct NewInvitation {
    /// As what.
    pub role: Role,
    /// What they are called.
    pub name: Option<Name>,
    /// How long the link is good, in milliseconds.
    pub expires_in_ms: Option<u64>,
}

/// What a link is made of.
#[derive(Debug)]
pub struct Invited {
    /// The secret in it. Only a hash of it is stored.
    pub token: Token,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Somebody who has come by a link.
#[derive(Debug)]
pub struct Invitee {
    /// Opens this consultation only.
    pub access_token: Token,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Shows that it is the same device when the link is accepted again.
    pub device_key: Token,
    /// What it opens.
    pub room: RoomId,
    /// Who they are there.
    pub user: User,
}

impl Clinic {
    /// Make a link. A guest is given a part with it; the visit's patient has one.
    pub async fn invite(&self, actor: &Actor, id: &RoomId, new: NewInvitation) -> Result<Invited> {
        let Access { visit, .. } = self.manager(actor, id).await?;
        part::open(&visit)?;
        let now = self.clock.now();
        let expires_at = now + self.link_life(new.expires_in_ms)?;
        let user = match new.role {
            Role::Guest => UserId::parse(&format!("guest:{}", MessageId::new())).map_err(Error::fault)?,
            Role::Patient if visit.present().any(|place| place.user_id == visit.patient_id) => {
                visit.patient_id.clone()
            }
            Role::Patient => {
                return Err(
                    Refusal::new(Code::Conflict, "the patient has no part in the visit any more").into()
                );
            }
            Role::Doctor | Role::Staff | Role::Recorder => {
                return Err(Refusal::malformed("role", "a link is for a guest or for the patient").into());
            }
        };
        let token = secret()?;
        let invitation = Invitation {
            id: MessageId::new().to_string(),
            room: id.clone(),
            user: user.clone(),
            role: new.role,
            name: new.name.clone(),
            token_hash: hash(&token),
            device_hash: None,
            accepted_at: None,
            expires_at,
            created_by: actor.user_id.clone(),
            created_at: now,
        };
        self.store.invite(invitation).await?;
        // In this order: a link without a part opens nothing, a part without a link would be seen by everyone.
        if new.role == Role::Guest {
            self.add_place(actor, id, NewPlace { user_id: user, role: Role::Guest, name: new.name }).await?;
        }
        Ok(Invited { token, expires_at: expires_at.into() })
    }

    fn link_life(&self, asked_ms: Option<u64>) -> std::result::Result<TimeDelta, Refusal> {
        let life_ms = asked_ms.unwrap_or(self.visit.invitation_ttl_min.saturating_mul(60_000));
        let life = i64::try_from(life_ms).ok().filter(|_| LINK_LIFE_MS.contains(&life_ms));
        life.map(TimeDelta::milliseconds)
            .ok_or_else(|| Refusal::malformed("expiresInMs", "from a minute to a year"))
    }

    /// Come in by a link. `device_key` is what the first acceptance gave.
    pub async fn accept_invitation(&self, token: &Token, device_key: Option<Token>) -> Result<Invitee> {
        let now = self.clock.now();
        let device_key = match device_key {
            Some(key) => key,
            None => secret()?,
        };
        let held_out = Acceptance { token_hash: hash(token), device_hash: hash(&device_key), at: now };
        let invitation = match self.store.accept(held_out).await? {
            Accepted::Yours(invitation) => invitation,
            Accepted::Anothers => {
                return Err(Refusal::new(Code::Conflict, "the link was accepted on another device").into());
            }
            Accepted::Expired => {
                return Err(Refusal::new(Code::TokenExpired, "the link has expired").into());
            }
        };
        let visit = self.room(&invitation.room).await?.visit();
        part::open(&visit)?;
        if !visit.present().any(|place| place.user_id == invitation.user) {
            return Err(Code::NotFound.into());
        }
        let bearer = Bearer {
            user_id: invitation.user.clone(),
            name: invitation.name.as_ref().map(|name| name.as_str().to_owned()),
            role: invitation.role,
            consultation: Some(invitation.room.clone()),
        };
        let access_token = self.minter.mint(&bearer, now, TOKEN_LIFE).expose().clone();
        Ok(Invitee {
            access_token: access_token.into(),
            expires_at: (now + TOKEN_LIFE).into(),
            device_key,
            room: invitation.room,
            user: User { id: invitation.user, name: invitation.name, role: invitation.role },
        })
    }
}

/// A secret that nobody guesses.
fn secret() -> Result<Token> {
    let mut bytes = [0; SECRET_BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .ok()
        .ok_or_else(|| Error::fault("the system gives no random bytes"))?;
    Ok(BASE64.encode(bytes).into())
}

/// What is kept of a secret. It has too many bits to be found by trying, so a fast hash does.
fn hash(secret: &Token) -> String {
    BASE64.encode(digest(&SHA256, secret.as_str().as_bytes()))
}
