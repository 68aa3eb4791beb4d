//! The program as it is run: the commands, the signals, the files.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod assistants;
mod command;
mod demo;
mod key_set;
mod keys;
mod nginx;
mod process;
mod server;
mod stranger;
mod systemd;
mod tls;
mod turn;
mod user;
