use super::{JsonText, register};
use crate::api::caller::Administrator;
use crate::api::problem::Problem;
use crate::app::App;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The whole register, as a document that can be put back.
#[utoipa::path(
    get,
    path = "/api/v1/admin/register",
    operation_id = "GetRegister",
    tag = "Admin",
    responses(
        (status = 200, description = "The register", body = serde_json::Value),
        (status = 404, description = "Rights come from elsewhere"),
    ),
)]
pub(in crate::api::rest) async fn get_register(State(app): State<App>, _: Administrator) -> Result<Response, Problem> {
    let document = app.clone().blocking(move |_| Ok::<_, Problem>(register(&app)?.to_document())).await?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=utf-8")], document).into_response())
}

/// Replaces the whole register. A document with a mistake is refused with every mistake, by its path in the document.
#[utoipa::path(
    put,
    path = "/api/v1/admin/register",
    operation_id = "ReplaceRegister",
    tag = "Admin",
    request_body = serde_json::Value,
    responses(
        (status = 204, description = "The register is replaced"),
        (status = 400, description = "What is wrong with the document, all of it"),
        (status = 404, description = "Rights come from elsewhere"),
    ),
)]
pub(in crate::api::rest) async fn put_register(
    State(app): State<App>,
    _: Administrator,
    JsonText(document): JsonText,
) -> Result<StatusCode, Problem> {
    app.clone().blocking(move |dialogs| Ok::<_, Problem>(register(&app)?.replace(dialogs, &document)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
