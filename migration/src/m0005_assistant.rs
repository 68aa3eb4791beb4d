//! Assistants: conversations with them, their answers, and where they may be asked.

use sea_orm_migration::{prelude::*, schema};

/// See the module.
pub(crate) struct Assistant;

impl MigrationName for Assistant {
    fn name(&self) -> &'static str {
        "m0005_assistant"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Assistant {
    /// SQLite, too: a kill in the middle must not leave half a schema.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [conversation(), answer(), room_assistant()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn conversation() -> TableCreateStatement {
    Table::create()
        .table("conversation")
        .col(schema::text("id").primary_key())
        .col(schema::text("user_id"))
        .col(schema::text("assistant_id"))
        .col(schema::text_null("title"))
        .col(schema::big_integer("message_seq"))
        .col(schema::big_integer("delivered_seq"))
        .col(schema::big_integer("seen_seq"))
        .col(schema::timestamp_with_time_zone("created_at"))
        .col(schema::timestamp_with_time_zone("updated_at"))
        .col(schema::timestamp_with_time_zone_null("deleted_at"))
        .foreign_key(ForeignKey::create().from("conversation", "id").to("room", "id"))
        .take()
}

fn answer() -> TableCreateStatement {
    Table::create()
        .table("answer")
        .col(schema::text("id").primary_key())
        .col(schema::text("room_id"))
        .col(schema::text("assistant_id"))
        .col(schema::text("question_id"))
        .col(schema::text("asked_by"))
        .col(schema::text("state"))
        .col(schema::text("content"))
        .col(schema::big_integer("pieces"))
        .col(schema::text("host"))
        .col(schema::timestamp_with_time_zone("created_at"))
        .col(schema::timestamp_with_time_zone_null("ended_at"))
        .foreign_key(ForeignKey::create().from("answer", "room_id").to("room", "id"))
        .take()
}

fn room_assistant() -> TableCreateStatement {
    Table::create()
        .table("room_assistant")
        .col(schema::text("room_id"))
        .col(schema::text("assistant_id"))
        .col(schema::text("state"))
        .col(schema::text("requested_by"))
        .col(schema::big_integer("since_seq"))
        .col(schema::timestamp_with_time_zone("updated_at"))
        .primary_key(Index::create().col("room_id").col("assistant_id"))
        .foreign_key(ForeignKey::create().from("room_assistant", "room_id").to("consultation", "id"))
        .take()
}

fn indexes() -> [IndexCreateStatement; 5] {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.table(table).name(name);
        for column in columns {
            index.col(*column);
        }
        index
    };
    [
        index("conversation_by_user_id", "conversation", &["user_id", "updated_at", "id"]),
        // A question has one answer.
        index("answer_by_question_id", "answer", &["question_id"]).unique().take(),
        index("answer_by_room_id", "answer", &["room_id"]),
        index("answer_by_state", "answer", &["state"]),
        index("answer_by_asked_by", "answer", &["asked_by", "assistant_id", "created_at"]),
    ]
}
