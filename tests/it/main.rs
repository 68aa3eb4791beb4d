//! The server from outside: peers talk, peers hear.

#![expect(unreachable_pub, reason = "nothing is outside a test binary")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails; the lints' exceptions for tests do not reach helpers"
)]

mod call;
mod chat;
mod clients;
mod harness;
mod selftest;
mod session;
mod visit;
mod waiting_room;
