//! Bedside: a self-hosted telemedicine consultation server.

pub mod store;
