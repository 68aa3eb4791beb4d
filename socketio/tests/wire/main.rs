//! The server over real sockets: frames, limits, close codes, slow readers, panics, origins, the way down.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod client;
mod framing;
mod lifecycle;
mod policy;
mod pressure;
mod probe;
