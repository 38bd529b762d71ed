//! What verifiers of dialog tokens need.

use super::accept::AcceptsJson;
use crate::app::App;
use crate::auth::signing_key::PublicJwk;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

/// A day: the old key must be published at least that long after the new one.
const CACHED: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "public,max-age=86400"), (header::VARY, "Accept-Encoding")];

pub(super) const METADATA_PATH: &str = "/api/v1/.well-known/oauth-authorization-server";
pub(super) const KEYS_PATH: &str = "/api/v1/.well-known/jwks.json";

pub(super) fn routes() -> Router<App> {
    Router::new().route(METADATA_PATH, get(get_oauth_authorization_server)).route(KEYS_PATH, get(get_jwks))
}

#[derive(Serialize)]
struct AuthorizationServer {
    issuer: String,
    jwks_uri: String,
}

#[derive(Serialize)]
struct Jwks {
    keys: [PublicJwk; 2],
}

async fn get_oauth_authorization_server(
    _: AcceptsJson,
    State(app): State<App>,
) -> ([(HeaderName, &'static str); 2], Json<AuthorizationServer>) {
    let issuer = app.dialog_tokens().issuer().to_owned();
    (CACHED, Json(AuthorizationServer { jwks_uri: format!("{issuer}/.well-known/jwks.json"), issuer }))
}

async fn get_jwks(_: AcceptsJson, State(app): State<App>) -> ([(HeaderName, &'static str); 2], Json<Jwks>) {
    (CACHED, Json(Jwks { keys: app.dialog_tokens().public_keys() }))
}
