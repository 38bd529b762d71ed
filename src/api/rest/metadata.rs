//! What anyone may ask: the limits in force, and the services that dialogs are about.

mod limits;
mod service_resources;

use crate::app::App;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    let compressed = OpenApiRouter::new()
        .routes(routes!(service_resources::get_service_resources))
        .layer(CompressionLayer::new().compress_when(is_success));
    OpenApiRouter::new().routes(routes!(limits::get_limits)).merge(compressed)
}

/// Problems are completed further out, and must be readable there.
fn is_success(status: StatusCode, _: Version, _: &HeaderMap, _: &Extensions) -> bool {
    status.is_success()
}
