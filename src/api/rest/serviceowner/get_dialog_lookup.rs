use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::ServiceOwner;
use crate::api::problem::{Errors, Problem};
use crate::api::search_params::{Faults, KeyStyle, QueryString};
use crate::api::wire::{self, PersonIds, Reader, ServiceOwnerIdentifierLookup};
use crate::app::App;
use crate::auth::register::instance_reference;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use dialog_index::domain::{DialogId, Org, ServiceOwnerLabel};
use dialog_index::query::{DeletedFilter, Filter, LabelPattern, Order, PageSize, Position, SearchQuery};
use dialog_index::{AuthorizedScope, DelegatedDialog, Dialogs, Found};

/// The contract's name of what is looked up.
const ENTITY: &str = "InstanceRef";

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
    let (reference, named) = read_reference(&query.unwrap_or_default()).map_err(Problem::bad_request)?;
    let facts = app.facts()?;
    app.clone()
        .blocking(move |dialogs| {
            let (id, org) = find(dialogs, &owner, &reference, &named)?;
            let Found::Visible(dialog) = dialogs.record(&AuthorizedScope::owned_by(org), id)? else {
                return Err(Problem::not_found(ENTITY, reference));
            };
            let shown = match named {
                DelegatedDialog::Label(_) => reference,
                DelegatedDialog::Id(_) => {
                    instance_reference::preferred(&dialog.service_owner_context.labels).unwrap_or(reference)
                }
            };
            let reader = Reader { languages: &languages, person_ids: PersonIds::Shown, end_user: None, marks: None };
            wire::lookup(&dialog, shown, facts.services(), &reader)
        })
        .await
}

/// The reference in lower case, and what it names.
fn read_reference(query: &str) -> Result<(String, DelegatedDialog), Errors> {
    const MESSAGE: &str = "'InstanceRef' must be 'urn:altinn:instance-id:{partyId}/{uuid}', \
                           'urn:altinn:correspondence-id:{uuid}' or 'urn:altinn:dialog-id:{uuid}'.";
    let mut faults = Faults::new(KeyStyle::ServiceOwner);
    let query = QueryString::parse(query, &mut faults);
    let named = query.one("instanceRef", &mut faults).and_then(|(_, value)| instance_reference::parse(value));
    faults.into_result(())?;
    named.ok_or_else(|| Errors::one(ENTITY, MESSAGE))
}

/// The dialog and its owner.
fn find(
    dialogs: &Dialogs,
    owner: &ServiceOwner,
    reference: &str,
    named: &DelegatedDialog,
) -> Result<(DialogId, Org), Problem> {
    let missing = || Problem::not_found(ENTITY, reference);
    let foreign = || Problem::forbidden("The dialog belongs to another service owner.");
    match named {
        DelegatedDialog::Id(id) => {
            let org = dialogs.owner_of(*id)?.ok_or_else(missing)?;
            if org == owner.org || owner.is_admin { Ok((*id, org)) } else { Err(foreign()) }
        }
        DelegatedDialog::Label(label) => {
            let mut found = labelled(dialogs, &owner.org, label)?;
            if found.is_empty() || owner.is_admin {
                let mut others = dialogs.owners_of_label(label)?;
                others.retain(|org| *org != owner.org);
                if !owner.is_admin && !others.is_empty() {
                    return Err(foreign());
                }
                for org in others {
                    found.extend(labelled(dialogs, &org, label)?);
                }
            }
            match found.as_slice() {
                [] => Err(missing()),
                [found] => Ok(found.clone()),
                [..] => {
                    let message = format!("Several dialogs carry the label '{}'.", label.as_str());
                    Err(Problem::conflict(Errors::one(ENTITY, message)))
                }
            }
        }
    }
}

/// Two of the owner's dialogs with this label, if there are as many.
fn labelled(dialogs: &Dialogs, org: &Org, label: &ServiceOwnerLabel) -> Result<Vec<(DialogId, Org)>, Problem> {
    let filter = Filter {
        service_owner_labels: vec![LabelPattern::Exact(label.clone())],
        deleted: DeletedFilter::Include,
        ..Filter::default()
    };
    let query = SearchQuery {
        filter,
        order: Order::default(),
        position: Position::First,
        limit: PageSize::new(2).expect("two is within the bounds"),
        counts: None,
    };
    let page = dialogs.search(&AuthorizedScope::owned_by(org.clone()), &query)?;
    Ok(page.items.iter().map(|item| (item.id, org.clone())).collect())
}
