//! A room of one person with one assistant.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: String,
    pub assistant_id: String,
    pub title: Option<Private>,
    /// The newest message; 0: there is none.
    pub message_seq: i64,
    pub delivered_seq: i64,
    pub seen_seq: i64,
    pub created_at: DateTimeUtc,
    /// When something was said last, or it was renamed: what lists are ordered by.
    pub updated_at: DateTimeUtc,
    /// When it was deleted; what was said in it is gone then.
    pub deleted_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
