//! A sealed file of a recording.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recording_file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub recording_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub file: String,
    pub leg: String,
    pub part: i64,
    pub user_id: String,
    pub name: Option<Private>,
    pub role: Option<String>,
    pub content_type: String,
    /// With commas between them.
    pub codecs: String,
    pub starts_at_ms: i64,
    pub duration_ms: i64,
    pub plain_bytes: i64,
    pub sealed_bytes: i64,
    /// SHA-256 of the sealed file, in hexadecimal.
    pub sha256: String,
    pub recovered: bool,
    /// Whether it is media; the manifest is a file, too.
    pub playable: bool,
}

impl ActiveModelBehavior for ActiveModel {}
