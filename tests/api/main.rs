//! The service through its router, as its callers meet it: one file per operation.

mod app;
mod callers;
mod issuers;
mod metadata;
mod openapi;
mod problems;
