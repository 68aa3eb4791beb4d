//! A database for a test, and words to write into it.

mod postgres;
mod proxy;

use std::{sync::Arc, time::Duration};

use bedside::store::{
    Admission, Appended, DatabaseSettings, Guard, LogRow, NewConsultation, NewEvent, NewParticipant, Store,
    StoreError,
};
use bedside_protocol::{
    consultation::{IcePolicy, RecordingPolicy},
    ids::{ClientMessageId, MessageId, RoomId, UserId},
    session::Role,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::value::to_raw_value;
use tempfile::TempDir;
use tokio::sync::watch;

pub(crate) use postgres::Postgres;
pub(crate) use proxy::Proxy;

/// A test on each database: `both! { async fn name(db: Database) { … } }`.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: Database) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn test($db: $crate::support::Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                test($crate::support::Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                test($crate::support::Database::postgres()).await;
            }
        }
    )*};
}

/// An empty database that is gone with the value.
pub(crate) struct Database {
    pub(crate) settings: DatabaseSettings,
    pub(crate) url: String,
    /// Where the file is, or whatever a test likes to put there.
    pub(crate) folder: TempDir,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("bedside.sqlite3").display());
        Self { settings: DatabaseSettings::new(Some(&url), folder.path()).unwrap(), url, folder }
    }

    pub(crate) fn postgres() -> Self {
        Self::of(Postgres::shared())
    }

    /// In a PostgreSQL that a test has for itself.
    pub(crate) fn of(server: &Postgres) -> Self {
        let url = server.create_database();
        let folder = TempDir::new().unwrap();
        Self { settings: DatabaseSettings::new(Some(&url), folder.path()).unwrap(), url, folder }
    }

    /// A database in the shared PostgreSQL, seen through a network of the test's own.
    pub(crate) async fn behind_proxy() -> (Self, Proxy) {
        let mut database = Self::postgres();
        let server = Postgres::shared().port();
        let proxy = Proxy::to(server).await;
        let port = |port: u16| format!(":{port}/");
        database.url =
            format!("{}?sslmode=disable", database.url.replace(&port(server), &port(proxy.port())));
        database.settings = DatabaseSettings::new(Some(&database.url), database.folder.path()).unwrap();
        (database, proxy)
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.settings, |_| ()).await.unwrap()
    }

    /// With a list of everything that the doorbell told.
    pub(crate) async fn open_with_bell(&self) -> (Store, Bell) {
        let (told, heard) = watch::channel(Vec::new());
        let doorbell = move |rows: &[Arc<LogRow>]| told.send_modify(|heard| heard.extend_from_slice(rows));
        (Store::open(&self.settings, doorbell).await.unwrap(), Bell(heard))
    }
}

/// What the doorbell has told.
pub(crate) struct Bell(watch::Receiver<Vec<Arc<LogRow>>>);

impl Bell {
    pub(crate) fn heard(&self) -> Vec<Arc<LogRow>> {
        self.0.borrow().clone()
    }

    /// Wait until so many rows were told.
    pub(crate) async fn hears(&self, rows: usize) {
        let mut heard = self.0.clone();
        let enough = heard.wait_for(|heard| heard.len() >= rows);
        tokio::time::timeout(Duration::from_secs(10), enough).await.expect("nobody is told").unwrap();
    }
}

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub(crate) fn participant(id: &str, role: Role, admission: Admission) -> NewParticipant {
    NewParticipant { user_id: user(id), role, name: None, admission }
}

/// A visit of Dr. Anna and Ben.
pub(crate) fn visit(id: &str) -> NewConsultation {
    NewConsultation {
        id: RoomId::parse(id).unwrap(),
        doctor_id: user("anna"),
        patient_id: user("ben"),
        participants: vec![
            participant("anna", Role::Doctor, Admission::Admitted),
            participant("ben", Role::Patient, Admission::Unasked),
        ],
        reason: None,
        scheduled_at: None,
        waiting_room: true,
        recording_policy: RecordingPolicy::Never,
        ice_policy: IcePolicy::All,
        created_by: user("anna"),
        at: start(),
    }
}

pub(crate) async fn room(store: &Store, id: &str) -> RoomId {
    store.create(visit(id)).await.unwrap().consultation.id
}

/// A message of somebody, under a key of theirs.
pub(crate) fn message(by: &str, key: Option<&str>, text: &str) -> NewEvent {
    NewEvent {
        kind: "message",
        by: Some(user(by)),
        client_key: key.map(|key| ClientMessageId::parse(key).unwrap()),
        message_id: Some(MessageId::new()),
        payload: to_raw_value(&serde_json::json!({ "content": text })).unwrap().into(),
        at: start(),
        guard: Guard::Open,
    }
}

/// A row of the server's.
pub(crate) fn fact(kind: &'static str) -> NewEvent {
    let payload = to_raw_value(&serde_json::json!({ "kind": kind })).unwrap().into();
    NewEvent {
        kind,
        by: None,
        client_key: None,
        message_id: None,
        payload,
        at: start(),
        guard: Guard::Exists,
    }
}

pub(crate) async fn say(store: &Store, room: &RoomId, by: &str, key: &str) -> Result<Appended, StoreError> {
    store.append(room, message(by, Some(key), "hello")).await
}
