//! Service owners that keep the truth elsewhere and want it found here.

mod bulk;
mod delete_dialog;
mod put_dialog;

pub(in crate::api) use bulk::BULK_PATH;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(put_dialog::put_dialog, delete_dialog::delete_dialog))
        .routes(routes!(bulk::bulk))
}
