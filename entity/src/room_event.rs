//! A row of a room's log.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub kind: String,
    /// Empty: the server.
    pub actor_id: String,
    /// What the actor calls it, so that a retry is the same row.
    pub client_key: Option<String>,
    /// The message's id.
    pub event_id: Option<String>,
    /// JSON, as it stands on the wire.
    pub payload: Private,
    pub at: DateTimeUtc,
    /// The row that took this one back.
    pub redacted_seq: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
