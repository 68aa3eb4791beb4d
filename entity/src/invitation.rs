//! A link that opens one consultation without an account, for the device that accepts it first.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub consultation_id: String,
    pub user_id: String,
    pub role: String,
    pub name: Option<Private>,
    /// The link's secret is not kept, only this.
    pub token_hash: String,
    pub device_hash: Option<String>,
    pub accepted_at: Option<DateTimeUtc>,
    pub expires_at: DateTimeUtc,
    pub created_by: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
