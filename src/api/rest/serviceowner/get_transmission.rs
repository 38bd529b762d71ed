use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::{DialogIdInPath, TransmissionIdInPath};
use crate::api::dialog_part;
use crate::api::owned_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Transmission, View};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Shows one message of a dialog.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/transmissions/{transmissionId}",
    operation_id = "GetDialogTransmission",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("transmissionId" = uuid::Uuid, Path, description = "The id of a transmission"),
    ),
    responses(
        (status = 200, description = "The transmission", body = Transmission<'static>),
        (status = 400, description = "An id is not valid"),
        (status = 404, description = "The service owner has no such dialog, or the dialog no such transmission"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn get_transmission(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    TransmissionIdInPath(transmission_id): TransmissionIdInPath,
) -> Result<Response, Problem> {
    app.blocking(move |dialogs| {
        let transmissions = read_part(dialogs, &owner, id, Dialogs::transmissions)?;
        let transmission = dialog_part::transmission(&transmissions, transmission_id)?;
        wire::json(&Transmission::of(transmission, &View::AS_STORED))
    })
    .await
}
