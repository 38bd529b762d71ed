use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::owned_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, ActivityListItem};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Lists what has happened to a dialog, oldest first, without who did it.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/activities",
    operation_id = "SearchDialogActivities",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
    ),
    responses(
        (status = 200, description = "The activities", body = Vec<ActivityListItem<'static>>),
        (status = 400, description = "The id is not valid"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn search_activities(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
) -> Result<Response, Problem> {
    app.blocking(move |dialogs| {
        let mut activities = read_part(dialogs, &owner, id, Dialogs::activities)?;
        activities.sort_by_key(|it| (it.created_at, it.id));
        wire::json(&activities.iter().map(ActivityListItem::of).collect::<Vec<_>>())
    })
    .await
}
