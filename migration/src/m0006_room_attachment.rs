//! Files belong to a room of any kind: to a conversation as well as to a visit.

use sea_orm_migration::{prelude::*, schema};

/// See the module.
pub(crate) struct RoomAttachment;

/// What the table is called until the one before has gone.
const NEW: &str = "attachment_of_room";
const COPY: &str = "INSERT INTO attachment_of_room SELECT id, consultation_id, uploaded_by, name, content_type, bytes, \
                    key_id, wrapped_key, message_id, message_seq, uploaded_at, stored_at, deleted_at FROM attachment";

impl MigrationName for RoomAttachment {
    fn name(&self) -> &'static str {
        "m0006_room_attachment"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for RoomAttachment {
    /// SQLite, too: a kill in the middle must not leave half a schema.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    /// SQLite points no key elsewhere in a table that stands: its rows move to another one.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(attachment()).await?;
        manager.get_connection().execute_unprepared(COPY).await?;
        manager.drop_table(Table::drop().table("attachment").take()).await?;
        manager.rename_table(Table::rename().table(NEW, "attachment").take()).await?;
        for column in ["room_id", "message_id", "uploaded_at", "deleted_at", "key_id"] {
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
        .table(NEW)
        .col(schema::text("id").primary_key())
        .col(schema::text("room_id"))
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
        .foreign_key(ForeignKey::create().from(NEW, "room_id").to("room", "id"))
        .take()
}
