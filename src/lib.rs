//! The service: it speaks HTTP and knows nothing about how search works.

pub mod api;
pub mod app;
pub mod auth;
mod blocking;
pub mod config;
pub mod corpus;
pub mod error_chain;
pub mod events;
pub mod metrics;
pub mod outbound;
pub mod server;
pub mod telemetry;

pub use api::{metrics_router, router};

/// All that links this, benches included, allocates alike. An import makes many small things in one thread and drops
/// them in another, where the system's allocator takes more cycles, and mimalloc gives memory back too soon.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
