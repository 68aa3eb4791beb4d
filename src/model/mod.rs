//! The nouns of a visit and their rules. Pure: no clock, no socket, no database.

pub mod actor;
pub mod closing;
pub mod consent;
pub mod consent_text;
pub mod course;
pub mod excerpt;
pub mod file_name;
pub mod lifecycle;
pub mod limit;
pub mod media_type;
pub mod negotiation;
pub mod part;
pub mod patience;
pub mod visit;
