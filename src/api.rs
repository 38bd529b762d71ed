//! The only place that knows status codes and JSON names.

pub mod caller;
pub mod problem;
pub mod rest;
