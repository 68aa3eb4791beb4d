//! Recordings from outside: people with a flash and a beep are recorded by a real server, and the files are measured.

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
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test's tasks end with it, what it does not expect is all alike, and it shows what it measures"
)]

mod aiortc;
#[expect(dead_code, reason = "shared with the tests of Socket.IO alone")]
#[path = "../../socketio/tests/wire/client.rs"]
mod bytes;
mod consent;
mod crash;
mod damage;
mod disk;
mod ffmpeg;
#[expect(dead_code, reason = "shared with the tests of behaviour, which are more")]
#[path = "../it/harness/mod.rs"]
mod harness;
mod process;
mod recorded;
mod sync;

/// The database of a server in this process: the one that it makes in its data folder.
fn database() -> Option<String> {
    None
}
