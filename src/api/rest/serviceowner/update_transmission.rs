use crate::api::caller::TransmissionChanger;
use crate::api::dialog_id::{DialogIdInPath, TransmissionIdInPath};
use crate::api::if_match::IfMatch;
use crate::api::json::JsonBody;
use crate::api::new_dialog::{Author, UpdateTransmissionRequest};
use crate::api::owned_dialog::{change_owned, check_not_deleted, check_not_frozen, check_revision};
use crate::api::problem::Problem;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;

/// Replaces a message of a dialog, silently. Asks for the scope
/// `digdir:dialogporten.serviceprovider.changetransmissions`.
///
/// Attachments and their addresses keep the ids that they are given. Neither times and labels of the dialog change nor
/// what it counts.
#[utoipa::path(
    put,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/transmissions/{transmissionId}",
    operation_id = "UpdateDialogTransmission",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("transmissionId" = uuid::Uuid, Path, description = "The id of a transmission"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Change only this revision"),
    ),
    request_body = UpdateTransmissionRequest,
    responses(
        (status = 204, description = "Replaced; the dialog's revision is in the header Etag"),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "The dialog is frozen, a service named belongs to somebody else, or a scope is missing"),
        (status = 404, description = "The service owner has no such dialog, or the dialog no such transmission"),
        (status = 409, description = "The idempotent key is in use"),
        (status = 410, description = "The dialog is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "It does not fit the dialog's other transmissions, an actor is unknown, or an id is in use"),
    ),
)]
pub(super) async fn update_transmission(
    State(app): State<App>,
    TransmissionChanger(owner): TransmissionChanger,
    DialogIdInPath(id): DialogIdInPath,
    TransmissionIdInPath(transmission_id): TransmissionIdInPath,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let occasion = Occasion { at: app.now(), is_silent: true };
    let facts = body.facts(&app).await?;
    app.clone()
        .blocking(move |dialogs| {
            let given: UpdateTransmissionRequest = body.read()?;
            let author = Author::of(&owner, occasion.is_silent);
            let given = given.judge(id, transmission_id, author, &facts, occasion.at)?;
            let caller = owner.clone();
            let ((), changed) = change_owned(dialogs, &owner, id, occasion, move |change| {
                given.check_resources(change, &facts)?;
                check_not_deleted(change.stored())?;
                check_not_frozen(change.stored(), &caller)?;
                given.replace(change)?;
                // The contract finds this out last.
                check_revision(change.stored().revision, expected)
            })?;
            wire::no_content(changed.revision)
        })
        .await
}
