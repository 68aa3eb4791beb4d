//! A file of a room. Its bytes are in the vault, under its id.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub room_id: String,
    pub uploaded_by: String,
    pub name: Private,
    pub content_type: String,
    /// Plain ones.
    pub bytes: i64,
    /// The key-encryption key; none once the file is erased.
    pub key_id: Option<String>,
    /// Base64url.
    pub wrapped_key: Option<String>,
    /// The message that names it.
    pub message_id: Option<String>,
    pub message_seq: Option<i64>,
    pub uploaded_at: DateTimeUtc,
    /// Since when it is whole in the vault.
    pub stored_at: Option<DateTimeUtc>,
    /// Since when nobody may open it; the row goes when the file has gone.
    pub deleted_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
