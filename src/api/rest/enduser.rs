//! What persons, system users and e-mail users ask.

mod count_dialogs;
mod get_dialog;
mod search_dialogs;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search_dialogs::search_dialogs))
        .routes(routes!(get_dialog::get_dialog))
        .routes(routes!(count_dialogs::count_dialogs))
}
