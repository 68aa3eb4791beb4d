//! The visit once more, on PostgreSQL: the same tests from outside, and what happens when the database goes away.

#![expect(unreachable_pub, reason = "nothing is outside a test binary")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails; the lints' exceptions for tests do not reach helpers"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "a test's tasks end with it, and what it does not expect is all alike"
)]

#[path = "../it/account.rs"]
mod account;
#[path = "../it/assistant.rs"]
mod assistant;
#[path = "../it/assistant_consent.rs"]
mod assistant_consent;
#[path = "../it/attachment.rs"]
mod attachment;
#[expect(dead_code, reason = "shared with the tests of Socket.IO alone")]
#[path = "../../socketio/tests/wire/client.rs"]
mod bytes;
#[path = "../it/call.rs"]
mod call;
#[path = "../it/chat.rs"]
mod chat;
#[path = "../it/conversation.rs"]
mod conversation;
#[path = "../it/conversation_file.rs"]
mod conversation_file;
#[expect(dead_code, reason = "shared with the tests on SQLite, which are more")]
#[path = "../it/harness/mod.rs"]
mod harness;
#[path = "../it/kill.rs"]
mod kill;
mod outage;
#[expect(dead_code, reason = "shared with the tests of the store, which stand between it and its clients")]
#[path = "../store/support/postgres.rs"]
mod postgres;
#[path = "../it/recording/mod.rs"]
mod recording;
#[path = "../it/removal.rs"]
mod removal;
#[path = "../it/rest.rs"]
mod rest;
#[path = "../it/resume.rs"]
mod resume;
#[path = "../it/session.rs"]
mod session;
#[path = "../it/time.rs"]
mod time;
#[path = "../it/waiting_room.rs"]
mod waiting_room;

/// The database of a server: a new one of the PostgreSQL that these tests share.
#[expect(clippy::unnecessary_wraps, reason = "on SQLite there is none")]
fn database() -> Option<String> {
    Some(postgres::Postgres::shared().create_database())
}
