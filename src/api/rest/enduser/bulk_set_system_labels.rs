use crate::api::caller::EndUser;
use crate::api::end_user_labels::{self, Labelling};
use crate::api::json::JsonBody;
use crate::api::problem::{Errors, Problem};
use crate::api::system_labels::{DialogRevision, GivenLabels, WantedDialogs};
use crate::api::wire::SystemLabelChoice;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use dialog_index::Occasion;
use serde::Deserialize;
use utoipa::ToSchema;

/// The most dialogs that are labelled at once.
const MAX_DIALOGS: usize = 100;

/// Labels to be removed from several dialogs, and then others to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkSetSystemLabel)]
pub(super) struct BulkSetSystemLabels {
    /// At most 100, all different.
    dialogs: Option<Vec<DialogRevision>>,
    /// Default, Bin and Archive take each other's place. Sent cannot be set.
    add_labels: Option<Vec<SystemLabelChoice>>,
    remove_labels: Option<Vec<SystemLabelChoice>>,
    /// An old name of `addLabels`.
    system_labels: Option<Vec<SystemLabelChoice>>,
}

/// Sets labels of several dialogs that the caller may see: of all or of none.
#[utoipa::path(
    post,
    path = "/api/v1/enduser/dialogs/context/systemlabels/actions/bulkset",
    operation_id = "BulkSetDialogSystemLabels",
    tag = "Enduser",
    request_body = BulkSetSystemLabels,
    responses(
        (status = 204, description = "All are labelled"),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 404, description = "All dialogs that are unknown, deleted or hidden from the caller"),
        (status = 412, description = "A revision is not the one given"),
    ),
)]
pub(super) async fn bulk_set_system_labels(
    State(app): State<App>,
    user: EndUser,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    let occasion = Occasion { at: app.now(), is_silent: false };
    let reading = app.blocking(move |_| {
        let BulkSetSystemLabels { dialogs: wanted, add_labels, remove_labels, system_labels } = body.read()?;
        let mut errors = Errors::default();
        let labels = GivenLabels { add: add_labels, remove: remove_labels, system_labels }.judge("", &mut errors);
        let wanted = WantedDialogs::judge(wanted, MAX_DIALOGS, "dialogs", &mut errors);
        if errors.is_empty() { Ok((wanted, labels)) } else { Err(Problem::bad_request(errors)) }
    });
    let (wanted, labels) = reading.await?;
    let by = Labelling::by(&app, &user, wanted.ids().collect()).await?;
    app.blocking(move |dialogs| end_user_labels::bulk_set(dialogs, by, wanted, labels, occasion)).await?;
    Ok(StatusCode::NO_CONTENT)
}
