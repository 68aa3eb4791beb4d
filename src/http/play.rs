//! Playing recordings: by token, or in a browser's player, which can show none, by the cookie that a token was given.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header};
use bedside_protocol::{
    Code,
    ids::{RecordingId, UserId},
    text::{Name, Timestamp},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    auth::{Identity, Ticket},
    domain::Clinic,
    error::{Error, Result},
    http::{
        caller::{Caller, identify},
        cookie::{self, Cookie},
        file::File,
        operation::{Answer, Ask},
        problem::Problem,
    },
    model::actor::Actor,
    store::RecordingFile,
};

/// Somebody who is about to play, with all that their token says.
pub struct Spectator(Identity);

impl Caller for Spectator {
    const NEEDS_TOKEN: bool = true;
    // A kept answer has no cookie, and asking once more costs nothing.
    const REPEATABLE: bool = false;

    async fn find(request: &HttpRequest, clinic: &Clinic) -> std::result::Result<Self, Problem> {
        Ok(Self(identify(request, clinic).await?))
    }

    fn user_id(&self) -> Option<&UserId> {
        Some(&self.0.user_id)
    }
}

/// Somebody who plays: by their token, or by the cookie for the recording that the path names.
pub struct Player(Actor);

impl Caller for Player {
    const NEEDS_TOKEN: bool = true;

    async fn find(request: &HttpRequest, clinic: &Clinic) -> std::result::Result<Self, Problem> {
        let ticket = cookie::kept(request, cookie::PLAY);
        let identity = match ticket {
            Some(ticket) if !request.headers().contains_key(header::AUTHORIZATION) => {
                let id: RecordingId = request.match_info().load().ok().ok_or(Code::NotFound)?;
                clinic.identify_ticket(ticket.expose(), &id).await?
            }
            Some(_) | None => identify(request, clinic).await?,
        };
        Ok(Self(identity.into()))
    }

    fn user_id(&self) -> Option<&UserId> {
        Some(&self.0.user_id)
    }
}

/// A recording may be played in this browser, which is given a cookie for it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Admitted {
    /// Until when. Ask again before.
    expires_at: Timestamp,
    #[serde(skip)]
    cookie: Cookie,
}

impl Answer for Admitted {
    fn cookie(&self) -> Option<Cookie> {
        Some(self.cookie.clone())
    }
}

/// `POST /api/v1/recordings/{id}/play`
pub async fn ticket(ask: Ask<Spectator, RecordingId>) -> Result<Admitted> {
    let ticket = ask.clinic.ticket_to_play(&ask.caller.0, &ask.path).await?;
    let Ticket { text, seconds, expires_at } = ticket;
    let cookie = Cookie::Play { recording: ask.path, ticket: text, seconds };
    Ok(Admitted { expires_at: expires_at.into(), cookie })
}

/// Which of a recording's files.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Which {
    /// The leg, as the recording names it.
    leg: String,
    /// The part of it; the first, if none is named.
    part: Option<u32>,
}

/// `GET /api/v1/recordings/{id}/media`
pub async fn media(ask: Ask<Player, RecordingId, Which>) -> Result<File> {
    let Ask { clinic, caller: Player(actor), path: id, query: Which { leg, part }, .. } = ask;
    let (file, playing) = clinic.play_recording(&actor, &id, &leg, part).await?;
    let name = name(&id, &file)?;
    let still = move || {
        let (clinic, actor, id) = (Arc::clone(&clinic), actor.clone(), id.clone());
        async move { clinic.still_plays(&actor, &id).await }
    };
    Ok(File::new(playing, &file.sha256, &file.content_type, &name, still))
}

/// What somebody saves it as: nobody's name.
fn name(id: &RecordingId, file: &RecordingFile) -> Result<Name> {
    let ending = if file.content_type.ends_with("webm") { "webm" } else { "mkv" };
    Name::parse(&format!("{id}-{}-{}.{ending}", file.leg, file.part)).map_err(Error::fault)
}
