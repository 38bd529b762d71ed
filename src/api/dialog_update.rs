//! The one way of changing what a service owner says of its dialog, for whole updates and for patches.

use super::caller::ServiceOwner;
use super::new_dialog::{Author, JudgedUpdate, UpdateDialog};
use super::owned_dialog::{change_owned, check_not_deleted, check_not_frozen, check_revision, kind_of, scope_of};
use super::problem::Problem;
use crate::auth::Facts;
use dialog_index::domain::{Dialog, DialogId, Revision, Transmission};
use dialog_index::{Changed, Dialogs, Found, Occasion};

/// Changes a dialog of the caller's to what `given` makes of it.
///
/// All that can be is judged here, on the dialog as it is now; the thread that writes does so again only if the dialog
/// has changed when its turn has come.
pub(crate) fn update_owned(
    facts: &Facts,
    dialogs: &Dialogs,
    owner: &ServiceOwner,
    id: DialogId,
    occasion: Occasion,
    expected: Option<Revision>,
    mut given: impl FnMut(&Dialog) -> Result<UpdateDialog, Problem> + Send + 'static,
) -> Result<Changed, Problem> {
    let scope = scope_of(dialogs, owner, id)?;
    let Found::Visible(found) = dialogs.get(&scope, id)? else { return Err(Problem::not_found("DialogEntity", id)) };
    let caller = owner.clone();
    let author = Author::of(owner, occasion.is_silent);
    let (facts, judging) = (facts.clone(), facts.clone());
    let mut judge = move |stored: &Dialog, transmissions: &[Transmission]| -> Result<JudgedUpdate, Problem> {
        Ok(given(stored)?.judge(stored, transmissions, author.clone(), &judging, occasion.at)?)
    };
    let judged = judge(&found, &found.transmissions)?;
    let judged_on = found.revision;
    drop(found);
    let ((), changed) = change_owned(dialogs, owner, id, occasion, move |change| {
        let stored = change.stored();
        let judged = if stored.revision == judged_on { judged } else { judge(stored, change.transmissions()?)? };
        check_not_deleted(stored)?;
        check_not_frozen(stored, &caller)?;
        check_revision(stored.revision, expected)?;
        let kind = kind_of(stored, &facts);
        judged.apply(change, kind, &facts, occasion.at)
    })?;
    Ok(changed)
}
