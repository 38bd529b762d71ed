use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::owned_dialog::{change_owned, check_revision};
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;

/// Takes back a deletion. A dialog that is not deleted stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/actions/restore",
    operation_id = "RestoreDialog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Whether no event tells of it"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Restore only this revision"),
    ),
    responses(
        (status = 204, description = "Not deleted any more; the revision is in the header Etag"),
        (status = 400, description = "A parameter is not valid"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn restore_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let occasion = Occasion { at: app.now(), is_silent };
    app.blocking(move |dialogs| {
        let ((), changed) = change_owned(dialogs, &owner, id, occasion, move |change| {
            check_revision(change.stored().revision, expected)?;
            change.restore();
            Ok(())
        })?;
        wire::no_content(changed.revision)
    })
    .await
}
