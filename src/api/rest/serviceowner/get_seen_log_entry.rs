use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::{DialogIdInPath, SeenLogIdInPath};
use crate::api::dialog_part;
use crate::api::owned_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Reader, SeenEntry};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Shows one entry of the log of who has seen a dialog.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/seenlog/{seenLogId}",
    operation_id = "GetDialogSeenLog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("seenLogId" = uuid::Uuid, Path, description = "The id of an entry of the seen log"),
    ),
    responses(
        (status = 200, description = "The entry", body = SeenEntry<'static>),
        (status = 400, description = "An id is not valid"),
        (status = 404, description = "The service owner has no such dialog, or the seen log no such entry"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn get_seen_log_entry(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    SeenLogIdInPath(entry_id): SeenLogIdInPath,
) -> Result<Response, Problem> {
    app.blocking(move |dialogs| {
        let seen_log = read_part(dialogs, &owner, id, Dialogs::seen_log)?;
        let entry = dialog_part::seen_entry(&seen_log, entry_id)?;
        wire::json(&SeenEntry::in_log(entry, &Reader::SERVICE_OWNER))
    })
    .await
}
