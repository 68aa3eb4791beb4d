//! An answer of an assistant's. While it is written its text is here; then it is a message of the room.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "answer")]
pub struct Model {
    /// The id of the message that it becomes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub room_id: String,
    pub assistant_id: String,
    pub question_id: String,
    pub asked_by: String,
    pub state: String,
    /// What there is of it while it is written; empty afterwards.
    pub content: Private,
    pub pieces: i64,
    pub host: String,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
