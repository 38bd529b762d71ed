//! The only place that knows status codes and JSON names.

pub mod caller;
pub mod problem;

mod rest;
mod search_params;
mod uri;

use crate::app::App;
use axum::Router;

/// The whole HTTP surface.
pub fn router(app: App) -> Router {
    let rest = rest::routes();
    Router::new().merge(rest.router).with_state(app)
}
