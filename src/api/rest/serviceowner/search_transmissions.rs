use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::owned_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Transmission, View};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;
use std::cmp::Reverse;

/// Lists the messages of a dialog, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/transmissions",
    operation_id = "SearchDialogTransmissions",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
    ),
    responses(
        (status = 200, description = "The transmissions", body = Vec<Transmission<'static>>),
        (status = 400, description = "The id is not valid"),
        (status = 404, description = "The service owner has no such dialog"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn search_transmissions(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
) -> Result<Response, Problem> {
    app.blocking(move |dialogs| {
        let mut transmissions = read_part(dialogs, &owner, id, Dialogs::transmissions)?;
        transmissions.sort_by_key(|it| Reverse((it.created_at, it.id)));
        wire::json(&transmissions.iter().map(|it| Transmission::of(it, &View::AS_STORED)).collect::<Vec<_>>())
    })
    .await
}
