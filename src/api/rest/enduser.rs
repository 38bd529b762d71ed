//! What persons, system users and e-mail users ask.

mod bulk_set_system_labels;
mod count_dialogs;
mod get_activity;
mod get_dialog;
mod get_dialog_lookup;
mod get_parties;
mod get_seen_log_entry;
mod get_transmission;
mod search_activities;
mod search_dialogs;
mod search_dialogs_by_body;
mod search_label_log;
mod search_seen_log;
mod search_service_resources;
mod search_transmissions;
mod set_system_labels;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search_dialogs::search_dialogs))
        .routes(routes!(search_dialogs_by_body::search_dialogs_by_body))
        .routes(routes!(get_dialog::get_dialog))
        .routes(routes!(count_dialogs::count_dialogs))
        .routes(routes!(search_activities::search_activities))
        .routes(routes!(get_activity::get_activity))
        .routes(routes!(search_transmissions::search_transmissions))
        .routes(routes!(get_transmission::get_transmission))
        .routes(routes!(search_seen_log::search_seen_log))
        .routes(routes!(get_seen_log_entry::get_seen_log_entry))
        .routes(routes!(search_label_log::search_label_log))
        .routes(routes!(set_system_labels::set_system_labels))
        .routes(routes!(bulk_set_system_labels::bulk_set_system_labels))
        .routes(routes!(get_parties::get_parties))
        .routes(routes!(search_service_resources::search_service_resources))
        .routes(routes!(get_dialog_lookup::get_dialog_lookup))
}
