//! A visit. Its room has the same id.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consultation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub status: String,
    pub doctor_id: String,
    pub patient_id: String,
    pub reason: Option<Private>,
    pub scheduled_at: Option<DateTimeUtc>,
    /// `scheduled_at`, or else `created_at`: what lists are ordered by.
    pub due_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    pub end_reason: Option<Private>,
    pub waiting_room: bool,
    pub recording_policy: String,
    pub ice_policy: String,
    pub version: i64,
    pub created_by: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
