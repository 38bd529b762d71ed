use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::owned_dialog::{change_owned, check_not_deleted, check_revision};
use crate::api::problem::Problem;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;

/// Keeps all but administrators from changing a dialog from here on. There is no way back. For administrators.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/actions/freeze",
    operation_id = "FreezeDialog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Freeze only this revision"),
    ),
    responses(
        (status = 204, description = "Frozen; the revision is in the header Etag"),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller is no administrator"),
        (status = 404, description = "There is no such dialog"),
        (status = 410, description = "The dialog is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn freeze_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    if !owner.is_admin {
        return Err(Problem::forbidden("User cannot freeze dialogs."));
    }
    let occasion = Occasion { at: app.now(), is_silent: false };
    app.blocking(move |dialogs| {
        let ((), changed) = change_owned(dialogs, &owner, id, occasion, move |change| {
            check_not_deleted(change.stored())?;
            check_revision(change.stored().revision, expected)?;
            change.freeze();
            Ok(())
        })?;
        wire::no_content(changed.revision)
    })
    .await
}
