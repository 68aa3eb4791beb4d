//! The server from outside: peers talk, peers hear.

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

mod account;
mod assistant;
mod assistant_consent;
mod assistant_trouble;
mod attachment;
#[expect(dead_code, reason = "shared with the tests of Socket.IO alone")]
#[path = "../../socketio/tests/wire/client.rs"]
mod bytes;
mod call;
mod chat;
mod clients;
mod conversation;
mod conversation_file;
mod examples;
mod harness;
mod hostile;
mod http;
mod invitation;
mod kill;
mod limit;
mod malformed;
mod objects;
mod overload;
mod pages;
mod panic;
mod permissions;
mod polling;
mod recording;
mod removal;
mod rest;
mod resume;
mod selftest;
mod session;
mod slow_reader;
mod time;
mod visit;
mod waiting_room;

/// The database of a server in this process: the one that it makes in its data folder.
fn database() -> Option<String> {
    None
}
