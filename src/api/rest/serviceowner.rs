//! What service owners do with their dialogs.

mod create_dialog;
mod delete_dialog;
mod freeze_dialog;
mod get_dialog;
mod patch_dialog;
mod purge_dialog;
mod restore_dialog;
mod search_dialogs;
mod update_dialog;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search_dialogs::search_dialogs, create_dialog::create_dialog))
        .routes(routes!(
            get_dialog::get_dialog,
            delete_dialog::delete_dialog,
            update_dialog::update_dialog,
            patch_dialog::patch_dialog,
        ))
        .routes(routes!(restore_dialog::restore_dialog))
        .routes(routes!(purge_dialog::purge_dialog))
        .routes(routes!(freeze_dialog::freeze_dialog))
}
