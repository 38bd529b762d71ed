//! The service through its router, as its callers meet it: one file per operation.

mod app;
mod callers;
mod commands;
mod count_dialogs;
mod create_dialog;
mod demo;
mod dialog_lifecycle;
mod dialog_lookup;
mod end_user_contexts;
mod explain_search;
mod fake_issuer;
mod get_dialog;
mod get_dialog_as_service_owner;
mod issuers;
mod metadata;
mod notification_condition;
mod openapi;
mod problems;
mod put_dialog;
mod register;
mod search_dialogs;
mod search_dialogs_as_service_owner;
mod service_owner_labels;
mod system_labels;
