//! Files of a visit, sealed elsewhere: whose they are, what they are, and the keys that open them, wrapped.

use sea_orm_migration::{prelude::*, schema};

/// See the module.
pub(crate) struct Attachment;

impl MigrationName for Attachment {
    fn name(&self) -> &'static str {
        "m0004_attachment"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Attachment {
    /// SQLite, too: a kill in the middle must not leave half a schema.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(attachment()).await?;
        for column in ["consultation_id", "message_id", "uploaded_at", "deleted_at", "key_id"] {
            let index = Index::create()
                .table("attachment")
                .name(format!("attachment_by_{column}"))
                .col(column)
                .take();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn attachment() -> TableCreateStatement {
    Table::create()
        .table("attachment")
        .col(schema::text("id").primary_key())
        .col(schema::text("consultation_id"))
        .col(schema::text("uploaded_by"))
        .col(schema::text("name"))
        .col(schema::text("content_type"))
        .col(schema::big_integer("bytes"))
        .col(schema::text_null("key_id"))
        .col(schema::text_null("wrapped_key"))
        .col(schema::text_null("message_id"))
        .col(schema::big_integer_null("message_seq"))
        .col(schema::timestamp_with_time_zone("uploaded_at"))
        .col(schema::timestamp_with_time_zone_null("stored_at"))
        .col(schema::timestamp_with_time_zone_null("deleted_at"))
        .foreign_key(ForeignKey::create().from("attachment", "consultation_id").to("consultation", "id"))
        .take()
}
