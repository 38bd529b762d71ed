use super::{JsonText, register};
use crate::api::caller::Administrator;
use crate::api::problem::{Errors, Problem};
use crate::app::App;
use crate::auth::register::GrantSet;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;

/// Sets one grant of the register, a new one or in place of the one with its id.
#[utoipa::path(
    put,
    path = "/api/v1/admin/register/grants/{id}",
    operation_id = "SetGrant",
    tag = "Admin",
    params(("id" = String, Path, description = "1 to 128 visible ASCII characters without a slash")),
    request_body = serde_json::Value,
    responses(
        (status = 201, description = "The grant is new"),
        (status = 204, description = "The grant is replaced"),
        (status = 400, description = "What is wrong with the grant, all of it"),
        (status = 404, description = "Rights come from elsewhere"),
    ),
)]
pub(in crate::api::rest) async fn put_grant(
    State(app): State<App>,
    _: Administrator,
    GrantId(id): GrantId,
    JsonText(grant): JsonText,
) -> Result<StatusCode, Problem> {
    Ok(
        match app
            .clone()
            .blocking(move |dialogs| Ok::<_, Problem>(register(&app)?.set_grant(dialogs, &id, &grant)?))
            .await?
        {
            GrantSet::Created => StatusCode::CREATED,
            GrantSet::Replaced => StatusCode::NO_CONTENT,
        },
    )
}

/// Takes a grant away.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/register/grants/{id}",
    operation_id = "DeleteGrant",
    tag = "Admin",
    params(("id" = String, Path, description = "The id of a grant")),
    responses(
        (status = 204, description = "The grant is gone"),
        (status = 404, description = "There is no grant with this id, or rights come from elsewhere"),
    ),
)]
pub(in crate::api::rest) async fn delete_grant(
    State(app): State<App>,
    _: Administrator,
    GrantId(id): GrantId,
) -> Result<StatusCode, Problem> {
    let key = id.clone();
    if app.clone().blocking(move |dialogs| Ok::<_, Problem>(register(&app)?.remove_grant(dialogs, &id)?)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("Grant", key))
    }
}

/// The grant that the path names. Which ids there can be is for the register to say.
pub(in crate::api::rest) struct GrantId(String);

impl FromRequestParts<App> for GrantId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path(id) = Path::from_request_parts(parts, app)
            .await
            .map_err(|_| Problem::bad_request(Errors::one("id", "The value is not valid percent-encoded UTF-8.")))?;
        Ok(Self(id))
    }
}
