//! Invitation links: making one, and coming in by one.

use bedside_protocol::{
    ids::RoomId,
    session::{Role, User},
    text::{Name, Timestamp, Token},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::invitation::{Invited, NewInvitation},
    error::Result,
    http::{
        caller::Anyone,
        operation::{Answer, Ask, Nothing},
    },
    model::actor::Actor,
};

/// Somebody who is to come without an account.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invite {
    /// As what: `guest`, or `patient` for the visit's own patient.
    role: Role,
    /// What they are called.
    #[serde(default)]
    name: Option<Name>,
    /// How long the link is good.
    #[serde(default)]
    expires_in_ms: Option<u64>,
}

/// A link to hand on. It is shown once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The link.
    url: String,
    /// The secret in it.
    token: Token,
    /// Until when it is good.
    expires_at: Timestamp,
}

impl Answer for Link {}

/// `POST /api/v1/consultations/{id}/invitations`
pub async fn invite(ask: Ask<Actor, RoomId, Nothing, Invite>) -> Result<Link> {
    let Invite { role, name, expires_in_ms } = ask.body;
    let new = NewInvitation { role, name, expires_in_ms };
    let Invited { token, expires_at } = ask.clinic.invite(&ask.caller, &ask.path, new).await?;
    // Behind the `#`, where no server and no log sees it.
    let url = format!("{}/join#token={}", ask.public_url, token.as_str());
    Ok(Link { url, token, expires_at })
}

/// A link that is held out.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accept {
    /// The link's secret.
    token: Token,
    /// What the first acceptance answered, from the same device.
    #[serde(default)]
    device_key: Option<Token>,
}

/// The way in. Keep the device key: the link opens to nobody else from now on.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WayIn {
    /// The token for REST and sockets; it opens this consultation only.
    access_token: Token,
    /// Until when it is good.
    expires_at: Timestamp,
    /// To be sent along when the link is accepted again.
    device_key: Token,
    /// What it opens.
    consultation_id: RoomId,
    /// Who one is there.
    user: User,
}

impl Answer for WayIn {}

/// `POST /api/v1/invitations/accept`
pub async fn accept(ask: Ask<Anyone, (), Nothing, Accept>) -> Result<WayIn> {
    let Accept { token, device_key } = ask.body;
    let guest = ask.clinic.accept_invitation(&token, device_key).await?;
    Ok(WayIn {
        access_token: guest.access_token,
        expires_at: guest.expires_at,
        device_key: guest.device_key,
        consultation_id: guest.room,
        user: guest.user,
    })
}
