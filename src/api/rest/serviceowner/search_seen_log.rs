use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::owned_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Reader, SeenEntry};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Lists who has seen a dialog, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/seenlog",
    operation_id = "SearchDialogSeenLogs",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
    ),
    responses(
        (status = 200, description = "The seen log", body = Vec<SeenEntry<'static>>),
        (status = 400, description = "The id is not valid"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn search_seen_log(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
) -> Result<Response, Problem> {
    app.blocking(move |dialogs| {
        let mut seen_log = read_part(dialogs, &owner, id, Dialogs::seen_log)?;
        seen_log.sort_by_key(|it| (it.seen_at, it.id));
        wire::json(&seen_log.iter().map(|it| SeenEntry::in_log(it, &Reader::SERVICE_OWNER)).collect::<Vec<_>>())
    })
    .await
}
