use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::dialog_update::update_owned;
use crate::api::if_match::IfMatch;
use crate::api::json::JsonBody;
use crate::api::new_dialog::UpdateDialog;
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;

/// Replaces what a service owner says of its dialog. Parts with ids that the dialog has stay and change, parts that
/// are left out are removed; transmissions and activities are added.
///
/// Nothing changes, not even the revision, where the body says what is stored.
#[utoipa::path(
    put,
    path = "/api/v1/serviceowner/dialogs/{dialogId}",
    operation_id = "UpdateDialog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Leaves times and labels as they are; due dates may be behind"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Change only this revision"),
    ),
    request_body = UpdateDialog,
    responses(
        (status = 204, description = "Changed; the revision is in the header Etag"),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "The dialog is frozen, a service named belongs to somebody else, or a scope is missing"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 409, description = "The idempotent key of a transmission is in use"),
        (status = 410, description = "The dialog is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "An actor is unknown, an id is in use, a time is behind, or parts do not fit together"),
    ),
)]
pub(super) async fn update_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let occasion = Occasion { at: app.now(), is_silent };
    let facts = body.facts(&app).await?;
    app.clone()
        .blocking(move |dialogs| {
            // Before the dialog is looked for.
            let mut first: Option<UpdateDialog> = Some(body.read()?);
            let changed = update_owned(&facts, dialogs, &owner, id, occasion, expected, move |_| match first.take() {
                Some(update) => Ok(update),
                None => Ok(body.read()?),
            })?;
            wire::no_content(changed.revision)
        })
        .await
}
