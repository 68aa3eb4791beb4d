//! The first tables: a visit, its people, its room and the room's log.

use sea_orm_migration::{prelude::*, schema};

/// See the module.
pub(crate) struct Visit;

impl MigrationName for Visit {
    fn name(&self) -> &'static str {
        "m0001_visit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Visit {
    /// SQLite, too: a kill in the middle must not leave half a schema.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in
            [person(), room(), room_event(), consultation(), participant(), invitation(), idempotency()]
        {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn id(column: &'static str) -> ColumnDef {
    schema::text(column)
}

fn time(column: &'static str) -> ColumnDef {
    schema::timestamp_with_time_zone(column)
}

fn time_null(column: &'static str) -> ColumnDef {
    schema::timestamp_with_time_zone_null(column)
}

fn person() -> TableCreateStatement {
    Table::create()
        .table("person")
        .col(id("id").primary_key())
        .col(schema::text_null("name"))
        .col(schema::text("role"))
        .col(time("first_seen_at"))
        .col(time("last_seen_at"))
        .take()
}

fn room() -> TableCreateStatement {
    Table::create()
        .table("room")
        .col(id("id").primary_key())
        .col(schema::big_integer("last_seq"))
        .col(schema::boolean("closed"))
        .take()
}

fn room_event() -> TableCreateStatement {
    Table::create()
        .table("room_event")
        .col(id("room_id"))
        .col(schema::big_integer("seq"))
        .col(schema::text("kind"))
        .col(id("actor_id"))
        .col(schema::text_null("client_key"))
        .col(schema::text_null("event_id"))
        .col(schema::text("payload"))
        .col(time("at"))
        .col(schema::big_integer_null("redacted_seq"))
        .primary_key(Index::create().col("room_id").col("seq"))
        .foreign_key(ForeignKey::create().from("room_event", "room_id").to("room", "id"))
        .take()
}

fn consultation() -> TableCreateStatement {
    Table::create()
        .table("consultation")
        .col(id("id").primary_key())
        .col(schema::text("status"))
        .col(id("doctor_id"))
        .col(id("patient_id"))
        .col(schema::text_null("reason"))
        .col(time_null("scheduled_at"))
        .col(time("due_at"))
        .col(time_null("started_at"))
        .col(time_null("ended_at"))
        .col(schema::text_null("end_reason"))
        .col(schema::boolean("waiting_room"))
        .col(schema::text("recording_policy"))
        .col(schema::text("ice_policy"))
        .col(schema::big_integer("version"))
        .col(id("created_by"))
        .col(time("created_at"))
        .foreign_key(ForeignKey::create().from("consultation", "id").to("room", "id"))
        .take()
}

fn participant() -> TableCreateStatement {
    Table::create()
        .table("participant")
        .col(id("consultation_id"))
        .col(id("user_id"))
        .col(schema::text("role"))
        .col(schema::text_null("name"))
        .col(schema::text("admission"))
        .col(time_null("waiting_since"))
        .col(time_null("admitted_at"))
        .col(schema::big_integer_null("admitted_seq"))
        .col(time_null("removed_at"))
        .col(schema::big_integer_null("removed_seq"))
        .col(schema::big_integer("delivered_seq"))
        .col(time_null("delivered_at"))
        .col(schema::big_integer("seen_seq"))
        .col(time_null("seen_at"))
        .col(time("added_at"))
        .primary_key(Index::create().col("consultation_id").col("user_id"))
        .foreign_key(ForeignKey::create().from("participant", "consultation_id").to("consultation", "id"))
        .take()
}

fn invitation() -> TableCreateStatement {
    Table::create()
        .table("invitation")
        .col(id("id").primary_key())
        .col(id("consultation_id"))
        .col(id("user_id"))
        .col(schema::text("role"))
        .col(schema::text_null("name"))
        .col(schema::text("token_hash"))
        .col(schema::text_null("device_hash"))
        .col(time_null("accepted_at"))
        .col(time("expires_at"))
        .col(id("created_by"))
        .col(time("created_at"))
        .foreign_key(ForeignKey::create().from("invitation", "consultation_id").to("consultation", "id"))
        .take()
}

fn idempotency() -> TableCreateStatement {
    Table::create()
        .table("idempotency")
        .col(id("actor_id"))
        .col(schema::text("key"))
        .col(schema::text("request_hash"))
        .col(schema::integer_null("status"))
        .col(schema::text_null("body"))
        .col(time("created_at"))
        .primary_key(Index::create().col("actor_id").col("key"))
        .take()
}

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.table(table).name(format!("{table}_by_{}", columns.join("_")));
    for column in columns {
        index.col(*column);
    }
    index
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("person", &["role"]),
        // A retry is the same row; rows without a key do not meet. The ids come first, because they grow with time:
        // what many rooms write together then meets in few pages, rather than in one for each room.
        index("room_event", &["client_key", "room_id", "actor_id"]).unique().take(),
        index("room_event", &["event_id", "room_id"]).unique().take(),
        index("consultation", &["due_at", "id"]),
        index("consultation", &["status", "due_at"]),
        index("participant", &["user_id"]),
        index("invitation", &["token_hash"]).unique().take(),
        index("invitation", &["consultation_id"]),
        index("idempotency", &["created_at"]),
    ]
}
