//! The service: it speaks HTTP and knows nothing about how search works.

pub mod api;
pub mod app;
pub mod auth;
pub mod config;
pub mod corpus;
pub mod error_chain;
pub mod telemetry;

pub use api::router;
