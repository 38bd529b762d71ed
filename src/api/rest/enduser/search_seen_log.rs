use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::permitted_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Reader, SeenEntry};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Lists who has seen a dialog, oldest first. Asking does not count as seeing it.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}/seenlog",
    operation_id = "SearchDialogSeenLogs",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
    ),
    responses(
        (status = 200, description = "The seen log", body = Vec<SeenEntry<'static>>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, or the caller may not read it"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn search_seen_log(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
) -> Result<Response, Problem> {
    let (_, mut seen_log) = read_part(&app, &user, id, Dialogs::seen_log).await?;
    app.clone()
        .blocking(move |_| {
            seen_log.sort_by_key(|it| (it.seen_at, it.id));
            let reader = Reader::of_end_user(const { &AcceptedLanguages::ANY }, app.person_mask(), &user.id);
            wire::json(&seen_log.iter().map(|it| SeenEntry::of(it, &reader)).collect::<Vec<_>>())
        })
        .await
}
