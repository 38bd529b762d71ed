use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::{DialogIdInPath, SeenLogIdInPath};
use crate::api::dialog_part;
use crate::api::owned_dialog::check_not_deleted;
use crate::api::permitted_dialog::PermittedDialog;
use crate::api::problem::Problem;
use crate::api::wire::{self, Reader, SeenEntry};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Shows one entry of the log of who has seen a dialog.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}/seenlog/{seenLogId}",
    operation_id = "GetDialogSeenLog",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("seenLogId" = uuid::Uuid, Path, description = "The id of an entry of the seen log"),
    ),
    responses(
        (status = 200, description = "The entry", body = SeenEntry<'static>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, the caller may not read it, or it has no such entry"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn get_seen_log_entry(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
    SeenLogIdInPath(entry_id): SeenLogIdInPath,
) -> Result<Response, Problem> {
    let found = PermittedDialog::find(&app, &user, id).await?;
    check_not_deleted(&found.dialog)?;
    let seen_log = found.read(&app, Dialogs::seen_log).await?;
    // As in the contract, the level is looked at last here.
    let entry = dialog_part::seen_entry(&seen_log, entry_id)?;
    found.check_level(&user)?;
    let reader = Reader::of_end_user(const { &AcceptedLanguages::ANY }, app.person_mask(), &user.id);
    wire::json(&SeenEntry::of(entry, &reader))
}
