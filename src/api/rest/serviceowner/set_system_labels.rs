use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::json::JsonBody;
use crate::api::new_dialog::{ActorInput, Field};
use crate::api::owned_dialog::{change_owned, check_revision};
use crate::api::performer::{Known, Performer};
use crate::api::problem::{Errors, Problem};
use crate::api::system_labels::GivenLabels;
use crate::api::wire::{self, SystemLabelChoice};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Occasion;
use serde::Deserialize;
use utoipa::ToSchema;

const PERFORMED_BY: Field<'static> = Field::root("performedBy");

/// Labels to be removed, and then others to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetDialogSystemLabelRequest {
    /// Default, Bin and Archive take each other's place. Sent cannot be set.
    add_labels: Option<Vec<SystemLabelChoice>>,
    remove_labels: Option<Vec<SystemLabelChoice>>,
    /// An old name of `addLabels`.
    system_labels: Option<Vec<SystemLabelChoice>>,
    /// Who does it, if it is not the person of `enduserId`; for administrators.
    performed_by: Option<ActorInput>,
}

/// Sets labels of the end user's side, on behalf of a person who may see the dialog.
#[utoipa::path(
    put,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/endusercontext/systemlabels",
    operation_id = "SetDialogSystemLabels",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("enduserId" = Option<String>, Query, description = "The URN of the person who sets the labels"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Label only this revision of the end-user context"),
    ),
    request_body = SetDialogSystemLabelRequest,
    responses(
        (status = 204, description = "The revision of the end-user context is in the header Etag"),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "The person may not see the dialog, or the caller may not say who does it"),
        (status = 404, description = "The service owner has no such dialog, or it is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
        (status = 422, description = "The register does not know who does it"),
    ),
)]
pub(super) async fn set_system_labels(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let occasion = Occasion { at: app.now(), is_silent: false };
    let known = Known::of(&app, &owner, &body).await?;
    app.clone()
        .blocking(move |dialogs| {
            let given: SetDialogSystemLabelRequest = body.read()?;
            let SetDialogSystemLabelRequest { add_labels, remove_labels, system_labels, performed_by } = given;
            let mut errors = Errors::default();
            let performer =
                Performer::judge(&owner, performed_by, &PERFORMED_BY, &known.facts, occasion.at, &mut errors)?;
            let labels = GivenLabels { add: add_labels, remove: remove_labels, system_labels }.judge("", &mut errors);
            let Some(performer) = performer.filter(|_| errors.is_empty()) else {
                return Err(Problem::bad_request(errors));
            };
            let of_person = performer.scope(&owner, known.rights);
            let caller = owner.clone();
            let ((), changed) = change_owned(dialogs, &owner, id, occasion, move |change| {
                if change.stored().deleted_at.is_some() {
                    return Err(Problem::not_found("DialogEntity", id));
                }
                performer.check_may_be_named(&caller)?;
                if of_person.is_some_and(|scope| !change.is_within(&scope)) {
                    return Err(Problem::forbidden(format!(
                        "User not authorized to access the following dialogs: {id}."
                    )));
                }
                check_revision(change.stored().end_user_context.revision, expected)?;
                performer.check_is_known(&PERFORMED_BY)?;
                labels.apply(change, performer.actor());
                Ok(())
            })?;
            wire::no_content(changed.end_user_context_revision)
        })
        .await
}
