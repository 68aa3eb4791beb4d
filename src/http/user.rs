//! Whom one may see, and how they can be reached.

use bedside_protocol::{ids::UserId, presence::UserPresence, session::Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    http::{
        consultation::page_size,
        operation::{Answer, Ask},
    },
    model::actor::Actor,
    store::LIST_ROWS,
};

/// Whom to list.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Users {
    /// Those of this role; without it, doctors.
    #[serde(default)]
    role: Option<Role>,
    /// How many at the most.
    #[serde(default)]
    #[schemars(range(min = 1, max = LIST_ROWS))]
    limit: Option<u64>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<UserId>,
}

/// A page of people, in the order of their ids.
#[derive(Serialize, JsonSchema)]
pub struct UserList {
    /// The people.
    items: Vec<UserPresence>,
    /// The `cursor` of the next page, if there may be one.
    next: Option<UserId>,
}

impl Answer for UserList {}

/// `GET /api/v1/users`
pub async fn list(ask: Ask<Actor, (), Users>) -> Result<UserList> {
    let Users { role, limit, cursor } = ask.query;
    let limit = page_size(limit)?;
    let role = role.unwrap_or(Role::Doctor);
    let items = ask.clinic.people(&ask.caller, role, cursor.as_ref(), limit).await?;
    let last = items.last().filter(|_| items.len() as u64 == limit);
    Ok(UserList { next: last.map(|person| person.user_id.clone()), items })
}
