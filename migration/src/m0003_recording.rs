//! Recordings, what people have said to them, and what is kept of them.

use sea_orm_migration::{prelude::*, schema};

/// See the module.
pub(crate) struct Recording;

impl MigrationName for Recording {
    fn name(&self) -> &'static str {
        "m0003_recording"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Recording {
    /// SQLite, too: a kill in the middle must not leave half a schema.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [recording(), recording_consent(), recording_file()] {
            manager.create_table(table).await?;
        }
        for column in ["consultation_id", "state", "expires_at"] {
            let name = format!("recording_by_{column}");
            let index = Index::create().table("recording").name(name).col(column).take();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn recording() -> TableCreateStatement {
    Table::create()
        .table("recording")
        .col(schema::text("id").primary_key())
        .col(schema::text("consultation_id"))
        .col(schema::text("requested_by"))
        .col(schema::boolean("audio_only"))
        .col(schema::text("state"))
        .col(schema::text_null("reason"))
        .col(schema::text("text_version"))
        .col(schema::timestamp_with_time_zone("requested_at"))
        .col(schema::timestamp_with_time_zone_null("started_at"))
        .col(schema::timestamp_with_time_zone_null("ended_at"))
        .col(schema::big_integer("duration_ms"))
        .col(schema::big_integer("take"))
        .col(schema::text_null("key_id"))
        .col(schema::text_null("wrapped_key"))
        .col(schema::timestamp_with_time_zone_null("expires_at"))
        .col(schema::timestamp_with_time_zone_null("deleted_at"))
        .col(schema::text_null("deleted_by"))
        .foreign_key(ForeignKey::create().from("recording", "consultation_id").to("consultation", "id"))
        .take()
}

fn recording_consent() -> TableCreateStatement {
    Table::create()
        .table("recording_consent")
        .col(schema::text("recording_id"))
        .col(schema::big_integer("seq"))
        .col(schema::text("user_id"))
        .col(schema::text("decision"))
        .col(schema::text("text_version"))
        .col(schema::timestamp_with_time_zone("at"))
        .primary_key(Index::create().col("recording_id").col("seq"))
        .foreign_key(ForeignKey::create().from("recording_consent", "recording_id").to("recording", "id"))
        .take()
}

fn recording_file() -> TableCreateStatement {
    Table::create()
        .table("recording_file")
        .col(schema::text("recording_id"))
        .col(schema::text("file"))
        .col(schema::text("leg"))
        .col(schema::big_integer("part"))
        .col(schema::text("user_id"))
        .col(schema::text_null("name"))
        .col(schema::text_null("role"))
        .col(schema::text("content_type"))
        .col(schema::text("codecs"))
        .col(schema::big_integer("starts_at_ms"))
        .col(schema::big_integer("duration_ms"))
        .col(schema::big_integer("plain_bytes"))
        .col(schema::big_integer("sealed_bytes"))
        .col(schema::text("sha256"))
        .col(schema::boolean("recovered"))
        .col(schema::boolean("playable"))
        .primary_key(Index::create().col("recording_id").col("file"))
        .foreign_key(ForeignKey::create().from("recording_file", "recording_id").to("recording", "id"))
        .take()
}
