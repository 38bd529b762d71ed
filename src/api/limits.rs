//! Middleware: what every request is held to.

use super::problem::Problem;
use super::rest::BULK_PATH;
use super::wire;
use crate::app::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// While the service is closed, nothing else is looked at.
pub(super) async fn close_for_maintenance(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(maintenance) = app.http().maintenance else { return next.run(request).await };
    let plain = [(header::CONTENT_TYPE, "text/plain")];
    let closed = (StatusCode::SERVICE_UNAVAILABLE, plain, "Service Unavailable");
    match maintenance.retry_at {
        None => closed.into_response(),
        Some(time) => {
            let retry_after = wire::http_date(time);
            ([(header::RETRY_AFTER, retry_after)], closed).into_response()
        }
    }
}

/// A body that announces its length is refused before it is sent; others when they grow too long. A stream may be of
/// any length, since it is never held whole.
pub(super) async fn refuse_long_bodies(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str() == BULK_PATH) {
        return next.run(request).await;
    }
    let max_bytes = app.http().max_body_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > max_bytes as u64) {
        return Problem::payload_too_large(max_bytes).into_response();
    }
    next.run(request).await
}

pub(super) async fn give_up_in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.http().request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timed_out().into_response(),
    }
}
