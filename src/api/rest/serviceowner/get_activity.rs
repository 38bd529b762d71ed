use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::{ActivityIdInPath, DialogIdInPath};
use crate::api::dialog_part;
use crate::api::owned_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Activity, Reader};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Shows one thing that has happened to a dialog.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/activities/{activityId}",
    operation_id = "GetDialogActivity",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("activityId" = uuid::Uuid, Path, description = "The id of an activity"),
    ),
    responses(
        (status = 200, description = "The activity", body = Activity<'static>),
        (status = 400, description = "An id is not valid"),
        (status = 404, description = "The service owner has no such dialog, or the dialog no such activity"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn get_activity(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    ActivityIdInPath(activity_id): ActivityIdInPath,
) -> Result<Response, Problem> {
    app.blocking(move |dialogs| {
        let activities = read_part(dialogs, &owner, id, Dialogs::activities)?;
        let activity = dialog_part::activity(&activities, activity_id)?;
        wire::json(&Activity::in_dialog(activity, &Reader::SERVICE_OWNER))
    })
    .await
}
