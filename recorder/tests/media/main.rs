//! The tape, from outside: packets of an imagined sender through an imagined network, in virtual time.

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test"
)]

mod arbitrary;
mod coded;
mod crash;
mod file;
mod frames;
mod legs;
mod lip_sync;
mod loss;
mod parts;
mod reports;
mod spooled;
mod stalls;
mod world;
