//! End users set their labels. Whoever sees a dialog in lists may: neither the level nor time is looked at, as in the
//! contract.

use super::caller::EndUser;
use super::owned_dialog::check_revision;
use super::performer::actor_of;
use super::permitted_dialog::scope_about;
use super::problem::Problem;
use super::seen;
use super::system_labels::{LabelChange, WantedDialogs};
use crate::app::App;
use dialog_index::domain::{Actor, DialogId, Revision};
use dialog_index::{AuthorizedScope, Dialogs, Found, Occasion};

/// Who sets labels.
#[derive(Clone, Debug)]
pub(crate) struct Labelling {
    /// What the user may see in lists.
    scope: AuthorizedScope,
    performer: Actor,
}

impl Labelling {
    /// `dialogs` are those that may be labelled.
    pub(crate) async fn by(app: &App, user: &EndUser, dialogs: Vec<DialogId>) -> Result<Self, Problem> {
        let facts = seen::facts(app, Some(&user.id)).await?;
        let scope = scope_about(app, user, dialogs).await?;
        Ok(Self { scope, performer: actor_of(&user.id, &facts) })
    }
}

/// Labels one dialog. `expected` is the revision of the end-user context that the caller knows; the one after the change
/// is returned, the same if nothing changed.
pub(crate) fn set(
    dialogs: &Dialogs,
    by: Labelling,
    id: DialogId,
    labels: LabelChange,
    expected: Option<Revision>,
    occasion: Occasion,
) -> Result<Revision, Problem> {
    let not_found = move || Problem::not_found("DialogEntity", id);
    // A dialog that is missing or deleted is told apart from one of somebody else.
    let owner = dialogs.owner_of(id)?.ok_or_else(not_found)?;
    let changed = dialogs.change(&AuthorizedScope::owned_by(owner), id, occasion, move |change| {
        if change.stored().deleted_at.is_some() {
            return Err(not_found());
        }
        if !change.is_within(&by.scope) {
            let message = format!("The following dialog ids are unauthorized and/or missing: ({id}).");
            return Err(Problem::forbidden(message));
        }
        check_revision(change.stored().end_user_context.revision, expected)?;
        labels.apply(change, &by.performer);
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
    by: Labelling,
    wanted: WantedDialogs,
    labels: LabelChange,
    occasion: Occasion,
) -> Result<(), Problem> {
    let in_scope: Vec<_> = wanted.ids().map(|id| (id, by.scope.clone())).collect();
    dialogs.change_all(&in_scope, occasion, move |changes| {
        wanted.check(changes)?;
        changes.iter_mut().for_each(|change| labels.apply(change, &by.performer));
        Ok::<(), Problem>(())
    })?;
    Ok(())
}
