//! What logs, metrics and traces call the requests: by the ids of the OpenAPI documents, and what has none by its own.

use super::openapi::Documents;
use super::{health, metrics, well_known};
use crate::app::App;
use crate::telemetry::Operations;
use axum::http::Method;

/// The page that shows the documents, and they themselves.
const SWAGGER: [&str; 5] = [
    "/swagger",
    "/swagger/{*rest}",
    "/swagger/v1.enduser/swagger.json",
    "/swagger/v1.serviceowner/swagger.json",
    "/swagger/v1/swagger.json",
];

pub(super) fn of(documents: &Documents, app: &App) -> Operations {
    let mut operations = Operations::told_to(app.metrics(), app.traces());
    for (method, path, id) in documents.operations() {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("documents name methods");
        operations.add(method, path, id);
    }
    let get = |operations: &mut Operations, paths: &[&str], id: &str| {
        paths.iter().for_each(|path| operations.add(Method::GET, path, id));
    };
    get(&mut operations, &[well_known::METADATA_PATH], "GetOauthAuthorizationServer");
    get(&mut operations, &[well_known::KEYS_PATH], "GetJwks");
    get(&mut operations, &health::PATHS, "GetHealth");
    get(&mut operations, &[metrics::PATH], "GetMetrics");
    get(&mut operations, &SWAGGER, "GetSwagger");
    operations
}
