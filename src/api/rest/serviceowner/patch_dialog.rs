use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::dialog_patch::patched;
use crate::api::dialog_update::update_owned;
use crate::api::if_match::IfMatch;
use crate::api::json::JsonPatchBody;
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;
use serde::Serialize;
use utoipa::ToSchema;

/// One change of RFC 6902.
#[derive(Serialize, ToSchema)]
struct JsonPatchOperation {
    /// add, remove, replace, move, copy or test.
    op: Option<String>,
    /// Where, e.g. `/attachments/0/name`, in any case; `-` is the end of a list.
    path: Option<String>,
    /// Where what is moved or copied comes from.
    from: Option<String>,
    value: Option<serde_json::Value>,
}

/// Changes a dialog by a list of operations (RFC 6902) on the body of an update that would change nothing. That body
/// has no transmissions and no activities: those that are added there are added to the dialog.
///
/// All operations take effect or none, on the dialog as it is when they do.
#[utoipa::path(
    patch,
    path = "/api/v1/serviceowner/dialogs/{dialogId}",
    operation_id = "PatchDialog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Leaves times and labels as they are; due dates may be behind"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Change only this revision"),
    ),
    request_body(content(
        (Vec<JsonPatchOperation> = "application/json"),
        (Vec<JsonPatchOperation> = "application/json-patch+json"),
    )),
    responses(
        (status = 204, description = "Changed; the revision is in the header Etag"),
        (status = 400, description = "What is wrong with the operations, or with the fields that they lead to"),
        (status = 403, description = "The dialog is frozen, a service named belongs to somebody else, or a scope is missing"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 409, description = "The idempotent key of a transmission is in use"),
        (status = 410, description = "The dialog is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "An actor is unknown, an id is in use, a time is behind, or parts do not fit together"),
    ),
)]
pub(super) async fn patch_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
    body: JsonPatchBody,
) -> Result<Response, Problem> {
    let occasion = Occasion { at: app.now(), is_silent };
    let facts = body.facts(&app).await?;
    app.clone()
        .blocking(move |dialogs| {
            let patch = body.read()?;
            let max_bytes = app.http().max_body_bytes;
            let given = move |stored: &_| patched(stored, &patch, max_bytes);
            let changed = update_owned(&facts, dialogs, &owner, id, occasion, expected, given)?;
            wire::no_content(changed.revision)
        })
        .await
}
