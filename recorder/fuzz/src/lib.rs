//! The parsers of the recorder by their source, so that they are fuzzed without everything that a connection needs.

#[path = "../../src/media/mod.rs"]
pub mod media;

pub mod leg;
