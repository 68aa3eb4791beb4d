//! Bedside: a self-hosted telemedicine consultation server.

pub mod clock;
pub mod config;
pub mod private;
pub mod store;
