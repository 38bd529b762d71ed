use super::service_owner_labels::change_labels;
use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::{DialogIdInPath, text_in_path};
use crate::api::if_match::IfMatch;
use crate::api::owned_dialog::check_revision;
use crate::api::problem::Problem;
use crate::app::App;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use std::convert::Infallible;

/// The label that the path names, in lower case. A path that is not UTF-8 once decoded has been refused with the
/// dialog's id.
#[derive(Clone, Debug)]
pub(super) struct LabelInPath(String);

impl FromRequestParts<App> for LabelInPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(text_in_path(parts, app, "label").await.to_lowercase()))
    }
}

/// Takes a label off a dialog.
#[utoipa::path(
    delete,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/context/labels/{label}",
    operation_id = "DeleteServiceOwnerLabel",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("label" = String, Path, description = "A label of the dialog, in any case"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Change only this revision of the service owner's context"),
    ),
    responses(
        (status = 204, description = "The revision of the service owner's context is in the header Etag"),
        (status = 400, description = "A parameter is not valid"),
        (status = 404, description = "The service owner has no such dialog, or it is deleted or has no such label"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn delete_service_owner_label(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    LabelInPath(label): LabelInPath,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let now = app.now();
    app.blocking(move |dialogs| {
        change_labels(dialogs, &owner, id, now, move |context| {
            let mut labels = context.labels.clone();
            labels.retain(|stored| stored.as_str() != label);
            if labels.len() == context.labels.len() {
                return Err(Problem::not_found("Label", label));
            }
            check_revision(context.revision, expected)?;
            Ok(labels)
        })
    })
    .await
}
