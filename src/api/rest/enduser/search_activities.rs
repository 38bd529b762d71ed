use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::permitted_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, EndUserActivityListItem, Reader};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Lists what has happened to a dialog, oldest first, without who did it. Future and expired dialogs have it too.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}/activities",
    operation_id = "SearchDialogActivities",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in, best first"),
    ),
    responses(
        (status = 200, description = "The activities", body = Vec<EndUserActivityListItem<'static>>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, or the caller may not read it"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn search_activities(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
    languages: AcceptedLanguages,
) -> Result<Response, Problem> {
    let (_, mut activities) = read_part(&app, &user, id, Dialogs::activities).await?;
    app.clone()
        .blocking(move |_| {
            activities.sort_by_key(|it| (it.created_at, it.id));
            let reader = Reader::of_end_user(&languages, app.person_mask(), &user.id);
            wire::json(&activities.iter().map(|it| EndUserActivityListItem::of(it, &reader)).collect::<Vec<_>>())
        })
        .await
}
