//! Bedside: a self-hosted telemedicine consultation server.

pub mod app;
pub mod auth;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod data;
pub mod deck;
pub mod domain;
pub mod endpoint;
pub mod error;
pub mod gateway;
pub mod http;
pub mod hub;
pub mod model;
pub mod private;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod turn;
pub mod vault;
