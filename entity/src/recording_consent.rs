//! What somebody has said to a recording: a row of the room's log once more, to be found by the recording.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recording_consent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub recording_id: String,
    /// The row's place in the log.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub user_id: String,
    pub decision: String,
    pub text_version: String,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
