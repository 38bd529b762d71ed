//! What a service owner's operations on one of its dialogs share: whose it is, and the checks before a change.

use super::caller::ServiceOwner;
use super::problem::{Errors, Problem};
use crate::auth::Facts;
use crate::auth::scopes;
use dialog_index::domain::{Dialog, DialogId, Org, Revision};
use dialog_index::{AuthorizedScope, Change, Changed, Dialogs, Found, Occasion, ReadError, ServiceKind};

/// Whose dialog is looked for: the caller's, or, for administrators, that of whoever it belongs to, if there is one.
pub(crate) fn owner_of(dialogs: &Dialogs, owner: &ServiceOwner, id: DialogId) -> Result<Option<Org>, Problem> {
    if owner.is_admin { Ok(dialogs.owner_of(id)?) } else { Ok(Some(owner.org.clone())) }
}

/// The scope of the dialog's owner, see [`owner_of`].
pub(crate) fn scope_of(dialogs: &Dialogs, owner: &ServiceOwner, id: DialogId) -> Result<AuthorizedScope, Problem> {
    let org = owner_of(dialogs, owner, id)?.ok_or_else(|| Problem::not_found("DialogEntity", id))?;
    Ok(AuthorizedScope::owned_by(org))
}

/// Changes a dialog of the caller's, or, for administrators, of anybody's. `judge` runs on the thread that writes.
pub(crate) fn change_owned<T: Send + 'static>(
    dialogs: &Dialogs,
    owner: &ServiceOwner,
    id: DialogId,
    occasion: Occasion,
    judge: impl FnOnce(&mut Change<'_, '_>) -> Result<T, Problem> + Send + 'static,
) -> Result<(T, Changed), Problem> {
    let scope = scope_of(dialogs, owner, id)?;
    match dialogs.change(&scope, id, occasion, judge)? {
        Found::Visible(changed) => Ok(changed),
        Found::Missing | Found::Hidden => Err(Problem::not_found("DialogEntity", id)),
    }
}

/// Reads a list of a dialog that is not deleted. Nothing is lost by the dialog being read a moment before the list.
pub(crate) fn read_part<T>(
    dialogs: &Dialogs,
    owner: &ServiceOwner,
    id: DialogId,
    read: impl FnOnce(&Dialogs, &AuthorizedScope, DialogId) -> Result<Found<T>, ReadError>,
) -> Result<T, Problem> {
    let scope = scope_of(dialogs, owner, id)?;
    let not_found = || Problem::not_found("DialogEntity", id);
    let Found::Visible(dialog) = dialogs.record(&scope, id)? else { return Err(not_found()) };
    check_not_deleted(&dialog)?;
    let Found::Visible(part) = read(dialogs, &scope, id)? else { return Err(not_found()) };
    Ok(part)
}

pub(crate) fn check_not_deleted(dialog: &Dialog) -> Result<(), Problem> {
    if dialog.deleted_at.is_some() { Err(Problem::gone("DialogEntity", dialog.id)) } else { Ok(()) }
}

pub(crate) fn check_not_frozen(dialog: &Dialog, owner: &ServiceOwner) -> Result<(), Problem> {
    if dialog.frozen && !owner.is_admin {
        return Err(Problem::forbidden("User cannot modify a frozen dialog."));
    }
    Ok(())
}

/// `expected` is what the request names with `If-Match`.
pub(crate) fn check_revision(current: Revision, expected: Option<Revision>) -> Result<(), Problem> {
    if expected.is_some_and(|expected| expected != current) { Err(Problem::precondition_failed()) } else { Ok(()) }
}

/// Letters are touched by those alone who may write them; `action` is what the caller is about to do.
pub(crate) fn check_letter(dialog: &Dialog, owner: &ServiceOwner, facts: &Facts, action: &str) -> Result<(), Problem> {
    if kind_of(dialog, facts) == ServiceKind::Correspondence && !owner.caller.has_scope(scopes::CORRESPONDENCE) {
        let reason = format!("User cannot {action} dialogs of the service resource type correspondenceservice.");
        return Err(Problem::forbidden(reason));
    }
    Ok(())
}

/// What judges whether a dialog may be removed for good, and removes it. Deleted and frozen ones may.
pub(crate) fn purging(
    facts: &Facts,
    owner: &ServiceOwner,
    expected: Option<Revision>,
) -> impl FnOnce(&mut Change<'_, '_>) -> Result<(), Problem> + Send + use<> {
    let (facts, owner) = (facts.clone(), owner.clone());
    move |change| {
        check_letter(change.stored(), &owner, &facts, "purge")?;
        check_revision(change.stored().revision, expected)?;
        change.purge();
        Ok(())
    }
}

/// The contract refuses the nil id where a dialog is to be removed for good.
pub(crate) fn check_not_nil(id: DialogId) -> Result<(), Problem> {
    if id.0.is_nil() {
        return Err(Problem::bad_request(Errors::one("dialogId", "'dialogId' must not be empty.")));
    }
    Ok(())
}

/// The kind of the dialog's service; that of a service that the register no longer knows is ordinary.
pub(crate) fn kind_of(dialog: &Dialog, facts: &Facts) -> ServiceKind {
    facts.resource(&dialog.service_resource).map_or(ServiceKind::Ordinary, |service| service.kind())
}
