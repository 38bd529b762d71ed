//! What an end user's operations on one dialog share: who may do something with it, and at which level.

use super::caller::EndUser;
use super::owned_dialog::check_not_deleted;
use super::problem::Problem;
use crate::app::App;
use crate::auth::Facts;
use crate::auth::dialog_access::DialogAccess;
use crate::auth::register::UNKNOWN_LEVEL;
use dialog_index::domain::{Dialog, DialogId};
use dialog_index::{AuthorizedScope, Dialogs, Found, ReadError};
use std::sync::Arc;

/// What a user may see in lists, as far as it matters for these dialogs.
pub(crate) async fn scope_about(app: &App, user: &EndUser, ids: Vec<DialogId>) -> Result<AuthorizedScope, Problem> {
    let (authority, user) = (app.authority(), user.user());
    let rights = if authority.narrows_by_party() {
        match app.blocking(move |dialogs| dialogs.parties_of(&ids)).await? {
            // Nobody has a right to a dialog that is not there.
            parties if parties.is_empty() => Arc::default(),
            parties => authority.rights_of(&user, &parties).await?,
        }
    } else {
        authority.rights_of(&user, &[]).await?
    };
    Ok(AuthorizedScope::of_end_user(rights))
}

/// A dialog whose lists an end user may read. It may be deleted.
pub(crate) struct PermittedDialog {
    /// Without its lists.
    pub(crate) dialog: Dialog,
    scope: AuthorizedScope,
    facts: Facts,
}

impl PermittedDialog {
    /// Future and expired dialogs are among them: as in the contract, time hides a dialog but not its lists.
    pub(crate) async fn find(app: &App, user: &EndUser, id: DialogId) -> Result<Self, Problem> {
        let facts = app.facts()?;
        let asking = user.user();
        let scope = scope_about(app, user, vec![id]).await?;
        let reading = scope.clone();
        let found = app.blocking(move |dialogs| dialogs.record(&reading, id)).await?;
        let Found::Visible(dialog) = found else { return Err(not_found(id)) };
        if !DialogAccess::to_parts(app.authority(), &asking, &dialog, &[]).await?.has_main_access() {
            return Err(not_found(id));
        }
        Ok(Self { dialog, scope, facts })
    }

    pub(crate) fn check_level(&self, user: &EndUser) -> Result<(), Problem> {
        check_level(&self.dialog, user.level, &self.facts)
    }

    /// Reads a list. Nothing is lost by the dialog being read a moment before.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        app: &App,
        read: impl FnOnce(&Dialogs, &AuthorizedScope, DialogId) -> Result<Found<T>, ReadError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (scope, id) = (self.scope.clone(), self.dialog.id);
        match app.blocking(move |dialogs| read(dialogs, &scope, id)).await? {
            Found::Visible(list) => Ok(list),
            Found::Missing | Found::Hidden => Err(not_found(id)),
        }
    }
}

/// Reads a list of a dialog that is not deleted, and the dialog without its lists. Nothing counts as seen.
pub(crate) async fn read_part<T: Send + 'static>(
    app: &App,
    user: &EndUser,
    id: DialogId,
    read: impl FnOnce(&Dialogs, &AuthorizedScope, DialogId) -> Result<Found<T>, ReadError> + Send + 'static,
) -> Result<(Dialog, T), Problem> {
    let found = PermittedDialog::find(app, user, id).await?;
    check_not_deleted(&found.dialog)?;
    found.check_level(user)?;
    let part = found.read(app, read).await?;
    Ok((found.dialog, part))
}

/// Whether a user at this level may read the dialog's service. A level that is not known is 3.
pub(crate) fn check_level(dialog: &Dialog, level: u8, facts: &Facts) -> Result<(), Problem> {
    let service = facts.resource(&dialog.service_resource);
    let needed = service.and_then(|service| service.minimum_authentication_level).unwrap_or(UNKNOWN_LEVEL);
    if level < needed { Err(Problem::forbidden("Altinn authentication level too low.")) } else { Ok(()) }
}

fn not_found(id: DialogId) -> Problem {
    Problem::not_found("DialogEntity", id)
}
