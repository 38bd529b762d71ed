use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::json::JsonBody;
use crate::api::new_dialog::{Author, CreateDialogTransmission, SilentUpdate};
use crate::api::owned_dialog::{change_owned, check_not_deleted, check_not_frozen, check_revision};
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;

/// Adds a message to a dialog. It is durable and found by searches when the answer comes.
///
/// A second one with the same `idempotentKey` in the same dialog is refused with 409.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/transmissions",
    operation_id = "CreateDialogTransmission",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Whether times and labels stay, and no event tells of it"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Change only this revision"),
    ),
    request_body = CreateDialogTransmission,
    responses(
        (
            status = 201,
            description = "The id of the transmission; the dialog's revision is in the header Etag",
            body = uuid::Uuid,
            content_type = "application/json",
        ),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "The dialog is frozen, a service named belongs to somebody else, or a scope is missing"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 409, description = "The idempotent key is in use"),
        (status = 410, description = "The dialog is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "It does not fit the dialog's other transmissions, an actor is unknown, an id is in use, or a time is behind"),
    ),
)]
pub(super) async fn create_transmission(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let now = app.now();
    let facts = body.facts(&app).await?;
    app.clone()
        .blocking(move |dialogs| {
            let (given, also): (CreateDialogTransmission, SilentUpdate) = body.read_both()?;
            let occasion = Occasion { at: now, is_silent: is_silent || also.is_silent_update };
            let given = given.judge(Author::of(&owner, occasion.is_silent), &facts, now)?;
            let added = given.id();
            let caller = owner.clone();
            let ((), changed) = change_owned(dialogs, &owner, id, occasion, move |change| {
                check_not_deleted(change.stored())?;
                check_not_frozen(change.stored(), &caller)?;
                check_revision(change.stored().revision, expected)?;
                given.add(change, &facts, now)
            })?;
            wire::added(id, "transmissions", added.0, changed.revision)
        })
        .await
}
