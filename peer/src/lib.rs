//! A doctor or patient without a screen.
//!
//! ```no_run
//! use bedside_peer::{Client, Connect, call::{Call, CallOptions, Network}};
//! use bedside_protocol::ids::RoomId;
//!
//! # async fn visit(token: String, room: RoomId) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect(Connect::to("http://127.0.0.1:4000", token)).await?;
//! let call = Call::join(&client, &room, CallOptions::on(Network::Loopback)).await?;
//! call.connected().await?;
//! println!("{:?}", call.received());
//! call.leave().await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`client`] speaks Bedside's protocol, on either framing; [`call`] exchanges real media; [`film`] looks into what was recorded of it. The self-test, the integration tests and
//! whoever wants to join a call without a browser use this crate; it never depends on the server.

pub mod call;
pub mod client;
pub mod film;
pub mod visit;

pub use client::{Client, Connect, Framing};
