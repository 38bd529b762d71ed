//! The only place that knows status codes and JSON names.

pub mod caller;
pub mod problem;

mod accept;
mod accept_language;
mod authorized_services;
mod cors;
mod dialog_id;
mod dialog_lookup;
mod dialog_part;
mod dialog_patch;
mod dialog_update;
mod end_user_labels;
mod explanation;
mod health;
mod if_match;
pub(crate) mod json;
mod limits;
mod metrics;
mod named_actors;
pub(crate) mod new_dialog;
mod openapi;
mod operations;
mod owned_dialog;
mod performer;
mod permitted_dialog;
mod rate;
mod rest;
mod search;
mod search_params;
mod seen;
mod silent_update;
mod system_labels;
mod uri;
mod well_known;
pub(crate) mod wire;

use crate::app::App;
use crate::telemetry;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use rate::Rates;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// The whole HTTP surface.
///
/// A request is named, refused if the service is closed, and bounded in size, number and time. Whatever goes wrong after
/// that, a panic included, leaves as a problem. Health is told in plain words, and numbers even of a service that is
/// closed.
pub fn router(app: App) -> Router {
    let rest = rest::routes();
    let documents = openapi::Documents::of(&rest).expect("OpenAPI documents are JSON");
    let operations = operations::of(&documents, &app);
    let router = Router::new()
        .merge(rest.router)
        .merge(documents.into_page())
        .merge(well_known::routes())
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(axum::extract::DefaultBodyLimit::max(app.http().max_body_bytes));
    let router = match &app.http().rate {
        Some(rate) => router.layer(from_fn_with_state((app.clone(), Arc::new(Rates::new(rate.clone()))), rate::limit)),
        None => router,
    };
    let router = router
        .layer(from_fn_with_state(app.clone(), limits::keep_within))
        .layer(CatchPanicLayer::custom(problem::of_panic))
        .layer(from_fn_with_state(app.clone(), problem::complete_problems))
        .merge(health::routes())
        .layer(from_fn_with_state(app.clone(), limits::close_for_maintenance));
    let router = match cors::layer(&app.http().allowed_origins) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    let router = if app.http().tells_metrics { router.merge(metrics::routes()) } else { router };
    router.layer(from_fn_with_state(Arc::new(operations), telemetry::observe)).with_state(app)
}

/// `/metrics` alone, for an address of its own.
pub fn metrics_router(app: App) -> Router {
    metrics::routes().with_state(app)
}
