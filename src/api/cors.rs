//! Which pages of other origins may call from a browser.

use crate::app::Origins;
use axum::http::header;
use std::time::Duration;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, Any, CorsLayer};

/// How long a browser may remember what it was told.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// `None` if none may. Those that may use any method and header; no cookies are asked for.
pub(super) fn layer(origins: &Origins) -> Option<CorsLayer> {
    let allowed: AllowOrigin = match origins {
        Origins::None => return None,
        Origins::Any => Any.into(),
        Origins::These(origins) => AllowOrigin::list(origins.clone()),
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        // A browser takes `*` for all headers but `Authorization`.
        .allow_headers(AllowHeaders::mirror_request())
        .allow_methods(AllowMethods::mirror_request())
        .expose_headers([header::ETAG, header::EXPIRES, header::LOCATION, header::RETRY_AFTER])
        .max_age(MAX_AGE);
    Some(layer)
}
