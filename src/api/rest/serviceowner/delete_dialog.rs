use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::owned_dialog::{change_owned, check_letter, check_not_deleted, check_not_frozen, check_revision};
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;

/// Hides a dialog from end users until it is restored. Its service owner can still get it.
#[utoipa::path(
    delete,
    path = "/api/v1/serviceowner/dialogs/{dialogId}",
    operation_id = "DeleteDialog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Whether no event tells of it"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Delete only this revision"),
    ),
    responses(
        (status = 204, description = "Deleted; the revision is in the header Etag"),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The dialog is frozen, or a scope is missing"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 410, description = "The dialog is deleted already"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn delete_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let occasion = Occasion { at: app.now(), is_silent };
    let facts = app.facts()?;
    app.clone()
        .blocking(move |dialogs| {
            let caller = owner.clone();
            let ((), changed) = change_owned(dialogs, &owner, id, occasion, move |change| {
                let stored = change.stored();
                check_not_deleted(stored)?;
                check_not_frozen(stored, &caller)?;
                check_letter(stored, &caller, &facts, "delete")?;
                check_revision(stored.revision, expected)?;
                change.delete();
                Ok(())
            })?;
            wire::no_content(changed.revision)
        })
        .await
}
