use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::json::{Guid, JsonBody};
use crate::api::new_dialog::{Author, CreateDialog};
use crate::api::problem::{Errors, Problem};
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dialog_index::{Occasion, WriteError};

/// Creates the dialog with this id, or replaces it. It is durable and found by searches when the answer comes.
///
/// The body is that of a creation. A replacement keeps what only grows: the seen log, the end user's labels, and
/// transmissions and activities, to which those with new ids are added. One that changes nothing leaves the revision
/// as it is.
#[utoipa::path(
    put,
    path = "/api/v1/index/dialogs/{dialogId}",
    operation_id = "IndexPutDialog",
    tag = "Index",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "A UUID of version 7; the body may leave it out"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Times that must be in the future may be behind"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Replace only this revision"),
    ),
    request_body = CreateDialog,
    responses(
        (
            status = 200,
            description = "Replaced; the revision is in the header Etag",
            body = uuid::Uuid,
            content_type = "application/json",
        ),
        (
            status = 201,
            description = "Created; the revision is in the header Etag",
            body = uuid::Uuid,
            content_type = "application/json",
        ),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "A service named belongs to somebody else, or a scope is missing"),
        (status = 404, description = "There is no dialog whose revision If-Match could name"),
        (status = 409, description = "The idempotent key is in use"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "The service or an actor is unknown, an id is in use, or a time is behind"),
    ),
)]
pub(super) async fn put_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let now = app.now();
    let facts = body.facts(&app).await?;
    let written = app.write(move |dialogs, tell| {
        let author = Author::of(&owner, is_silent);
        let mut given: CreateDialog = body.read()?;
        if given.id.replace(Guid(id.0)).is_some_and(|Guid(other)| other != id.0) {
            let message = "'id' must be the id of the path where it is given.";
            return Err(Problem::bad_request(Errors::one("dto.id", message)));
        }
        let dialog = given.judge(&author, &facts, now)?;
        dialogs.begin_upsert(dialog, expected, Occasion { at: now, is_silent }, tell);
        Ok(())
    });
    let upserted = written.await?.map_err(|error| match error {
        WriteError::NotFound => Problem::not_found("DialogEntity", id),
        error => error.into(),
    })?;
    let status = if upserted.created { StatusCode::CREATED } else { StatusCode::OK };
    wire::written(status, id, upserted.revision)
}
