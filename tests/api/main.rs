//! The service through its router, as its callers meet it: one file per operation.

mod app;
mod bulk;
mod callers;
mod commands;
mod contract;
mod count_dialogs;
mod create_dialog;
mod delete_indexed_dialog;
mod demo;
mod dialog_lifecycle;
mod events;
mod explain_search;
mod fake_issuer;
mod fake_sink;
mod get_dialog;
mod get_dialog_as_service_owner;
mod issuers;
mod metadata;
mod openapi;
mod problems;
mod put_dialog;
mod register;
mod search_dialogs;
mod search_dialogs_as_service_owner;
