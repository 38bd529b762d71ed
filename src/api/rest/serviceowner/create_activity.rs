use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::json::JsonBody;
use crate::api::new_dialog::{Author, CreateDialogActivity, SilentUpdate};
use crate::api::owned_dialog::{change_owned, check_not_deleted, check_not_frozen, check_revision, kind_of};
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;

/// Adds something that has happened to a dialog.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/activities",
    operation_id = "CreateDialogActivity",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Whether times and labels stay, and no event tells of it"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Change only this revision"),
    ),
    request_body = CreateDialogActivity,
    responses(
        (
            status = 201,
            description = "The id of the activity; the dialog's revision is in the header Etag",
            body = uuid::Uuid,
            content_type = "application/json",
        ),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "The dialog is frozen or its service somebody else's, or a scope is missing"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 410, description = "The dialog is deleted, and the caller no administrator"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "The dialog has no such transmission, the actor is unknown, or the id is in use"),
    ),
)]
pub(super) async fn create_activity(
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
            let (given, also): (CreateDialogActivity, SilentUpdate) = body.read_both()?;
            let occasion = Occasion { at: now, is_silent: is_silent || also.is_silent_update };
            let given = given.judge(id, Author::of(&owner, occasion.is_silent), &facts, now)?;
            let added = given.id();
            let caller = owner.clone();
            let ((), changed) = change_owned(dialogs, &owner, id, occasion, move |change| {
                if !caller.is_admin {
                    check_not_deleted(change.stored())?;
                }
                check_not_frozen(change.stored(), &caller)?;
                let kind = kind_of(change.stored(), &facts);
                given.add(change, kind, &facts)?;
                // The contract finds this out last.
                check_revision(change.stored().revision, expected)
            })?;
            wire::added(id, "activities", added, changed.revision)
        })
        .await
}
