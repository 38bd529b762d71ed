//! Whether the service is well, for those who keep it running.

use crate::app::App;
use crate::error_chain::ErrorChain;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use dialog_index::domain::DialogId;

/// The process answers only after its data is open, so being up is being started, alive and ready.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/health", get(is_up))
        .route("/health/startup", get(is_up))
        .route("/health/liveness", get(is_up))
        .route("/health/readiness", get(can_read))
        .route("/health/deep", get(can_read))
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
