use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::ServiceOwner;
use crate::api::dialog_lookup::{ENTITY, Reference, ambiguous, labelled};
use crate::api::problem::Problem;
use crate::api::search_params::KeyStyle;
use crate::api::wire::{self, PersonIds, Reader, ServiceOwnerIdentifierLookup};
use crate::app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use dialog_index::domain::{DialogId, Org, ServiceOwnerLabel};
use dialog_index::query::DeletedFilter;
use dialog_index::{AuthorizedScope, DelegatedDialog, Dialogs, Found};

/// Finds the dialog of an app instance or a correspondence, or of a dialog id, deleted ones too.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialoglookup",
    operation_id = "GetDialogLookup",
    tag = "Serviceowner",
    params(
        (
            "instanceRef" = String,
            Query,
            description = "`urn:altinn:instance-id:{partyId}/{uuid}`, `urn:altinn:correspondence-id:{uuid}` or `urn:altinn:dialog-id:{uuid}`"
        ),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in"),
    ),
    responses(
        (status = 200, description = "What the dialog is", body = ServiceOwnerIdentifierLookup<'static>),
        (status = 400, description = "The reference or the header is not valid"),
        (status = 403, description = "The dialog is another service owner's"),
        (status = 404, description = "There is no such dialog"),
        (status = 409, description = "Several dialogs are labelled with the reference"),
    ),
)]
pub(super) async fn get_dialog_lookup(
    State(app): State<App>,
    owner: ServiceOwner,
    languages: AcceptedLanguages,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let reference =
        Reference::in_query(&query.unwrap_or_default(), KeyStyle::ServiceOwner).map_err(Problem::bad_request)?;
    let facts = app.facts()?;
    app.clone()
        .blocking(move |dialogs| {
            let (id, org) = find(dialogs, &owner, &reference)?;
            let Found::Visible(dialog) = dialogs.record(&AuthorizedScope::owned_by(org), id)? else {
                return Err(Problem::not_found(ENTITY, reference.text));
            };
            let reader = Reader { languages: &languages, person_ids: PersonIds::Shown, end_user: None, marks: None };
            wire::lookup(&dialog, &reference.to(&dialog), facts.services(), &reader)
        })
        .await
}

/// The dialog and its owner.
fn find(dialogs: &Dialogs, owner: &ServiceOwner, reference: &Reference) -> Result<(DialogId, Org), Problem> {
    let missing = || Problem::not_found(ENTITY, &reference.text);
    let foreign = || Problem::forbidden("The dialog belongs to another service owner.");
    match &reference.named {
        DelegatedDialog::Id(id) => {
            let org = dialogs.owner_of(*id)?.ok_or_else(missing)?;
            if org == owner.org || owner.is_admin { Ok((*id, org)) } else { Err(foreign()) }
        }
        DelegatedDialog::Label(label) => {
            let mut found = labelled_of(dialogs, &owner.org, label)?;
            if found.is_empty() || owner.is_admin {
                let mut others = dialogs.owners_of_label(label)?;
                others.retain(|org| *org != owner.org);
                if !owner.is_admin && !others.is_empty() {
                    return Err(foreign());
                }
                for org in others {
                    found.extend(labelled_of(dialogs, &org, label)?);
                }
            }
            match found.as_slice() {
                [] => Err(missing()),
                [found] => Ok(found.clone()),
                [..] => Err(ambiguous(label)),
            }
        }
    }
}

/// Two of the owner's dialogs with this label, if there are as many, deleted ones too.
fn labelled_of(dialogs: &Dialogs, org: &Org, label: &ServiceOwnerLabel) -> Result<Vec<(DialogId, Org)>, Problem> {
    let found = labelled(dialogs, &AuthorizedScope::owned_by(org.clone()), label, DeletedFilter::Include)?;
    Ok(found.into_iter().map(|id| (id, org.clone())).collect())
}
