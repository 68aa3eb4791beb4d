//! Rows of the Bedside database, one module a table. Plain columns and nothing else: what a row means
//! is said by the store, which is also the only reader.

#![expect(missing_docs, reason = "the derives write most public items here, and a column is its name")]

pub mod account;
pub mod answer;
pub mod attachment;
pub mod consultation;
pub mod conversation;
pub mod idempotency;
pub mod invitation;
pub mod login;
pub mod participant;
pub mod person;
mod private;
pub mod recording;
pub mod recording_consent;
pub mod recording_file;
pub mod room;
pub mod room_assistant;
pub mod room_event;

pub use private::Private;
