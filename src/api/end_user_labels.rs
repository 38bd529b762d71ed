//! End users set their labels. Whoever sees a dialog in lists may: neither the level nor time is looked at, as in the
//! contract.

use super::caller::EndUser;
use super::owned_dialog::check_revision;
use super::performer::actor_of;
use super::problem::Problem;
use super::system_labels::{LabelChange, WantedDialogs};
use crate::auth::register::Register;
use dialog_index::domain::{DialogId, Revision};
use dialog_index::{AuthorizedScope, Dialogs, Found, Occasion};

/// Labels one dialog. `expected` is the revision of the end-user context that the caller knows; the one after the change
/// is returned, the same if nothing changed.
pub(crate) fn set(
    dialogs: &Dialogs,
    register: &Register,
    user: &EndUser,
    id: DialogId,
    labels: LabelChange,
    expected: Option<Revision>,
    occasion: Occasion,
) -> Result<Revision, Problem> {
    let not_found = move || Problem::not_found("DialogEntity", id);
    // A dialog that is missing or deleted is told apart from one of somebody else.
    let owner = dialogs.owner_of(id)?.ok_or_else(not_found)?;
    let of_user = scope_of(register, user);
    let performer = actor_of(&user.id, register);
    let changed = dialogs.change(&AuthorizedScope::owned_by(owner), id, occasion, move |change| {
        if change.stored().deleted_at.is_some() {
            return Err(not_found());
        }
        if !change.is_within(&of_user) {
            let message = format!("The following dialog ids are unauthorized and/or missing: ({id}).");
            return Err(Problem::forbidden(message));
        }
        check_revision(change.stored().end_user_context.revision, expected)?;
        labels.apply(change, &performer);
        Ok(())
    })?;
    match changed {
        Found::Visible(((), changed)) => Ok(changed.end_user_context_revision),
        Found::Missing | Found::Hidden => Err(not_found()),
    }
}

/// Labels all of these dialogs, or none.
pub(crate) fn bulk_set(
    dialogs: &Dialogs,
    register: &Register,
    user: &EndUser,
    wanted: WantedDialogs,
    labels: LabelChange,
    occasion: Occasion,
) -> Result<(), Problem> {
    let of_user = scope_of(register, user);
    let performer = actor_of(&user.id, register);
    let in_scope: Vec<_> = wanted.ids().map(|id| (id, of_user.clone())).collect();
    dialogs.change_all(&in_scope, occasion, move |changes| {
        wanted.check(changes)?;
        changes.iter_mut().for_each(|change| labels.apply(change, &performer));
        Ok::<(), Problem>(())
    })?;
    Ok(())
}

fn scope_of(register: &Register, user: &EndUser) -> AuthorizedScope {
    AuthorizedScope::of_end_user(register.rights_of(&user.id, user.level))
}
