//! Files on a real disk, and what becomes of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod crash;
mod damage;
mod file;
mod keys;
