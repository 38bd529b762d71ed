use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::permitted_dialog::PermittedDialog;
use crate::api::problem::Problem;
use crate::api::wire::{self, LabelAssignment, Reader};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Lists what was done to the labels of the end user's side, oldest first. Default is never among them.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}/context/labellog",
    operation_id = "SearchDialogLabelAssignmentLogs",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
    ),
    responses(
        (status = 200, description = "The label log", body = Vec<LabelAssignment<'static>>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, it is deleted, or the caller may not read it"),
    ),
)]
pub(super) async fn search_label_log(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
) -> Result<Response, Problem> {
    let found = PermittedDialog::find(&app, &user, id).await?;
    if found.dialog.deleted_at.is_some() {
        return Err(Problem::not_found("DialogEntity", id));
    }
    found.check_level(&user)?;
    let mut label_log = found.read(&app, Dialogs::label_log).await?;
    app.clone()
        .blocking(move |_| {
            // What was done at once stays in its order.
            label_log.sort_by_key(|it| it.created_at);
            let reader = Reader::of_end_user(const { &AcceptedLanguages::ANY }, app.person_mask(), &user.id);
            wire::json(&label_log.iter().map(|it| LabelAssignment::of(it, &reader)).collect::<Vec<_>>())
        })
        .await
}
