use crate::api::caller::EndUser;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::end_user_labels::{self, Labelling};
use crate::api::if_match::IfMatch;
use crate::api::json::JsonBody;
use crate::api::problem::{Errors, Problem};
use crate::api::system_labels::GivenLabels;
use crate::api::wire::{self, SystemLabelChoice};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;
use serde::Deserialize;
use utoipa::ToSchema;

/// Labels to be removed, and then others to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SetDialogSystemLabelRequest)]
pub(super) struct SetSystemLabels {
    /// Default, Bin and Archive take each other's place. Sent cannot be set.
    add_labels: Option<Vec<SystemLabelChoice>>,
    remove_labels: Option<Vec<SystemLabelChoice>>,
    /// An old name of `addLabels`.
    system_labels: Option<Vec<SystemLabelChoice>>,
}

/// Sets labels of a dialog that the caller may see, for everybody who may see it.
#[utoipa::path(
    put,
    path = "/api/v1/enduser/dialogs/{dialogId}/context/systemlabels",
    operation_id = "SetDialogSystemLabels",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Label only this revision of the end-user context"),
    ),
    request_body = SetSystemLabels,
    responses(
        (status = 204, description = "The revision of the end-user context is in the header Etag"),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "The caller may not see the dialog"),
        (status = 404, description = "There is no such dialog, or it is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn set_system_labels(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let occasion = Occasion { at: app.now(), is_silent: false };
    let by = Labelling::by(&app, &user, vec![id]).await?;
    app.blocking(move |dialogs| {
        let SetSystemLabels { add_labels, remove_labels, system_labels } = body.read()?;
        let mut errors = Errors::default();
        let labels = GivenLabels { add: add_labels, remove: remove_labels, system_labels }.judge("", &mut errors);
        if !errors.is_empty() {
            return Err(Problem::bad_request(errors));
        }
        let revision = end_user_labels::set(dialogs, by, id, labels, expected, occasion)?;
        wire::no_content(revision)
    })
    .await
}
