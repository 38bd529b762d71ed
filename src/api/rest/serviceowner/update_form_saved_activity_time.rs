use crate::api::caller::Administrator;
use crate::api::dialog_id::{ActivityIdInPath, DialogIdInPath};
use crate::api::if_match::IfMatch;
use crate::api::json::{JsonBody, Time};
use crate::api::new_dialog::judge_activity_time;
use crate::api::owned_dialog::check_revision;
use crate::api::problem::{Errors, Problem};
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dialog_index::domain::ActivityType;
use dialog_index::{AuthorizedScope, Found, Occasion};

/// Gives an activity of the type FormSaved another time, silently. For administrators.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/activities/{activityId}/actions/updateFormSavedActivityTime",
    operation_id = "UpdateFormSavedActivityTime",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("activityId" = uuid::Uuid, Path, description = "The id of an activity"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Change only this revision"),
    ),
    request_body = Time,
    responses(
        (status = 204, description = "The activity has the time; the dialog's revision is in the header Etag"),
        (status = 400, description = "The time is ahead, or the body no time"),
        (status = 404, description = "There is no such activity"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "The activity is not of the type FormSaved"),
    ),
)]
pub(super) async fn update_form_saved_activity_time(
    State(app): State<App>,
    _: Administrator,
    dialog_id: Result<DialogIdInPath, Problem>,
    activity_id: Result<ActivityIdInPath, Problem>,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    // Here the contract knows no path with anything but ids in it.
    let (Ok(DialogIdInPath(id)), Ok(ActivityIdInPath(activity_id))) = (dialog_id, activity_id) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, Errors::default()));
    };
    let occasion = Occasion { at: app.now(), is_silent: true };
    app.blocking(move |dialogs| {
        let time: Time = body.read()?;
        let time = judge_activity_time(time, id, activity_id, occasion.at)?;
        let not_found = move || Problem::not_found("DialogActivity", activity_id);
        let scope = AuthorizedScope::owned_by(dialogs.owner_of(id)?.ok_or_else(not_found)?);
        let found = dialogs.change(&scope, id, occasion, move |change| {
            let activity_type = change.activities()?.iter().find(|it| it.id == activity_id).map(|it| it.activity_type);
            if activity_type.ok_or_else(not_found)? != ActivityType::FormSaved {
                let message = "Only the time of an activity of the type FormSaved can be changed.";
                return Err(Problem::unprocessable(Errors::one("Type", message)));
            }
            check_revision(change.stored().revision, expected)?;
            change.move_activity(activity_id, time)?;
            Ok(())
        })?;
        match found {
            Found::Visible(((), changed)) => wire::no_content(changed.revision),
            Found::Missing | Found::Hidden => Err(not_found()),
        }
    })
    .await
}
