//! A person's part in a consultation, and how far they have read. It stays when they are removed.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "participant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub consultation_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    pub role: String,
    pub name: Option<Private>,
    pub admission: String,
    pub waiting_since: Option<DateTimeUtc>,
    pub admitted_at: Option<DateTimeUtc>,
    /// The row that admitted them first: what was said before is not theirs to read if they are a guest.
    pub admitted_seq: Option<i64>,
    pub removed_at: Option<DateTimeUtc>,
    pub removed_seq: Option<i64>,
    pub delivered_seq: i64,
    pub delivered_at: Option<DateTimeUtc>,
    pub seen_seq: i64,
    pub seen_at: Option<DateTimeUtc>,
    pub added_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
