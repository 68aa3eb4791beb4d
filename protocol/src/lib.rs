//! Everything that goes over Bedside's wire, and nothing else.
//!
//! No I/O, no runtime, no database: server, headless peer and recorder share these types, and the
//! schema that web clients are generated from is made of them. [`event`] is the protocol on one page.

#[macro_use]
pub mod table;

pub mod assistant;
pub mod chat;
pub mod consultation;
pub mod conversation;
pub mod event;
pub mod ids;
pub mod presence;
pub mod recorder;
pub mod recording;
pub mod refusal;
pub mod room;
#[cfg(feature = "schema")]
pub mod schema;
pub mod sdp;
pub mod session;
pub mod text;
pub mod webrtc;

pub use event::{ClientEvent, ServerEvent};
pub use refusal::{Code, Refusal};
pub use table::{Ask, ServerPayload};
