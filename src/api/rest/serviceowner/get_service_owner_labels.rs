use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::problem::Problem;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::{AuthorizedScope, Found};
use serde::Serialize;
use utoipa::ToSchema;

/// A label that the service owner put on a dialog.
#[derive(Serialize, ToSchema)]
pub(super) struct ServiceOwnerLabel {
    value: String,
}

/// The labels that the service owner put on one of its dialogs, in the order of their code points.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/context/labels",
    operation_id = "GetServiceOwnerLabels",
    tag = "Serviceowner",
    params(("dialogId" = uuid::Uuid, Path, description = "The id of a dialog")),
    responses(
        (
            status = 200,
            description = "The revision of the service owner's context is in the header Etag",
            body = Vec<ServiceOwnerLabel>
        ),
        (status = 400, description = "The id is not valid"),
        (status = 404, description = "The service owner has no such dialog, or it is deleted"),
    ),
)]
pub(super) async fn get_service_owner_labels(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
) -> Result<Response, Problem> {
    app.blocking(move |dialogs| {
        // Administrators too have only their own labels here.
        let context = match dialogs.record(&AuthorizedScope::owned_by(owner.org), id)? {
            Found::Visible(dialog) if dialog.deleted_at.is_none() => dialog.service_owner_context,
            _ => return Err(Problem::not_found("DialogEntity", id)),
        };
        let labels = context.labels.into_iter().map(|label| ServiceOwnerLabel { value: label.into() });
        wire::with_revision(&labels.collect::<Vec<_>>(), context.revision)
    })
    .await
}
