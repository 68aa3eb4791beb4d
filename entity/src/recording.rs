//! A recording of a visit. It stays when its files are deleted.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recording")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub consultation_id: String,
    pub requested_by: String,
    pub audio_only: bool,
    pub state: String,
    pub reason: Option<String>,
    pub text_version: String,
    pub requested_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    pub duration_ms: i64,
    /// How many takes there are: each recorder that took it up made one.
    pub take: i64,
    /// The key that its data key is wrapped with; none once it was erased.
    pub key_id: Option<String>,
    /// Its data key, wrapped.
    pub wrapped_key: Option<String>,
    pub expires_at: Option<DateTimeUtc>,
    pub deleted_at: Option<DateTimeUtc>,
    /// Empty: the server.
    pub deleted_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
