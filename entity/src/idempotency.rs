//! The answer that an `Idempotency-Key` was given, kept for a day.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub request_hash: String,
    /// HTTP status of the answer; absent while the request is under way.
    pub status: Option<i32>,
    pub body: Option<Private>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
