//! Accounts of the clinic's own, and the logins with which people use them.

use sea_orm_migration::{prelude::*, schema};

/// See the module.
pub(crate) struct Account;

impl MigrationName for Account {
    fn name(&self) -> &'static str {
        "m0002_account"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Account {
    /// SQLite, too: a kill in the middle must not leave half a schema.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(account()).await?;
        manager.create_table(login()).await?;
        for column in ["user_id", "ended_at", "expires_at"] {
            let index = Index::create().table("login").name(format!("login_by_{column}")).col(column).take();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn account() -> TableCreateStatement {
    Table::create()
        .table("account")
        .col(schema::text("user_id").primary_key())
        .col(schema::text_null("name"))
        .col(schema::text("role"))
        .col(schema::text("password_hash"))
        .col(schema::timestamp_with_time_zone("password_at"))
        .col(schema::timestamp_with_time_zone_null("disabled_at"))
        .col(schema::timestamp_with_time_zone("created_at"))
        .take()
}

fn login() -> TableCreateStatement {
    Table::create()
        .table("login")
        .col(schema::text("id").primary_key())
        .col(schema::text("user_id"))
        .col(schema::big_integer("generation"))
        .col(schema::timestamp_with_time_zone("rotated_at"))
        .col(schema::timestamp_with_time_zone("created_at"))
        .col(schema::timestamp_with_time_zone("expires_at"))
        .col(schema::timestamp_with_time_zone_null("ended_at"))
        .foreign_key(ForeignKey::create().from("login", "user_id").to("account", "user_id"))
        .take()
}
