//! What operators are told in numbers. Nothing in it is about a person, but it says much of who uses what how often.

use super::problem::Problem;
use crate::app::App;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(super) const PATH: &str = "/metrics";

pub(super) fn routes() -> Router<App> {
    Router::new().route(PATH, get(metrics))
}

async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let text = app.metrics().text(app.dialogs()).map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, Metrics::MEDIA_TYPE)], text).into_response())
}
