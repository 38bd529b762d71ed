use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::owned_dialog::{change_owned, check_not_nil, purging};
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use dialog_index::Occasion;

/// Removes a dialog and all that hangs on it for good, deleted or not, frozen or not.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/actions/purge",
    operation_id = "PurgeDialog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Whether no event tells of it"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Purge only this revision"),
    ),
    responses(
        (status = 204, description = "The dialog is gone"),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "A scope is missing"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn purge_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    check_not_nil(id)?;
    let occasion = Occasion { at: app.now(), is_silent };
    let facts = app.facts()?;
    app.clone()
        .blocking(move |dialogs| {
            change_owned(dialogs, &owner, id, occasion, purging(&facts, &owner, expected))?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}
