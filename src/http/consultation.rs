//! Visits: making, finding, seeing and changing them, and what becomes of them.

use std::{fmt, str::FromStr};

use bedside_protocol::{
    Refusal,
    consultation::{Consultation, IcePolicy, RecordingPolicy, Status},
    ids::{RoomId, UserId},
    session::Role,
    text::{Name, Reason, Timestamp},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    domain::consultation::{NewPlace, NewVisit},
    error::Result,
    http::operation::{Answer, Ask, Nothing, check_seen},
    model::actor::Actor,
    store::{Amendment, Cursor, Filter, LIST_ROWS},
};

/// A visit to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConsultation {
    /// Its doctor.
    doctor_id: UserId,
    /// Its patient.
    patient_id: UserId,
    /// What the patient is called, where they have no account that says so.
    #[serde(default)]
    patient_name: Option<Name>,
    /// What it is about.
    #[serde(default)]
    reason: Option<Reason>,
    /// When it shall be.
    #[serde(default)]
    scheduled_at: Option<Timestamp>,
    /// Whether all but doctors wait to be admitted.
    #[serde(default = "yes")]
    waiting_room: bool,
    /// Who may record.
    #[serde(default)]
    recording_policy: RecordingPolicy,
    /// Which ICE candidates are let through.
    #[serde(default)]
    ice_policy: IcePolicy,
}

fn yes() -> bool {
    true
}

/// `POST /api/v1/consultations`
pub async fn create(ask: Ask<Actor, (), Nothing, NewConsultation>) -> Result<Consultation> {
    let new = ask.body;
    let new = NewVisit {
        doctor_id: new.doctor_id,
        patient_id: new.patient_id,
        patient_name: new.patient_name,
        reason: new.reason,
        scheduled_at: new.scheduled_at,
        waiting_room: new.waiting_room,
        recording_policy: new.recording_policy,
        ice_policy: new.ice_policy,
    };
    ask.clinic.create_visit(&ask.caller, new).await
}

/// Which visits to list. A visit's time is when it is scheduled, or else when it was made.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Visits {
    /// Only those that stand at one of these, separated by commas.
    #[serde(default)]
    status: Option<Statuses>,
    /// Only those at this time or later.
    #[serde(default)]
    from: Option<Timestamp>,
    /// Only those before this time.
    #[serde(default)]
    to: Option<Timestamp>,
    /// How many at the most.
    #[serde(default)]
    #[schemars(range(min = 1, max = LIST_ROWS))]
    limit: Option<u64>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<Text<Cursor>>,
}

/// Statuses, separated by commas.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Statuses(#[schemars(with = "String")] Vec<Status>);

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let statuses: std::result::Result<_, _> = text.split(',').map(str::parse).collect();
        statuses.map(Self).map_err(de::Error::custom)
    }
}

/// Something that stands in a query as text.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Text<T>(#[schemars(with = "String")] pub(super) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

/// A page of visits, the newest first.
#[derive(Serialize, JsonSchema)]
pub struct VisitList {
    /// The visits.
    items: Vec<Consultation>,
    /// The `cursor` of the next page, if there is one.
    next: Option<String>,
}

impl Answer for VisitList {}

/// `GET /api/v1/consultations`
pub async fn list(ask: Ask<Actor, (), Visits>) -> Result<VisitList> {
    let Visits { status, from, to, limit, cursor } = ask.query;
    let filter = Filter {
        user: None,
        status: status.map(|status| status.0).unwrap_or_default(),
        from: from.map(Timestamp::time),
        to: to.map(Timestamp::time),
        limit: page_size(limit)?,
        cursor: cursor.map(|cursor| cursor.0),
    };
    let (items, next) = ask.clinic.list_visits(&ask.caller, filter).await?;
    Ok(VisitList { items, next: next.map(|cursor| cursor.to_string()) })
}

/// How many items a page has: what was asked for, or as many as it may.
pub fn page_size(limit: Option<u64>) -> std::result::Result<u64, Refusal> {
    match limit {
        None => Ok(LIST_ROWS),
        Some(limit) if (1..=LIST_ROWS).contains(&limit) => Ok(limit),
        Some(_) => Err(Refusal::malformed("limit", format!("from 1 to {LIST_ROWS}"))),
    }
}

/// `GET /api/v1/consultations/{id}`
pub async fn see(ask: Ask<Actor, RoomId>) -> Result<Consultation> {
    ask.clinic.see_visit(&ask.caller, &ask.path).await
}

/// New terms of a visit; what is left away stays.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTerms {
    /// What it is about; `null` takes it away.
    #[serde(default, deserialize_with = "said")]
    reason: Option<Option<Reason>>,
    /// When it shall be; `null`: not known.
    #[serde(default, deserialize_with = "said")]
    scheduled_at: Option<Option<Timestamp>>,
    /// Whether all but doctors wait to be admitted.
    #[serde(default)]
    waiting_room: Option<bool>,
    /// Who may record.
    #[serde(default)]
    recording_policy: Option<RecordingPolicy>,
    /// Which ICE candidates are let through.
    #[serde(default)]
    ice_policy: Option<IcePolicy>,
}

/// `null` is something that was said; nothing is nothing.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
pub(super) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `PATCH /api/v1/consultations/{id}`
pub async fn amend(ask: Ask<Actor, RoomId, Nothing, NewTerms>) -> Result<Consultation> {
    let NewTerms { reason, scheduled_at, waiting_room, recording_policy, ice_policy } = ask.body;
    let scheduled_at = scheduled_at.map(|at| at.map(Timestamp::time));
    let amendment = Amendment { reason, scheduled_at, waiting_room, recording_policy, ice_policy };
    ask.clinic.amend(&ask.caller, &ask.path, ask.seen.version(), amendment).await
}

/// Why a visit is called off.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cancellation {
    /// Why.
    #[serde(default)]
    reason: Option<Reason>,
}

/// `POST /api/v1/consultations/{id}/cancel`
pub async fn cancel(ask: Ask<Actor, RoomId, Nothing, Cancellation>) -> Result<Consultation> {
    still_as_seen(&ask).await?;
    let version = ask.seen.version();
    let closed = ask.clinic.cancel_visit(&ask.caller, &ask.path, ask.body.reason, version).await?;
    Ok(closed.consultation)
}

/// How a visit ends.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ending {
    /// What to note.
    #[serde(default)]
    outcome: Option<Reason>,
}

/// `POST /api/v1/consultations/{id}/end`
pub async fn end(ask: Ask<Actor, RoomId, Nothing, Ending>) -> Result<Consultation> {
    still_as_seen(&ask).await?;
    let version = ask.seen.version();
    Ok(ask.clinic.end_visit(&ask.caller, &ask.path, ask.body.outcome, version).await?.consultation)
}

/// `POST /api/v1/consultations/{id}/no-show`
pub async fn no_show(ask: Ask<Actor, RoomId>) -> Result<Consultation> {
    still_as_seen(&ask).await?;
    Ok(ask.clinic.no_show(Some(&ask.caller), &ask.path, ask.seen.version()).await?.consultation)
}

/// `POST /api/v1/consultations/{id}/reopen`
pub async fn reopen(ask: Ask<Actor, RoomId>) -> Result<Consultation> {
    still_as_seen(&ask).await?;
    ask.clinic.reopen(&ask.caller, &ask.path, ask.seen.version()).await
}

/// A stale version is said before a step that is not open any more: it is why the step is not.
async fn still_as_seen<Q, B>(ask: &Ask<Actor, RoomId, Q, B>) -> Result<()> {
    if ask.seen.version().is_some() {
        let access = ask.clinic.manager(&ask.caller, &ask.path).await?;
        check_seen(ask.seen, access.visit.version)?;
    }
    Ok(())
}

/// Somebody who is given a part: an interpreter, a carer, a second doctor.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewParticipant {
    /// Who.
    user_id: UserId,
    /// As what: `guest` or `doctor`.
    #[serde(default = "guest")]
    role: Role,
    /// What they are called.
    #[serde(default)]
    name: Option<Name>,
}

fn guest() -> Role {
    Role::Guest
}

/// `POST /api/v1/consultations/{id}/participants`
pub async fn add(ask: Ask<Actor, RoomId, Nothing, NewParticipant>) -> Result<Consultation> {
    let NewParticipant { user_id, role, name } = ask.body;
    ask.clinic.add_place(&ask.caller, &ask.path, NewPlace { user_id, role, name }).await
}

/// `DELETE /api/v1/consultations/{id}/participants/{userId}`
pub async fn remove(ask: Ask<Actor, (RoomId, UserId)>) -> Result<Consultation> {
    let (id, user) = ask.path;
    ask.clinic.remove_place(&ask.caller, &id, &user).await
}
