//! Service owners that keep the truth elsewhere and want it found here.

mod put_dialog;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(put_dialog::put_dialog))
}
