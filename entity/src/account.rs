//! Somebody who logs in with a password of this server's own.

use sea_orm::entity::prelude::*;

use crate::Private;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    pub name: Option<Private>,
    pub role: String,
    pub password_hash: Private,
    pub password_at: DateTimeUtc,
    pub disabled_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
