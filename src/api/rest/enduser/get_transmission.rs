use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::{DialogIdInPath, TransmissionIdInPath};
use crate::api::dialog_part;
use crate::api::permitted_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Reader, Transmission, View};
use crate::app::App;
use crate::auth::dialog_access::DialogAccess;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;
use std::slice;

/// Shows one message of a dialog, with links as the list of them has them.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}/transmissions/{transmissionId}",
    operation_id = "GetDialogTransmission",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("transmissionId" = uuid::Uuid, Path, description = "The id of a transmission"),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in, best first"),
    ),
    responses(
        (status = 200, description = "The transmission", body = Transmission<'static>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, the caller may not read it, or it has no such transmission"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn get_transmission(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
    TransmissionIdInPath(transmission_id): TransmissionIdInPath,
    languages: AcceptedLanguages,
) -> Result<Response, Problem> {
    let (dialog, transmissions) = read_part(&app, &user, id, Dialogs::transmissions).await?;
    let transmission = dialog_part::transmission(&transmissions, transmission_id)?.clone();
    let asked = slice::from_ref(&transmission);
    let access = DialogAccess::to_parts(app.authority(), &user.user(), &dialog, asked).await?;
    app.clone()
        .blocking(move |_| {
            let reader = Reader::of_end_user(&languages, app.person_mask(), &user.id);
            wire::json(&Transmission::of(&transmission, &View::of_parts(&reader, &access, app.now())))
        })
        .await
}
