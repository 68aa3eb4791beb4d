//! The store, on both databases: every test runs on SQLite and on a PostgreSQL of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says so, and its tasks end with it"
)]

#[macro_use]
mod support;

mod account;
mod kill;
mod log;
mod outage;
mod people;
mod schema;
mod visit;
