//! Migrations of the Bedside database: one source for SQLite and PostgreSQL, one file a change.
//!
//! A migration that has shipped is never edited; the next change is a new file.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DatabaseConnection, EntityTrait},
    seaql_migrations,
};

pub use sea_orm_migration::MigratorTrait;

mod m0001_visit;
mod m0002_account;
mod m0003_recording;
mod m0004_attachment;
mod m0005_assistant;
mod m0006_room_attachment;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_visit::Visit),
            Box::new(m0002_account::Account),
            Box::new(m0003_recording::Recording),
            Box::new(m0004_attachment::Attachment),
            Box::new(m0005_assistant::Assistant),
            Box::new(m0006_room_attachment::RoomAttachment),
        ]
    }
}

impl Migrator {
    /// Migrations that the database has seen and this program does not know: a newer program was here.
    /// It only reads.
    pub async fn unknown(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
        if !SchemaManager::new(db).has_table("seaql_migrations").await? {
            return Ok(Vec::new());
        }
        let known = Self::migrations();
        let applied = seaql_migrations::Entity::find().all(db).await?;
        let unknown = |version: &String| known.iter().all(|migration| migration.name() != version);
        Ok(applied.into_iter().map(|migration| migration.version).filter(unknown).collect())
    }
}
