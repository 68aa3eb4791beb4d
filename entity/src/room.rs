//! The head of a room's log. Its row is what appends to the room take their turns on.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub last_seq: i64,
    /// No more is written but what happens after the end, such as a redaction.
    pub closed: bool,
}

impl ActiveModelBehavior for ActiveModel {}
