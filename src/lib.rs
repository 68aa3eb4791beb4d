//! Bedside: a self-hosted telemedicine consultation server.

pub mod auth;
pub mod clock;
pub mod config;
pub mod data;
pub mod private;
pub mod store;
pub mod tls;
pub mod turn;
