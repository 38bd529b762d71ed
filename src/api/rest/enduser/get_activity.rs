use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::{ActivityIdInPath, DialogIdInPath};
use crate::api::dialog_part;
use crate::api::permitted_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Activity, Reader};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Shows one thing that has happened to a dialog.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}/activities/{activityId}",
    operation_id = "GetDialogActivity",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("activityId" = uuid::Uuid, Path, description = "The id of an activity"),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in, best first"),
    ),
    responses(
        (status = 200, description = "The activity", body = Activity<'static>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, the caller may not read it, or it has no such activity"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn get_activity(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
    ActivityIdInPath(activity_id): ActivityIdInPath,
    languages: AcceptedLanguages,
) -> Result<Response, Problem> {
    let (_, activities) = read_part(&app, &user, id, Dialogs::activities).await?;
    app.clone()
        .blocking(move |_| {
            let activity = dialog_part::activity(&activities, activity_id)?;
            let reader = Reader::of_end_user(&languages, app.person_mask(), &user.id);
            wire::json(&Activity::of(activity, &reader))
        })
        .await
}
