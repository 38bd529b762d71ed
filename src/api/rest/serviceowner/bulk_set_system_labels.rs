use crate::api::caller::ServiceOwner;
use crate::api::json::JsonBody;
use crate::api::new_dialog::{ActorInput, Field};
use crate::api::owned_dialog::owner_of;
use crate::api::performer::{Known, Performer};
use crate::api::problem::{Errors, Problem};
use crate::api::system_labels::{DialogRevision, GivenLabels, WantedDialogs};
use crate::api::wire::SystemLabelChoice;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use dialog_index::{AuthorizedScope, Occasion};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most dialogs that are labelled at once.
const MAX_DIALOGS: usize = 200;

/// Labels to be removed from several dialogs, and then others to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkSetSystemLabel {
    /// At most 200, all different.
    dialogs: Option<Vec<DialogRevision>>,
    /// Default, Bin and Archive take each other's place. Sent cannot be set.
    add_labels: Option<Vec<SystemLabelChoice>>,
    remove_labels: Option<Vec<SystemLabelChoice>>,
    /// An old name of `addLabels`.
    system_labels: Option<Vec<SystemLabelChoice>>,
    /// Who does it, if it is not the person of `enduserId`; for administrators.
    performed_by: Option<ActorInput>,
}

/// Sets labels of the end user's side on several dialogs, on behalf of a person who may see them: on all or on none.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/endusercontext/systemlabels/actions/bulkset",
    operation_id = "BulkSetDialogSystemLabels",
    tag = "Serviceowner",
    params(("enduserId" = Option<String>, Query, description = "The URN of the person who sets the labels")),
    request_body = BulkSetSystemLabel,
    responses(
        (status = 204, description = "All are labelled"),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "The caller may not say who does it"),
        (status = 404, description = "All dialogs that are unknown, deleted, another owner's or hidden from the person"),
        (status = 412, description = "A revision is not the one given"),
        (status = 422, description = "The register does not know who does it"),
    ),
)]
pub(super) async fn bulk_set_system_labels(
    State(app): State<App>,
    owner: ServiceOwner,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    let occasion = Occasion { at: app.now(), is_silent: false };
    let known = Known::of(&app, &owner, &body).await?;
    app.clone()
        .blocking(move |dialogs| {
            let given: BulkSetSystemLabel = body.read()?;
            let BulkSetSystemLabel { dialogs: wanted, add_labels, remove_labels, system_labels, performed_by } = given;
            let dto = Field::BODY;
            let field = dto.member("performedBy");
            let mut errors = Errors::default();
            let performer = Performer::judge(&owner, performed_by, &field, &known.facts, occasion.at, &mut errors)?;
            let labels =
                GivenLabels { add: add_labels, remove: remove_labels, system_labels }.judge("dto.", &mut errors);
            let wanted = WantedDialogs::judge(wanted, MAX_DIALOGS, "dto.dialogs", &mut errors);
            let Some(performer) = performer.filter(|_| errors.is_empty()) else {
                return Err(Problem::bad_request(errors));
            };
            performer.check_may_be_named(&owner)?;
            let of_person = performer.scope(&owner, known.rights);
            let scope_of = |id| match &of_person {
                Some(scope) => Ok::<_, Problem>(scope.clone()),
                // What nobody owns is not found in the caller's own scope.
                None => {
                    let org = owner_of(dialogs, &owner, id)?.unwrap_or_else(|| owner.org.clone());
                    Ok(AuthorizedScope::owned_by(org))
                }
            };
            let in_scopes = wanted.ids().map(|id| Ok((id, scope_of(id)?))).collect::<Result<Vec<_>, Problem>>()?;
            // Told last.
            let is_known = performer.check_is_known(&field);
            dialogs.change_all(&in_scopes, occasion, move |changes| {
                wanted.check(changes)?;
                is_known?;
                changes.iter_mut().for_each(|change| labels.apply(change, performer.actor()));
                Ok::<(), Problem>(())
            })?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}
