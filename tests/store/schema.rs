//! Opening a database: old ones, new ones, ones that cannot be opened, and copies.

use bedside::store::{BackupError, DatabaseSettings, OpenError, Redaction, Store};
use bedside_migration::{Migrator, MigratorTrait};
use bedside_protocol::ids::AttachmentId;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::value::to_raw_value;

use crate::support::*;

/// A way in that is not the store's.
async fn beside(db: &Database) -> DatabaseConnection {
    let url = db.url.replace("sqlite:", "sqlite://");
    sea_orm::Database::connect(if url.starts_with("sqlite") { format!("{url}?mode=rwc") } else { url })
        .await
        .unwrap()
}

both! {
    async fn a_database_of_any_earlier_version_is_brought_up_to_date(db: Database) {
        let beside = beside(&db).await;
        for version in 0..=Migrator::migrations().len() {
            Migrator::up(&beside, Some(version.try_into().unwrap())).await.unwrap();
            let store = db.open().await;
            let room = room(&store, &format!("room{version}")).await;
            say(&store, &room, "anna", "1").await.unwrap();
            store.close().await;
        }
        let store = db.open().await;
        assert_eq!(store.head(&"room0".parse().unwrap()).await.unwrap(), 1, "what was there is still there");
    }

    async fn files_of_visits_stay_theirs_when_files_become_those_of_any_room(db: Database) {
        let store = db.open().await;
        let room = room(&store, "visit").await;
        store.close().await;
        // As it was before.
        let (beside, file) = (beside(&db).await, AttachmentId::new());
        for statement in [
            "DELETE FROM seaql_migrations WHERE version = 'm0006_room_attachment'",
            "DROP TABLE attachment",
            "CREATE TABLE attachment (id text PRIMARY KEY, consultation_id text NOT NULL REFERENCES consultation (id), \
             uploaded_by text NOT NULL, name text NOT NULL, content_type text NOT NULL, bytes bigint NOT NULL, \
             key_id text, wrapped_key text, message_id text, message_seq bigint, \
             uploaded_at timestamp with time zone NOT NULL, stored_at timestamp with time zone, \
             deleted_at timestamp with time zone)",
            &format!(
                "INSERT INTO attachment VALUES ('{file}', '{room}', 'anna', 'a.txt', 'text/plain', 4, NULL, NULL, NULL, \
                 7, '2026-01-02 03:04:05+00:00', '2026-01-02 03:04:06+00:00', NULL)"
            ),
        ] {
            beside.execute_unprepared(statement).await.unwrap();
        }

        let store = db.open().await;
        let found = store.attachment(&file).await.unwrap().unwrap();
        assert_eq!((found.room, found.name.as_str(), found.bytes), (room, "a.txt", 4));
        assert_eq!((found.message_seq, found.uploaded_at.to_rfc3339()), (Some(7), "2026-01-02T03:04:05+00:00".to_owned()));
    }

    async fn a_newer_schema_is_refused_in_one_line_and_left_alone(db: Database) {
        db.open().await.close().await;
        let beside = beside(&db).await;
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_tomorrow', 1)";
        beside.execute_unprepared(newer).await.unwrap();
        let refused = Store::open(&db.settings, |_| ()).await.unwrap_err();
        assert!(matches!(&refused, OpenError::Newer(version) if version == "m9999_tomorrow"));
        let line = refused.to_string();
        assert!(line.contains("newer version") && line.contains("m9999_tomorrow") && !line.contains('\n'), "{line}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_said_in_one_line_without_its_password() {
    let folder = tempfile::TempDir::new().unwrap();
    let settings = |url: &str| DatabaseSettings::new(Some(url), folder.path());
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [
        format!("postgresql://bedside:hunter2@127.0.0.1:{port}/bedside"),
        format!("sqlite:{}/nowhere/hunter2.sqlite3", folder.path().display()),
    ] {
        let settings = settings(&url).unwrap();
        let line = Store::open(&settings, |_| ()).await.unwrap_err().to_string();
        assert!(line.starts_with("the database cannot be opened: ") && !line.contains('\n'), "{line}");
        let postgres = matches!(settings, DatabaseSettings::Postgres(_));
        assert!(!(postgres && format!("{line} {settings:?}").contains("hunter2")), "{line} {settings:?}");
    }
    for url in ["mysql://localhost/x", "bedside.sqlite3", "sqlite:"] {
        assert!(matches!(settings(url), Err(OpenError::Address)), "{url}");
    }
}

#[tokio::test]
async fn without_an_address_the_database_is_a_private_file_in_the_data_folder() {
    let folder = tempfile::TempDir::new().unwrap();
    let settings = DatabaseSettings::new(None, folder.path()).unwrap();
    Store::open(&settings, |_| ()).await.unwrap();
    let mode = std::fs::metadata(folder.path().join("bedside.sqlite3")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
}

#[tokio::test]
async fn a_copy_made_while_the_database_is_used_holds_everything_acknowledged() {
    let db = Database::sqlite();
    let store = db.open().await;
    let room = room(&store, "a").await;
    for key in 0..20 {
        say(&store, &room, "anna", &key.to_string()).await.unwrap();
    }
    let copy = db.folder.path().join("copy.sqlite3");
    Store::backup(&db.settings, &copy).await.unwrap();
    say(&store, &room, "anna", "later").await.unwrap();
    let opened = Store::open(&DatabaseSettings::Sqlite(copy.clone()), |_| ()).await.unwrap();
    assert_eq!(opened.head(&room).await.unwrap(), 20);

    assert!(
        matches!(Store::backup(&db.settings, &copy).await, Err(BackupError::Place(..))),
        "it overwrites nothing"
    );
    let nothing = DatabaseSettings::Sqlite(db.folder.path().join("nothing"));
    assert!(matches!(Store::backup(&nothing, &copy).await, Err(BackupError::Missing(_))));
    let postgres = DatabaseSettings::new(Some("postgres://localhost/x"), db.folder.path()).unwrap();
    assert!(Store::backup(&postgres, &copy).await.unwrap_err().to_string().contains("pg_dump"));
}

#[tokio::test]
async fn nothing_of_a_redacted_message_is_left_in_the_files() {
    let db = Database::sqlite();
    let store = db.open().await;
    let room = room(&store, "a").await;
    let secret = store.append(&room, message("ben", None, &"MARKER-7261 ".repeat(300))).await.unwrap().row;
    let blanked = to_raw_value(&serde_json::json!({ "content": null })).unwrap().into();
    let message = secret.message_id.clone().unwrap();
    store.redact(Redaction { room, message, blanked, event: fact("redaction") }).await.unwrap();
    store.close().await;
    for file in std::fs::read_dir(db.folder.path()).unwrap() {
        let file = file.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"MARKER-7261"), "{}", file.display());
    }
}
