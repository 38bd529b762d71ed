//! Whether the service is well, for those who keep it running.

use crate::app::App;
use crate::error_chain::ErrorChain;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use dialog_index::domain::DialogId;

pub(super) const PATHS: [&str; 5] =
    ["/health", "/health/startup", "/health/liveness", "/health/readiness", "/health/deep"];

/// The process answers only after its data is open, so being up is being started and alive. One that can read is of
/// use, though it may be unable to write.
pub(super) fn routes() -> Router<App> {
    let [up, startup, liveness, readiness, deep] = PATHS;
    Router::new()
        .route(up, get(is_up))
        .route(startup, get(is_up))
        .route(liveness, get(is_up))
        .route(readiness, get(can_read))
        .route(deep, get(can_read_and_write))
}

async fn is_up() -> &'static str {
    "Healthy"
}

async fn can_read(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.blocking(|dialogs| dialogs.owner_of(DialogId::new())).await {
        Ok(_) => (StatusCode::OK, "Healthy"),
        Err(error) => {
            tracing::error!(error = %ErrorChain(&error), "the store cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "Unhealthy")
        }
    }
}

async fn can_read_and_write(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.dialogs().write_gauges().has_stopped {
        return (StatusCode::SERVICE_UNAVAILABLE, "Unhealthy");
    }
    can_read(State(app)).await
}
