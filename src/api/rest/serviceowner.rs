//! What service owners do with their dialogs.

mod create_activity;
mod create_dialog;
mod create_transmission;
mod delete_dialog;
mod freeze_dialog;
mod get_activity;
mod get_dialog;
mod get_seen_log_entry;
mod get_transmission;
mod purge_dialog;
mod restore_dialog;
mod search_activities;
mod search_dialogs;
mod search_seen_log;
mod search_transmissions;
mod update_form_saved_activity_time;
mod update_transmission;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search_dialogs::search_dialogs, create_dialog::create_dialog))
        .routes(routes!(get_dialog::get_dialog, delete_dialog::delete_dialog))
        .routes(routes!(restore_dialog::restore_dialog))
        .routes(routes!(purge_dialog::purge_dialog))
        .routes(routes!(freeze_dialog::freeze_dialog))
        .routes(routes!(search_activities::search_activities, create_activity::create_activity))
        .routes(routes!(get_activity::get_activity))
        .routes(routes!(update_form_saved_activity_time::update_form_saved_activity_time))
        .routes(routes!(search_seen_log::search_seen_log))
        .routes(routes!(get_seen_log_entry::get_seen_log_entry))
        .routes(routes!(search_transmissions::search_transmissions, create_transmission::create_transmission))
        .routes(routes!(get_transmission::get_transmission, update_transmission::update_transmission))
}
