//! Dialogs found by a reference: by an app instance, a correspondence or a dialog id.

use super::caller::EndUser;
use super::problem::{Errors, Problem};
use super::search_params::{Faults, KeyStyle, Parameters};
use crate::app::App;
use crate::auth::dialog_access::subject_of;
use crate::auth::register::{Evidence, instance_reference};
use dialog_index::domain::{Dialog, DialogId, ServiceOwnerLabel};
use dialog_index::query::{DeletedFilter, Filter, LabelPattern, Order, PageSize, Position, SearchQuery};
use dialog_index::{AuthorizedScope, DelegatedDialog, Dialogs, Found};

/// The contract's name of what is looked up.
pub(crate) const ENTITY: &str = "InstanceRef";

/// What a request names.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// In lower case.
    pub(crate) text: String,
    pub(crate) named: DelegatedDialog,
}

impl Reference {
    pub(crate) fn in_query(query: &str, style: KeyStyle) -> Result<Self, Errors> {
        let mut faults = Faults::new(style);
        let query = Parameters::parse(query, &mut faults);
        let given = query.one("instanceRef", &mut faults).map(|(_, value)| value);
        faults.into_result(())?;
        Self::read(given.unwrap_or_default())
    }

    pub(crate) fn read(text: &str) -> Result<Self, Errors> {
        const MESSAGE: &str = "'InstanceRef' must be 'urn:altinn:instance-id:{partyId}/{uuid}', \
                               'urn:altinn:correspondence-id:{uuid}' or 'urn:altinn:dialog-id:{uuid}'.";
        let (text, named) = instance_reference::parse(text).ok_or_else(|| Errors::one(ENTITY, MESSAGE))?;
        Ok(Self { text, named })
    }

    /// How the answer names a dialog: as the request does, unless that names it by its id and it has another name.
    pub(crate) fn to(&self, dialog: &Dialog) -> String {
        let preferred = match self.named {
            DelegatedDialog::Label(_) => None,
            DelegatedDialog::Id(_) => instance_reference::preferred(&dialog.service_owner_context.labels),
        };
        preferred.unwrap_or_else(|| self.text.clone())
    }
}

/// A dialog that an end user may see.
#[derive(Clone, Debug)]
pub(crate) struct FoundForUser {
    pub(crate) dialog: Dialog,
    pub(crate) reference: String,
    /// Why the user may see it; there is a reason.
    pub(crate) evidence: Vec<Evidence>,
}

/// Looks up a dialog that is not deleted. Neither the level nor time is looked at, as in the contract.
pub(crate) async fn find_for_user(app: &App, user: &EndUser, reference: Reference) -> Result<FoundForUser, Problem> {
    let asking = user.user();
    let scope = AuthorizedScope::of_end_user(app.authority().rights_of(&asking, &[]).await?);
    let (dialog, shown) = app
        .blocking(move |dialogs| {
            let dialog = find_in(dialogs, &scope, &reference)?;
            let shown = reference.to(&dialog);
            Ok::<_, Problem>((dialog, shown))
        })
        .await?;
    let evidence = app.authority().evidence_of(&asking, subject_of(&dialog), &shown).await?;
    if evidence.is_empty() {
        return Err(forbidden());
    }
    Ok(FoundForUser { dialog, reference: shown, evidence })
}

fn find_in(dialogs: &Dialogs, scope: &AuthorizedScope, reference: &Reference) -> Result<Dialog, Problem> {
    let missing = || Problem::not_found(ENTITY, &reference.text);
    let id = match &reference.named {
        DelegatedDialog::Id(id) => *id,
        DelegatedDialog::Label(label) => match labelled(dialogs, scope, label, DeletedFilter::Exclude)?.as_slice() {
            [id] => *id,
            [] if is_somewhere(dialogs, label)? => return Err(forbidden()),
            [] => return Err(missing()),
            [..] => return Err(ambiguous(label)),
        },
    };
    match dialogs.record(scope, id)? {
        Found::Visible(dialog) if dialog.deleted_at.is_none() => Ok(dialog),
        Found::Visible(_) | Found::Missing => Err(missing()),
        // The contract tells a deleted dialog from one of somebody else.
        Found::Hidden => Err(if is_live(dialogs, id)? { forbidden() } else { missing() }),
    }
}

fn forbidden() -> Problem {
    Problem::forbidden("Forbidden")
}

/// Two of a scope's dialogs with this label, if there are as many, whether they are visible now or not.
pub(crate) fn labelled(
    dialogs: &Dialogs,
    scope: &AuthorizedScope,
    label: &ServiceOwnerLabel,
    deleted: DeletedFilter,
) -> Result<Vec<DialogId>, Problem> {
    let filter =
        Filter { service_owner_labels: vec![LabelPattern::Exact(label.clone())], deleted, ..Filter::default() };
    let query = SearchQuery {
        filter,
        order: Order::default(),
        position: Position::First,
        limit: PageSize::new(2).expect("two is within the bounds"),
        counts: None,
    };
    let page = dialogs.search(scope, &query)?;
    Ok(page.items.iter().map(|item| item.id).collect())
}

pub(crate) fn ambiguous(label: &ServiceOwnerLabel) -> Problem {
    Problem::conflict(Errors::one(ENTITY, format!("Several dialogs carry the label '{}'.", label.as_str())))
}

/// Whether anybody's dialog that is not deleted carries a label.
fn is_somewhere(dialogs: &Dialogs, label: &ServiceOwnerLabel) -> Result<bool, Problem> {
    for org in dialogs.owners_of_label(label)? {
        if !labelled(dialogs, &AuthorizedScope::owned_by(org), label, DeletedFilter::Exclude)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_live(dialogs: &Dialogs, id: DialogId) -> Result<bool, Problem> {
    let Some(org) = dialogs.owner_of(id)? else { return Ok(false) };
    let found = dialogs.record(&AuthorizedScope::owned_by(org), id)?;
    Ok(matches!(found, Found::Visible(dialog) if dialog.deleted_at.is_none()))
}
