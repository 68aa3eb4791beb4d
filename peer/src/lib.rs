//! A doctor or patient without a screen.
//!
//! [`client`] speaks Bedside's protocol, on either framing; [`call`] exchanges real media. The self-test, the integration tests and
//! whoever wants to join a call without a browser use this crate; it never depends on the server.

pub mod call;
pub mod client;
pub mod visit;

pub use client::{Client, Connect, Framing};
