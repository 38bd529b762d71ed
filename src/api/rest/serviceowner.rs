//! What service owners do with their dialogs.

mod bulk_set_system_labels;
mod check_notification_condition;
mod create_activity;
mod create_dialog;
mod create_service_owner_label;
mod create_transmission;
mod delete_dialog;
mod delete_service_owner_label;
mod freeze_dialog;
mod get_activity;
mod get_dialog;
mod get_dialog_lookup;
mod get_seen_log_entry;
mod get_service_owner_labels;
mod get_transmission;
mod patch_dialog;
mod purge_dialog;
mod restore_dialog;
mod search_activities;
mod search_dialogs;
mod search_dialogs_by_body;
mod search_end_user_contexts;
mod search_seen_log;
mod search_transmissions;
mod service_owner_labels;
mod set_system_labels;
mod update_dialog;
mod update_form_saved_activity_time;
mod update_transmission;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search_dialogs::search_dialogs, create_dialog::create_dialog))
        .routes(routes!(search_dialogs_by_body::search_dialogs_by_body))
        .routes(routes!(
            get_dialog::get_dialog,
            delete_dialog::delete_dialog,
            update_dialog::update_dialog,
            patch_dialog::patch_dialog,
        ))
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
        .routes(routes!(check_notification_condition::check_notification_condition))
        .routes(routes!(
            get_service_owner_labels::get_service_owner_labels,
            create_service_owner_label::create_service_owner_label
        ))
        .routes(routes!(delete_service_owner_label::delete_service_owner_label))
        .routes(routes!(set_system_labels::set_system_labels))
        .routes(routes!(bulk_set_system_labels::bulk_set_system_labels))
        .routes(routes!(search_end_user_contexts::search_end_user_contexts))
        .routes(routes!(get_dialog_lookup::get_dialog_lookup))
}
